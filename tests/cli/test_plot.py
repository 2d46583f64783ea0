"""``nnlab plot`` as a user meets it: what is drawn, where it goes, what a mistake costs."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.experiments import SMALL, write_config

import nnlab
from nnlab.config import load_config
from nnlab.evaluation.trained_run import TrainedRun
from nnlab.figures import FIGURES, Subject
from nnlab.runs import MetricsLog, Run
from nnlab.runs.sweeps import Cell, Sweep
from nnlab.training import train

ROOT = Path(__file__).parents[2]
POINTS = """\
data: {type: ellipse, train: 200, test: 100, validation: 50, normalize: min_max}
network: [{type: dense, units: 2}]
optimizer: {type: sgd, learning_rate: 0.1}
training: {epochs: 2, batch_size: 20, log_every: 3}
"""


@pytest.fixture
def trained(tmp_path, nnlab_):
    """Train the small network, or another, with some overrides; returns the run."""

    def train_with(*overrides, text=SMALL, runs_dir="runs"):
        return train(load_config(write_config(tmp_path, text), overrides), runs_dir=runs_dir)

    return train_with


@pytest.fixture
def drawn(monkeypatch):
    """What was handed to the figures of curves, instead of drawing it."""
    calls = []
    for name in ("curves", "curve_groups"):
        module = importlib.import_module(f"nnlab.drawing.{name}")
        exact = getattr(module, name)

        def keep(*arguments, exact=exact, **options):
            calls.append((arguments, options))
            return exact(*arguments, **options)

        monkeypatch.setattr(module, name, keep)
    return calls


@pytest.fixture
def handed(monkeypatch):
    """Replace the drawing function of a figure; returns the list of what it is called with."""

    def replace(name):
        calls = []
        module = importlib.import_module(f"nnlab.figures.{name}")
        monkeypatch.setattr(module, name, lambda *arguments, **options: calls.append((arguments, options)))
        return calls

    return replace


def subject(run, **choice):
    trained = TrainedRun(run)
    return Subject(trained.config, trained, **choice)


def names(out):
    return [Path(line).name for line in out.splitlines()]


def test_all_figures_of_a_run(nnlab_, trained):
    run = trained()
    code, out, err = nnlab_("plot", "all", "latest", "--open")
    said = [line for line in err.splitlines() if ", after " not in line]  # what is being done, on a slow machine
    assert (code, said) == (0, ["boundary left out: the inputs, of shape 6x6x1, are not two features"])
    drawn = [f"{name}.png" for name in FIGURES if name != "boundary"]
    assert names(out) == drawn
    assert set(drawn) >= {
        "architecture.png",
        "curves.png",
        "confusion.png",
        "classes.png",
        "calibration.png",
        "misclassified.png",
        "pairs.png",
        "filters.png",
        "weights.png",
        "activations.png",
        "data-values.png",
        "data-classes.png",
        "data-samples.png",
    }
    for line in out.splitlines():
        assert Path(line).parent.resolve() == run.figures.resolve()
        assert Path(line).read_bytes().startswith(b"\x89PNG")


def test_all_leaves_out_filters_where_there_are_none(nnlab_, trained):
    trained(
        text=SMALL.replace(
            SMALL[SMALL.index("network:") : SMALL.index("optimizer:")], "network:\n  - flatten\n"
        ).replace("shape: [6, 6, 1]", "shape: [3]")
    )
    code, out, err = nnlab_("plot", "all", "latest")
    assert code == 0
    assert "filters.png" not in names(out)
    assert re.search("^filters left out: no layer of .* has weights to draw$", err, re.MULTILINE)


IN_A_RUN = ["architecture", "curves", "filters", "weights", "activations", "confusion", "classes", "calibration"]
IN_A_RUN += ["misclassified", "pairs"]


@pytest.mark.parametrize("figure", IN_A_RUN)
def test_each_figure_alone(nnlab_, trained, figure):
    run = trained()
    code, out, _ = nnlab_("plot", figure, "latest", "--format", "svg")
    assert code == 0
    assert Path(out.strip()) == Path("runs") / run.name / "figures" / f"{figure}.svg"
    assert b"<svg" in Path(out.strip()).read_bytes()
    code, out, _ = nnlab_("plot", figure, run.path, "-o", "c.pdf")
    assert (code, out) == (0, "c.pdf\n")
    assert Path("c.pdf").read_bytes().startswith(b"%PDF")


def test_seeds_and_settings_in_one_figure(nnlab_, trained, drawn):
    runs = [trained(f"seed={seed}", f"optimizer.learning_rate={rate}") for rate in (0.1, 0.01) for seed in (0, 1)]
    code, out, err = nnlab_("plot", "curves", *(run.path for run in runs), "--log")
    assert (code, out, err) == (0, "curves.png\n", "")
    (((settings,), options),) = drawn
    assert [each.label for each in settings] == ["learning_rate = 0.1", "learning_rate = 0.01"]
    assert [len(each.training) for each in settings] == [2, 2]
    assert options["loss_scale"] == "log"
    records = runs[3].records()
    losses = [record["loss"] for record in records if record["split"] == "train"]
    assert any(curve.loss.tolist() == losses for curve in settings[1].training)


def test_of_two_runs_of_one_seed_the_longer_counts(nnlab_, trained, drawn):
    short, long = trained(), trained()
    lines = short.metrics.read_text().splitlines(keepends=True)
    short.metrics.write_text("".join(lines[:5]))
    for order in ((short, long), (long, short)):
        nnlab_("plot", "curves", *(run.path for run in order))
    for (training, *_), _ in drawn:
        assert len(training.x) == 12


def test_a_run_that_has_not_begun_is_left_out(nnlab_, trained, drawn):
    begun, waiting = trained(), trained("seed=1")
    waiting.metrics.write_text("")
    code, _, err = nnlab_("plot", "curves", begun.path, waiting.path)
    assert (code, err) == (0, f"{waiting.name} left out: nothing is logged yet\n")
    assert nnlab_("plot", "curves", waiting.path)[0] == 0
    assert [len(arguments[0].x) for arguments, _ in drawn] == [12, 0]
    assert nnlab_("plot", "curves", waiting.path, "--x", "epoch")[0] == 0


def test_means_over_epochs(nnlab_, trained, drawn):
    run = trained(text=POINTS)
    code, out, _ = nnlab_("plot", "curves", "latest", "--x", "epoch")
    assert code == 0
    assert names(out) == ["curves-by-epoch.png"]
    (((settings,), options),) = drawn
    (training,), (evaluation,) = settings[0].training, settings[0].evaluation
    records = run.records()
    losses = {record["step"]: record["loss"] for record in records if record["split"] == "train"}
    # 150 examples in batches of 20 are 7 steps; the record of steps 7 to 9 counts in the first epoch for one step.
    assert training.x.tolist() == [1, 2]
    assert training.loss == pytest.approx(
        [(3 * losses[3] + 3 * losses[6] + losses[9]) / 7, (2 * losses[9] + 3 * losses[12] + 2 * losses[14]) / 7]
    )
    assert evaluation.x.tolist() == [1, 2]
    assert options["unit"] == "epoch"


def test_the_first_epoch(nnlab_, trained, drawn):
    trained(text=POINTS.replace("log_every: 3", "log_every: 1"))
    code, out, _ = nnlab_("plot", "curves", "latest", "--first-epoch")
    assert code == 0
    assert names(out) == ["first-epoch.png"]
    (((training, evaluation), options),) = drawn
    assert training.x.tolist() == list(range(1, 8))
    assert evaluation.x.tolist() == [7]
    assert options["window"] == "so far"
    code, _, err = nnlab_("plot", "curves", "latest", "--first-epoch", "--x", "epoch")
    assert code == 2
    assert "leave --x epoch out" in err


@pytest.fixture
def sweep(trained):
    """A sweep of two variants and two seeds, of whose cells one has not begun."""
    path = Path("runs/sweep-small-01234567")
    cells = []
    for variant, changes in (("as it is", []), ("half the rate", ["optimizer.learning_rate=0.025"])):
        for seed in (0, 1):
            run = trained(f"seed={seed}", *changes, runs_dir=path / "cells")
            cells.append(Cell(run, {"variant": variant, "seed": seed}, "completed"))
    cells.append(Cell(Run(path / "cells/waiting"), {"variant": "as it is", "seed": 2}))
    made = Sweep(path, "small", {"variant": ["as it is", "half the rate"], "seed": [0, 1, 2]}, tuple(cells))
    made.write()
    return made


def test_a_sweep_is_drawn_in_its_directory_with_the_names_of_its_variants(nnlab_, sweep, drawn):
    code, out, err = nnlab_("plot", "curves", "sweep-small")
    assert (code, err) == (0, "")
    assert Path(out.strip()) == sweep.path / "figures" / "curves.png"
    (((settings,), options),) = drawn
    assert [(each.label, len(each.training)) for each in settings] == [("as it is", 2), ("half the rate", 2)]
    assert (options["title"], options["note"]) == ("small", "")


def test_what_diverged_is_left_out_with_a_note_unless_all_did(nnlab_, sweep, drawn):
    by_status, by_loss, *others = [cell.run for cell in sweep.cells[:4]]
    by_status.write_json("summary.json", by_status.read_json("summary.json") | {"status": "diverged"})
    spoil(by_loss)
    code, _, err = nnlab_("plot", "curves", "sweep-small", "--first-epoch")
    assert (code, err) == (0, "")
    (((settings,), options),) = drawn
    assert [len(each.training) for each in settings] == [2]
    assert options["title"] == "small, half the rate, first epoch"
    assert options["note"] == "diverged, left out: 2 of 4 runs"
    for run in others:
        spoil(run)
    assert nnlab_("plot", "curves", "sweep-small")[0] == 0
    (settings,), options = drawn[-1]
    assert [len(each.training) for each in settings] == [2, 2]
    assert options["note"] == ""


def spoil(run):
    """Make the losses at the end of a run very large ones."""
    records = run.records()
    run.metrics.unlink()
    log = MetricsLog(run.metrics)
    for number, record in enumerate(records, start=1):
        log.append({**record, "loss": 4e32 if number > len(records) - 3 else record["loss"]})
    log.close()


def test_a_sweep_that_has_not_begun_is_an_error(nnlab_, sweep):
    for cell in sweep.cells:
        cell.run.metrics.unlink(missing_ok=True)
    code, _, err = nnlab_("plot", "curves", sweep.path)
    assert code == 4
    assert "no cell of the sweep small has begun" in err


def test_data_of_a_config_go_into_this_folder(nnlab_, tmp_path):
    code, out, err = nnlab_("plot", "data", write_config(tmp_path, POINTS, "mine.yaml"), "data.train=99")
    assert (code, err) == (0, "")
    assert out == "mine-data-classes.png\nmine-data-samples.png\nmine-data-values.png\n"
    assert all(Path(line).is_file() for line in out.splitlines())


def test_data_of_a_run_go_into_the_run(nnlab_, trained):
    run = trained(text=POINTS)
    code, out, _ = nnlab_("plot", "data", "latest", "--format", "svg")
    assert code == 0
    assert [Path(line).parent.resolve() for line in out.splitlines()] == [run.figures.resolve()] * 3
    code, out, _ = nnlab_("plot", "data", "latest", "-o", "report")
    assert (code, out.splitlines()[0]) == (0, "report/data-classes.png")


def test_a_figure_goes_into_a_folder_that_is_there(nnlab_, trained):
    trained()
    Path("mine").mkdir()
    code, out, _ = nnlab_("plot", "curves", "latest", "-o", "mine", "--format", "svg")
    assert (code, out) == (0, "mine/curves.svg\n")
    assert nnlab_("plot", "curves", "latest", "-o", "c.SVG", "--format", "svg")[:2] == (0, "c.SVG\n")


def test_data_without_a_picture_have_two_figures(nnlab_, tmp_path):
    text = POINTS.replace("data: {type: ellipse,", "data: {type: random, shape: [5], classes: 2,").replace(
        "validation: 50, ", ""
    )
    code, out, _ = nnlab_(
        "plot", "data", write_config(tmp_path, text.replace("normalize: min_max", "normalize: none"), "mine.yaml")
    )
    assert code == 0
    assert names(out) == ["mine-data-classes.png", "mine-data-values.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["curves", "latest", "-o", "c.bmp"], 2, "'c.bmp'"),
        (["curves", "latest", "-o", "no/such/c.png"], 2, " no/such\n"),
        (["curves", "latest", "-o", "c.svg", "--format", "png"], 2, "--output c.svg and --format png name two"),
        (["all", "latest", "-o", "all.png"], 2, "figures, for which it names a folder"),
        (["curves", "nothing"], 4, "'nothing'"),
        (["curves", "latest", "nothing"], 4, "'nothing'"),
        (["curves"], 2, "Missing argument"),
        (["curves", "latest", "--x", "hour"], 2, "'hour' is not one of 'step', 'epoch'"),
        (["data", "missing.yaml"], 2, "missing.yaml"),
        (["data", "nothing"], 4, "'nothing'"),
        (["classes", "latest", "--checkpoint", "newest"], 2, "Invalid value"),
        (["activations", "latest", "--image", "20"], 2, "the test split has 20 examples, the first of them 0"),
        (["activations", "latest", "--image", "-1"], 2, "Invalid value"),
        (["activations", "latest", "--layer", "7"], 2, "the network has 7 layers, of which the first is 0"),
        (["boundary", "latest"], 4, "the inputs, of shape 6x6x1, are not two features"),
        (["architecture", "missing.yaml"], 2, "missing.yaml"),
        (["architecture", "nothing"], 4, "'nothing'"),
    ],
)
def test_mistakes_cost_a_message(nnlab_, trained, arguments, code, message):
    trained()
    left, out, err = nnlab_("plot", *arguments)
    assert (left, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_a_screen_shows_the_figure(nnlab_, trained, monkeypatch):
    import typer

    launched = []
    monkeypatch.setattr(typer, "launch", launched.append)
    monkeypatch.setenv("DISPLAY", ":0")
    run = trained()
    nnlab_("plot", "curves", run.path, "--open")
    assert launched == [str(run.figures / "curves.png")]


def test_every_figure_takes_the_same_options(nnlab_):
    for figure in (*IN_A_RUN, "boundary", "data", "all"):
        code, out, _ = nnlab_("plot", figure, "--help")
        assert code == 0
        assert {"--format", "--output", "--open", "--runs-dir"} <= set(re.findall(r"--[a-z-]+", out))


def test_values_of_very_large_data_are_those_of_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr("nnlab.figures.data._VALUES", 100)
    config = load_config(write_config(tmp_path, POINTS))
    figure = FIGURES["data-values"].draw(Subject(config))
    assert "50 of 150 " in figure.get_suptitle()


def test_two_features_have_a_boundary_and_no_pairs(nnlab_, trained, monkeypatch):
    run = trained(text=POINTS)
    monkeypatch.setattr("nnlab.drawing.saving.rendered", lambda *_: b"")
    code, out, err = nnlab_("plot", "all", "latest")
    assert (code, err) == (0, "pairs left out: the inputs, of shape 2, are not images\n")
    assert "boundary.png" in names(out)
    assert "pairs.png" not in names(out)
    assert nnlab_("plot", "boundary", "latest", "--split", "validation")[0] == 0
    code, _, err = nnlab_("plot", "pairs", "latest")
    assert code == 4
    assert "the inputs, of shape 2, are not images" in err
    code, _, err = nnlab_("plot", "weights", run.path, "--checkpoint", "last")
    assert (code, err) == (0, "")


def test_the_plane_is_in_raw_coordinates(trained, handed):
    run, calls = trained(text=POINTS), handed("boundary")
    FIGURES["boundary"].draw(subject(run))
    (((probabilities, (left, right, low, high), points, labels, _), _),) = calls
    evaluation = nnlab.evaluate(run)
    assert points.tolist() == evaluation.dataset.test.inputs[:].tolist()
    assert labels.tolist() == evaluation.dataset.test.labels.tolist()
    assert left < points[:, 0].min() < points[:, 0].max() < right
    corner = np.array([[right, low]], np.float32)
    scores = evaluation.network.predict(evaluation.dataset.normalize(corner))
    odds = np.exp(scores - scores.max())
    assert probabilities[0, -1] == pytest.approx((odds / odds.sum())[0], rel=1e-4)
    assert high > points[:, 1].max()


def test_the_stages_are_what_the_layers_return(trained, handed):
    run, calls = trained(), handed("activations")
    drawing = subject(run)
    FIGURES["activations"].draw(drawing, image=7)
    FIGURES["weights"].draw(drawing)  # a forward pass in between changes nothing
    FIGURES["activations"].draw(drawing, image=7, layer=2)
    ((raw, stages), options), ((_, alone), _) = calls
    evaluation = nnlab.evaluate(run)
    assert raw.tolist() == evaluation.dataset.test.inputs[7].tolist()
    names = ["0 conv2d", "1 batchnorm", "2 relu", "3 maxpool2d", "4 residual", "5 dropout", "6 dense"]
    assert [stage.name for stage in stages] == names
    scores = evaluation.network.predict(evaluation.dataset.normalize(raw[np.newaxis]))
    assert stages[-1].values == pytest.approx(scores[0], rel=1e-4, abs=1e-5)
    assert [stage.name for stage in alone] == ["2 relu"]
    assert alone[0].values.tolist() == stages[2].values.tolist()
    predictions = evaluation.predictions
    true, predicted = predictions.labels[7], predictions.predicted[7]
    assert f"true class: {true}; predicted: {predicted} (" in options["note"]


def test_gradients_are_those_of_the_first_batch_at_the_checkpoint(trained, handed):
    from nnlab.runs.checkpoint_arrays import restore_weights
    from nnlab.training.state import prepare

    run, calls = trained("network.4.body.1.rate=0", "network.5.rate=0"), handed("weights")
    config = load_config(run.config)
    FIGURES["weights"].draw(subject(run, checkpoint="last"))
    (((spreads,), options),) = calls
    names = ["0 conv2d 3x3x1x3", "4 residual body 0 3x3x3x3", "6 dense 27x3"]
    assert [spread.name for spread in spreads] == names
    assert re.search(r"weights after 12 steps, and gradients on 8 ", options["title"])
    state = prepare(config)
    restore_weights(state.network, run.checkpoints.load("last"))
    network, loss = state.network, state.loss
    x, labels = state.dataset.batch(state.batches.draw(), 1)
    dense = network.params["6.weight"]
    assert spreads[2].weight.tolist() == dense.ravel().tolist()
    slopes = []
    for sign in (1, -1):
        dense[4, 1] += sign * 1e-2
        slopes.append(loss.forward(network.forward(x)[0], labels)[0])
        dense[4, 1] -= sign * 1e-2
    assert spreads[2].gradient.reshape(dense.shape)[4, 1] == pytest.approx(
        (slopes[0] - slopes[1]) / 2e-2, rel=0.02, abs=1e-4
    )


def test_a_diagram_of_a_config_goes_into_this_folder(nnlab_, tmp_path):
    config = write_config(tmp_path, SMALL, "mine.yaml")
    code, out, err = nnlab_("plot", "architecture", config, "network.0.filters=5", "network.4={type: relu}")
    assert (code, out, err) == (0, "mine-architecture.png\n", "")


def test_a_diagram_has_the_options_that_were_chosen(tmp_path, handed):
    calls = handed("architecture")
    projected = "network.4={type: residual, body: [{type: conv2d, filters: 4, kernel: [3, 1], padding: [1, 0]}], "
    projected += "projection: {type: conv2d, filters: 4, kernel: 1}}"
    FIGURES["architecture"].draw(Subject(load_config(write_config(tmp_path), [projected])))
    ((((first, conv, norm, relu, pool, block, *_, last),), _),) = calls
    assert (first.name, first.options, first.shape) == ("input:", ("random",), "6x6x1")
    assert (conv.name, conv.options) == ("0 conv2d", ("filters 3", "kernel 3", "padding 1"))
    assert (conv.shape, conv.parameters, conv.kind) == ("6x6x3", 30, "trained")
    assert [each.kind for each in (norm, relu, pool)] == ["trained", "leaves the shape", "changes the shape"]
    assert block.body[0].options == ("filters 4", "kernel 3x1", "padding 1x0")
    assert (block.projection.options, block.parameters) == (("filters 4", "kernel 1"), 40 + 16)
    assert (last.name, last.options, last.shape) == ("loss:", ("softmax_cross_entropy",), "3 classes")


def test_figures_of_one_checkpoint_evaluate_once(nnlab_, trained, monkeypatch):
    from nnlab.runs.ledger import read_ledger

    run = trained("training.monitor=accuracy", "optimizer.learning_rate=0.1")
    assert run.load("best").step < run.load("last").step
    monkeypatch.setattr("nnlab.drawing.saving.rendered", lambda *_: b"")
    for figure in (*IN_A_RUN, "all"):
        assert nnlab_("plot", figure, "latest")[0] == 0
    (entry,) = read_ledger(run.path).entries
    assert entry.cause in {"nnlab plot confusion", "nnlab plot activations"}
    nnlab_("plot", "confusion", "latest", "--checkpoint", "last")
    assert [entry.cause for entry in read_ledger(run.path).entries][1:] == ["nnlab plot confusion"]


def test_another_split_or_checkpoint_has_files_of_its_own(nnlab_, trained, monkeypatch):
    trained(text=POINTS)
    monkeypatch.setattr("nnlab.drawing.saving.rendered", lambda *_: b"")
    for arguments, name in (
        (("confusion",), "confusion"),
        (("confusion", "--split", "validation"), "confusion-validation"),
        (("confusion", "--checkpoint", "last"), "confusion-last"),
        (("pairs", "--split", "train", "--checkpoint", "last"), "pairs-train-last"),
        (("boundary", "--split", "train", "--checkpoint", "last"), "boundary-train-last"),
        (("filters", "--checkpoint", "last"), "filters-last"),
        (("activations", "--split", "validation", "--layer", "0"), "activations-layer-0-validation"),
    ):
        code, out, _ = nnlab_("plot", arguments[0], "latest", *arguments[1:])
        assert (code, names(out)) == ((4, []) if arguments[0] == "pairs" else (0, [f"{name}.png"]))
    out = names(nnlab_("plot", "all", "latest", "--split", "validation")[1])
    assert {"confusion-validation.png", "curves.png", "weights.png", "data-values.png"} <= set(out)


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "nonsense"])
def test_the_environment_of_a_notebook_breaks_no_figure(nnlab_, trained, backend):
    run = trained(text=POINTS)
    Path("matplotlibrc").write_text("backend: nonsense\nfigure.dpi: abc\nlines.linewidth: 40\n")
    files = []
    for environment in ({"MPLBACKEND": backend, "MATPLOTLIBRC": "matplotlibrc"}, {}):
        command = [sys.executable, "-m", "nnlab", "plot", "curves", str(run.path.resolve())]
        folder = ROOT if not environment else Path.cwd()
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=folder, env={**os.environ, **environment}
        )
        assert done.stderr == ""
        files.append(Path(done.stdout.strip()).read_bytes())
    assert files[0] == files[1]


def test_looks_are_told(nnlab_, trained):
    run = trained()
    assert re.search("^test set +not looked at$", nnlab_("runs", "show", "latest")[1], re.MULTILINE)
    assert re.search("^test set +not looked at$", nnlab_("eval", "latest", "--split", "train")[1], re.MULTILINE)
    assert re.search("^test set +looked at once$", nnlab_("eval", "latest")[1], re.MULTILINE)
    told = nnlab_("eval", "latest")[1]
    assert "looked at once; 1 evaluation repeats a look, as does this one" in " ".join(told.split())
    assert re.search(r"^ECE +\d+\.\d\d %", told, re.MULTILINE)
    assert json.loads(nnlab_("eval", "latest", "--json")[1])["test_looks"] == 1
    assert json.loads(nnlab_("runs", "show", "latest", "--json")[1])["test_looks"] == 1
    (run.path / "test-ledger.jsonl").write_text("{}")
    code, out, err = nnlab_("runs", "show", "latest")
    assert (code, "test set" in out) == (0, False)
    assert "test-ledger.jsonl:1 " in err
    assert json.loads(nnlab_("runs", "show", "latest", "--json")[1])["test_looks"] is None
    assert nnlab_("eval", "latest")[0] == 4
