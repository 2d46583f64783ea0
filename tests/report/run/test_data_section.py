"""Classes without training examples are named in the report."""

from nnlab.data import load_dataset
from nnlab.data.section import DataSpec
from nnlab.registry import DATASETS
from nnlab.report.run.data_section import _missing


def test_classes_without_training_examples_are_named():
    spec = DATASETS.spec("random", DataSpec)
    few, many = (load_dataset(spec(type="random", shape=(2,), classes=4, train=count), 0) for count in (2, 200))
    absent = sorted({0, 1, 2, 3} - set(few.train.labels.tolist()))
    assert _missing(few) == ", ".join(few.class_names[each] for each in absent)
    assert _missing(many) == ""
