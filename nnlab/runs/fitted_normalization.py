"""The normalization that was fitted when training began, kept in the run: normalization.safetensors."""

import numpy as np

from nnlab import files
from nnlab.data.normalization import Affine
from nnlab.errors import RunError
from nnlab.runs.checkpoint import Checkpoint, encode, read_checkpoint
from nnlab.runs.directory import Run

NAME = "normalization.safetensors"


def write_normalization(run: Run, fitted: Affine) -> bytes:
    """Write ``fitted`` into ``run`` and return the file's content; raises SystemFault if the machine refuses."""
    arrays = {"shift": np.asarray(fitted.shift), "gain": np.asarray(fitted.gain)}
    content = b"".join(encode(Checkpoint(0, arrays)))
    files.write_bytes(run.path / NAME, content)
    return content


def read_normalization(run: Run) -> Affine | None:
    """Return the normalization of ``run``, or None if it was trained by a version that did not keep it.

    Raises RunError if the file is damaged, or not the one with which the run began.
    """
    path = run.path / NAME
    if not path.exists():
        return None
    if run.recorded_digest(NAME) not in {None, files.digest(files.read_whole(path))}:
        raise RunError(f"{path} is damaged: it is not the one with which the run began")
    arrays = read_checkpoint(path).arrays
    if arrays.keys() != {"shift", "gain"}:
        raise RunError(f"{path} is damaged: it holds {', '.join(sorted(arrays))}, not shift and gain")
    return Affine(arrays["shift"], arrays["gain"])
