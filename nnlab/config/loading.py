"""Load a config file, or read a document, as a validated experiment."""

from collections.abc import Sequence
from pathlib import Path

from nnlab.config.cautions import cautions, warn
from nnlab.config.config_document import ConfigDocument, read_document
from nnlab.config.consistency import Consistency, DataFacts, located_problem
from nnlab.config.earlier_versions import of_its_version
from nnlab.config.paths import with_absolute_origin, with_absolute_paths
from nnlab.config.schema import Experiment
from nnlab.config.validation import validate
from nnlab.errors import ConfigError, OptionError, Problem

_MOST_PROBLEMS = 50  # problems of one config that a message lists


def load_config(path: str | Path, overrides: str | Sequence[str] = ()) -> Experiment:
    """Return the experiment that the YAML file at ``path`` describes, ``overrides`` (KEY=VALUE) applied.

    Raises as ``read_experiment`` does.
    """
    overrides = (overrides,) if isinstance(overrides, str) else tuple(overrides)
    path = Path(path)
    of_run = (path.parent / "checkpoints").is_dir()  # there were warnings when it was made
    document = read_document(path, overrides)
    return read_experiment(of_its_version(document) if of_run else document, quiet=of_run)


def located(error: OptionError, path: str | Path, overrides: str | Sequence[str] = ()) -> ConfigError:
    """Return ``error``, raised by what was made of the config at ``path``, with the position of its option."""
    overrides = (overrides,) if isinstance(overrides, str) else tuple(overrides)
    return ConfigError([located_problem(read_document(Path(path), overrides), (), error)])


def read_experiment(
    document: ConfigDocument, facts: DataFacts | None = None, *, quiet: bool = False
) -> Experiment:
    """Return the experiment that ``document`` describes.

    ``facts`` are the shape of an example and the names of the classes; if they are given, the data are not looked
    at. Likely mistakes that do not prevent training are logged as warnings, each once in a process, unless
    ``quiet``.

    Raises ConfigError with all problems, each with its position: unknown, missing and duplicate keys,
    values of the wrong type, layers that do not fit their input. Raises DataError if there are none, but the
    user's own data cannot be read.
    """
    validated = validate(with_absolute_origin(with_absolute_paths(document)), Experiment)
    consistency = Consistency(validated, facts)
    problems = dict.fromkeys([*validated.problems, *consistency.check()])
    if problems or validated.value is None:
        order = sorted(problems, key=lambda problem: (problem.source, problem.line, problem.column))
        more = (
            [Problem("and more problems like these", document.root.position.source)]
            if len(order) > _MOST_PROBLEMS
            else []
        )
        raise ConfigError([*order[:_MOST_PROBLEMS], *more])
    if consistency.unread:
        raise consistency.unread
    for caution in [] if quiet else cautions(document, validated.value, consistency.examples):
        warn(caution)
    return validated.value
