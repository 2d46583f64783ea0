"""Predictions come back as they were written, and nothing else is taken for predictions."""

import re

import numpy as np
import pytest

from nnlab.errors import DataError, RunError
from nnlab.runs.predictions_file import read_predictions, write_predictions

ARRAYS = {
    "labels": np.array([0, 2, 1, 1]),
    "predicted": np.array([0, 2, 2, 1]),
    "probabilities": np.full((4, 3), np.float32(1 / 3)),
    "losses": np.array([0.5, np.nan, np.inf, 0], np.float32),
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "evaluation" / "predictions.npz"
    write_predictions(path, ARRAYS)
    return path


def test_they_come_back_to_the_bits(path):
    kept = read_predictions(path, 4, 3)
    assert kept.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert (kept[name].dtype, kept[name].tobytes()) == (array.dtype, array.tobytes())


def test_the_same_ones_give_the_same_bytes(path):
    before = path.read_bytes()
    write_predictions(path, dict(reversed(ARRAYS.items())))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.array([0, 1, 2, 3])}, "labels has numbers that are no classes"),
        ({"predicted": np.array([0, 1, 2, -1])}, "predicted has numbers that are no classes"),
        ({"predicted": np.zeros(4)}, r"\bpredicted\b.*float64"),
        ({"losses": np.zeros(4, np.int64)}, r"\blosses\b.*int64"),
        ({"losses": np.zeros(3)}, r"losses has the shape \[3\], not \[4\]"),
        ({"probabilities": np.zeros((4, 2))}, r"probabilities has the shape \[4, 2\], not \[4, 3\]"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(path, change, message):
    write_predictions(path, {**ARRAYS, **change})
    with pytest.raises(RunError, match=message):
        read_predictions(path, 4, 3)


def test_a_missing_file_a_damaged_one_and_one_that_lacks_an_array(path):
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="damaged"):
        read_predictions(path, 4, 3)
    np.savez(path, labels=ARRAYS["labels"])
    with pytest.raises(DataError, match=r"\bpredicted\b"):
        read_predictions(path, 4, 3)
    path.unlink()
    with pytest.raises(RunError, match=re.escape(str(path))):
        read_predictions(path, 4, 3)
