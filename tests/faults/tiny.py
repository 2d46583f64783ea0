"""A training of a hundredth of a second that has everything a training has, and what is left of it to compare."""

from pathlib import Path

from nnlab.config import as_yaml, load_config
from nnlab.runs import Run, read_checkpoint
from nnlab.runs.checkpoint_index import read_index

CONFIG = """\
name: tiny
data: {type: random, shape: [3], classes: 2, train: 12, test: 4, validation: 4}
network: [{type: dense, units: 4}, {type: dropout, rate: 0.5}, {type: dense, units: 2}]
optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}
training: {steps: 6, batch_size: 4, evaluate_every: 2, log_every: 1}
compute: {threads: 1}
"""

_CLOCK = {"seconds", "metrics_bytes"}  # what may differ from one training to the next; the size tells the digits


def lay_out(folder, *overrides):
    """Write a run that is only a config so far, as the cells of a sweep are at first, and return it."""
    source = folder / "tiny.yaml"
    source.write_text(CONFIG)
    run = Run(folder / "run")
    run.path.mkdir()
    run.config.write_text(as_yaml(load_config(source, overrides)))
    return run


def bits(run):
    """Return all that training left in a run but what its clock told."""
    index = read_index(run.path / "checkpoints")
    saved = {which: _bits(run.path / "checkpoints" / name) for which, name in index.names.items()}
    summary = run.read_json("summary.json")
    records = [{key: value for key, value in record.items() if key not in _CLOCK} for record in run.records()]
    return saved, records, {key: value for key, value in summary.items() if key not in _CLOCK}


def _bits(path):
    saved = read_checkpoint(path)
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in saved.arrays.items()}
    return saved.step, arrays, {key: value for key, value in saved.facts.items() if key not in _CLOCK}


def leftovers(run):
    """Return the temporary files in a run."""
    return sorted(path.name for path in Path(run.path).rglob(".*.tmp"))
