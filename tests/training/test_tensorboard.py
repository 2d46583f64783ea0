"""What TensorBoard itself reads from a run's event files."""

import importlib.util
from collections import defaultdict
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread
from support.experiments import load, stop_at, train_with_stops, without_clock
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import nnlab
from nnlab.errors import Interrupted, SystemFault, UsageError
from nnlab.training import tensorboard

pytestmark = pytest.mark.slow

ON = "logging.tensorboard=true"


def read(run):
    accumulator = EventAccumulator(str(run.tensorboard), size_guidance={"scalars": 0, "images": 0})
    return accumulator.Reload()


def scalars(accumulator):
    """Steps and values under each tag."""
    return {
        tag: [(event.step, event.value) for event in accumulator.Scalars(tag)]
        for tag in accumulator.Tags()["scalars"]
    }


def logged(run):
    """The same, from metrics.jsonl; TensorBoard has float32."""
    points = defaultdict(list)
    for record in run.records():
        for key in ("loss", "accuracy", "learning_rate"):
            if key in record:
                tag = key if key == "learning_rate" else f"{key}/{record['split']}"
                points[tag].append((record["step"], float(np.float32(record[key]))))
    return dict(points)


def test_tensorboard_reads_what_metrics_jsonl_holds(tmp_path):
    run = nnlab.train(load(tmp_path, ON, "schedule=cosine"), runs_dir=tmp_path)
    found = scalars(read(run))
    assert set(found) == {
        "loss/train",
        "accuracy/train",
        "learning_rate",
        "loss/validation",
        "accuracy/validation",
    }
    assert found == logged(run)
    assert [step for step, _ in found["loss/validation"]] == [3, 6, 9, 12]
    assert len(set(found["learning_rate"])) == 12


def test_the_times_are_those_of_the_training(tmp_path):
    run = nnlab.train(load(tmp_path, ON), runs_dir=tmp_path)
    times = [event.wall_time for event in read(run).Scalars("loss/train")]
    seconds = [record["seconds"] for record in run.records() if record["split"] == "train"]
    np.testing.assert_allclose(np.diff(times), np.diff(seconds), atol=1e-5)


def test_the_figures_are_those_of_the_end(tmp_path):
    run = nnlab.train(load(tmp_path, ON), runs_dir=tmp_path)
    accumulator = read(run)
    assert set(accumulator.Tags()["images"]) == {"filters", "confusion/validation"}
    for tag in accumulator.Tags()["images"]:
        (image,) = accumulator.Images(tag)
        height, width, _ = imread(BytesIO(image.encoded_image_string)).shape
        assert (image.step, image.width, image.height) == (12, width, height)


def test_without_weights_or_validation_there_is_nothing_to_draw(tmp_path):
    network = "network=[flatten, {type: dense, units: 3}]"
    bare = ["data.validation=0", "training.evaluate_every=null"]
    with_filters = nnlab.train(load(tmp_path, ON, network, *bare), runs_dir=tmp_path)
    assert read(with_filters).Tags()["images"] == ["filters"]
    data = "data={type: random, shape: [3], classes: 3, train: 40, test: 20}"
    nothing = nnlab.train(load(tmp_path, ON, data, "network=[relu]", *bare), runs_dir=tmp_path)
    assert read(nothing).Tags()["images"] == []


def test_it_is_off_unless_asked_for(tmp_path):
    run = nnlab.train(load(tmp_path), runs_dir=tmp_path)
    assert not run.tensorboard.exists()


@pytest.mark.parametrize("stops", [[5], [3, 7], [1, 2, 11]])
def test_a_resumed_run_has_each_point_once(tmp_path, stops):
    run = train_with_stops(load(tmp_path, ON), tmp_path / "runs", stops)
    found = scalars(read(run))
    assert found == logged(run)
    assert [step for step, _ in found["loss/train"]] == list(range(1, 13))
    assert len(read(run).Images("filters")) == 1


