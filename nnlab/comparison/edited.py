"""Whether a run's config is still the one it was trained with."""

import hashlib
import json

from safetensors import SafetensorError, safe_open

from nnlab import files
from nnlab.config import Experiment
from nnlab.errors import NnlabError
from nnlab.runs import Checkpoint, Run
from nnlab.trial import changes_since


def edited(run: Run, config: Experiment) -> list[str]:
    """Return the keys under which ``config`` is not what the last checkpoint of ``run`` was trained with.

    Only the checkpoint's header is read. Of one that is missing or damaged nothing is known, and none returned;
    ``nnlab verify`` looks closer.
    """
    try:
        name = files.read_json(run.path / "checkpoints" / "index.json")["last"]
        path = run.path / "checkpoints" / str(name)
        if path.parent != run.path / "checkpoints" or not path.is_file():
            return []
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
        if hashlib.sha256(metadata["facts"].encode()).hexdigest() != metadata["sha256"]:
            return []
        facts = json.loads(metadata["facts"])
        return [change.what for change in changes_since(config, Checkpoint(facts["step"], {}, facts))]
    except (NnlabError, SafetensorError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
