"""Predictions on examples of the user's own."""

import numpy as np
import pytest
from support.experiments import load, write_config

import nnlab
from nnlab.config import load_config
from nnlab.data import load_dataset
from nnlab.errors import DataError, UsageError
from nnlab.evaluation import Answers, TrainedRun
from nnlab.evaluation.pixels import pixels_of

GLYPHS = """\
data: {type: glyphs, train: 300, test: 300, validation: 50, test_time_flips: true, normalize: mean_image}
network:
  [{type: conv2d, filters: 4, kernel: 5}, batchnorm, relu, {type: maxpool2d, size: 4}, {type: dense, units: 10}]
optimizer: {type: adam, learning_rate: 0.01}
training: {steps: 15, batch_size: 20, evaluate_every: 5}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("answers")


@pytest.fixture(scope="module")
def run(folder):
    return nnlab.train(load(folder, text=GLYPHS), runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def test_split(run):
    config = load_config(run.config)
    return load_dataset(config.data, config.seed).test


def test_predictions_on_test_images_are_those_of_an_evaluation_to_the_bit(run, test_split):
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    answers = nnlab.predict(run, test_split.inputs[:])
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    evaluation = nnlab.evaluate(run)
    assert (answers.predicted == test_split.labels).mean() == evaluation.metrics.accuracy > 0.15
    assert answers.probabilities.tobytes() == evaluation.predictions.probabilities.tobytes()


def test_predictions_on_saved_arrays_are_those_of_an_evaluation(folder, rng):
    arrays = {f"{half}_{part}": [] for half in ("train", "test") for part in ("inputs", "labels")}
    for half, count in (("train", 40), ("test", 31)):
        labels = np.arange(count) % 3
        arrays[f"{half}_labels"] = labels
        arrays[f"{half}_inputs"] = (rng.normal(size=(count, 5)) + labels[:, None]).astype(np.float32)
    np.savez(folder / "mine.npz", **arrays)
    text = "data: {type: arrays, path: mine.npz}\nnetwork: [{type: dense, units: 3}]\noptimizer: sgd\n"
    text = text.replace("sgd", "{type: sgd, learning_rate: 0.5}") + "training: {steps: 20, batch_size: 8}\n"
    run = nnlab.train(load_config(write_config(folder, text, "mine.yaml")), runs_dir=folder / "runs")
    evaluation = nnlab.evaluate(run)
    (folder / "mine.npz").unlink()  # the data are not needed
    answers = TrainedRun(run).predict(arrays["test_inputs"].astype(np.float64), "last")
    assert (answers.predicted == arrays["test_labels"]).mean() == evaluation.metrics.accuracy


def test_one_image_and_images_without_channels_are_taken(run, test_split):
    trained, many = TrainedRun(run), test_split.inputs[:3]
    answers = trained.predict(many)
    assert answers.probabilities.shape == (3, 10)
    assert np.allclose(trained.predict(many[1]).probabilities, answers.probabilities[1], atol=1e-6)
    assert trained.predict(many[..., 0].astype(np.int32)).predicted.tolist() == answers.predicted.tolist()
    assert len(trained.predict(many[:0])) == 0


@pytest.mark.parametrize(
    ("images", "error"),
    [
        (np.zeros((2, 28, 27)), UsageError),
        (np.zeros(784), UsageError),
        (np.full((28, 28), np.nan), DataError),
        (np.array(["x"]), DataError),
    ],
)
def test_other_images_are_refused(run, images, error):
    with pytest.raises(error):
        nnlab.predict(run, images)


def test_classes_are_ranked_with_the_predicted_one_first():
    probabilities = np.array([[0.2, 0.5, 0.3], [1, 0, 1], [np.nan] * 3], np.float32)
    answers = Answers(("a", "b", "c"), np.array([1, 2, 0]), probabilities)
    assert answers.ranked(2).tolist() == [[1, 2], [2, 0], [0, 1]]
    assert answers.ranked(9).shape == (3, 3)
    assert answers.classes == ["b", "c", "a"]


def test_a_run_says_what_pixels_it_was_trained_on(run, folder):
    assert not pixels_of(TrainedRun(run)).unit
    text = "data: {type: random, shape: [4, 4, 1], classes: 2, train: 20, test: 5}\n"
    text += "network: [{type: dense, units: 2}]\noptimizer: {type: sgd, learning_rate: 0.1}\n"
    text += "training: {steps: 1, batch_size: 2}\n"
    noise = nnlab.train(load_config(write_config(folder, text, "noise.yaml")), runs_dir=folder / "runs")
    assert pixels_of(TrainedRun(noise)).unit
