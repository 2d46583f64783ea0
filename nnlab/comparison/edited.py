"""Whether a run's config is still the one it was trained with."""

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import NnlabError
from nnlab.runs import Checkpoint, Run
from nnlab.runs.checkpoint import read_facts
from nnlab.trial import changes_since


def edited(run: Run, config: Experiment) -> list[str]:
    """Return the keys under which ``config`` is not what the last checkpoint of ``run`` was trained with.

    Only the checkpoint's header is read. Of one that is missing or damaged nothing is known, and none returned;
    ``nnlab verify`` looks closer.
    """
    folder = run.path / "checkpoints"
    try:
        path = folder / str(files.read_json(folder / "index.json")["last"])
        if path.parent != folder or not path.is_file():
            return []
        facts = read_facts(path)
        return [change.what for change in changes_since(config, Checkpoint(facts["step"], {}, facts))]
    except (NnlabError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