def test_steps_after_the_checkpoint_are_forgotten(tmp_path):
    config = load(tmp_path, ON)

    def die(report):
        if report.step == 5:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        nnlab.train(config, runs_dir=tmp_path, report=die)
    run = nnlab.open_run("latest", tmp_path)
    watching = read(run)
    assert watching.Scalars("loss/train")[-1].step == 5
    nnlab.resume(run)
    assert scalars(read(run)) == logged(run)
    watching.Reload()  # it goes on with the new file
    assert scalars(watching) == logged(run)


def test_the_test_above_notices_an_event_file_that_lets_the_others_count(tmp_path, monkeypatch):
    monkeypatch.setattr(tensorboard.SessionLog, "START", tensorboard.SessionLog.STOP)

    def die(report):
        if report.step == 5:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        nnlab.train(load(tmp_path, ON), runs_dir=tmp_path / "killed", report=die)
    run = nnlab.open_run("latest", tmp_path / "killed")
    nnlab.resume(run)
    assert scalars(read(run)) != logged(run)


def test_what_a_checkpoint_goes_on_from_is_on_the_disk_before_it(tmp_path):
    seen = []

    def look(report):
        if report.step in {5, 8}:
            run = nnlab.open_run("latest", tmp_path)
            seen.append(read(run).Scalars("loss/train")[-1].step >= run.checkpoints.load("last").step)

    nnlab.train(load(tmp_path, ON), runs_dir=tmp_path, report=look)
    assert seen == [True, True]


def test_a_finished_run_that_is_resumed_stays_as_it_is(tmp_path):
    run = nnlab.train(load(tmp_path, ON), runs_dir=tmp_path)
    nnlab.resume(run)
    assert scalars(read(run)) == logged(run)
    assert len(read(run).Images("confusion/validation")) == 1


def test_the_results_do_not_depend_on_it(tmp_path):
    runs = [nnlab.train(load(tmp_path, *more), runs_dir=tmp_path) for more in ([], [ON])]
    assert without_clock(runs[0]) == without_clock(runs[1])
    first, second = (run.checkpoints.load("last") for run in runs)
    assert all(array.tobytes() == second.arrays[name].tobytes() for name, array in first.arrays.items())
    assert first.facts["config"] == second.facts["config"]


def test_it_can_be_switched_on_for_the_rest_of_a_run(tmp_path):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path, report=stop_at(5))
    run = nnlab.open_run("latest", tmp_path)
    run.config.write_text(run.config.read_text().replace("tensorboard: false", "tensorboard: true"))
    nnlab.resume(run)
    assert scalars(read(run)) == {
        tag: [(step, value) for step, value in points if step > 5] for tag, points in logged(run).items()
    }


def test_without_the_extra_nothing_begins(tmp_path, monkeypatch):
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path, ON), runs_dir=tmp_path / "begun", report=stop_at(5))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "nnlab.training.sinks.find_spec", lambda name: None if name == "tensorboardX" else found(name)
    )
    for attempt in (
        lambda: nnlab.train(load(tmp_path, ON), runs_dir=tmp_path / "runs"),
        lambda: nnlab.resume(nnlab.open_run("latest", tmp_path / "begun")),
    ):
        with pytest.raises(UsageError, match=r"pip install 'nnlab\[tensorboard\]'") as caught:
            attempt()
        assert caught.value.exit_code == 2
    assert not (tmp_path / "runs").exists()
    nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")


def test_a_disk_that_refuses_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SystemFault, match=r"/file\b.*File exists"):
        tensorboard.EventFile(tmp_path / "file", began=0.0, after=0)

    def full(self, event):
        raise OSError(28, "No space left on device")

    def fill(report):
        monkeypatch.setattr(tensorboard.EventsWriter, "write_event", full)

    with pytest.raises(SystemFault, match=r"tensorboard: No space left on device; .* nnlab resume "):
        nnlab.train(load(tmp_path, ON), runs_dir=tmp_path, report=fill)
