"""``nnlab plot`` as a user meets it: what is drawn, where it goes, what a mistake costs."""

import re
from pathlib import Path

import pytest
from experiments import SMALL, write_config

from nnlab import plotting
from nnlab.blueprint import load_config
from nnlab.experiment import train
from nnlab.runs import Run
from nnlab.runs.sweeps import Cell, Sweep

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
    for name in ("curves", "courses"):
        exact = getattr(plotting.courses.figures, name)

        def keep(*arguments, exact=exact, **options):
            calls.append((arguments, options))
            return exact(*arguments, **options)

        monkeypatch.setattr(plotting.courses.figures, name, keep)
    return calls


def names(out):
    return [Path(line).name for line in out.splitlines()]


def test_all_figures_of_a_run(nnlab_, trained):
    run = trained()
    code, out, err = nnlab_("plot", "all", "latest", "--open")
    assert (code, err) == (0, "")
    assert names(out) == [
        "curves.png",
        "confusion.png",
        "classes.png",
        "misclassified.png",
        "filters.png",
        "data-values.png",
        "data-classes.png",
        "data-samples.png",
    ]
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
    assert re.match("filters left out: no layer of .* has weights to draw\n", err)


@pytest.mark.parametrize("figure", ["curves", "filters", "confusion", "classes", "misclassified"])
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
    assert options["window"] >= 7
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
    (((settings,), _),) = drawn
    assert [(each.label, len(each.training)) for each in settings] == [("as it is", 2), ("half the rate", 2)]


def test_a_sweep_that_has_not_begun_is_an_error(nnlab_, sweep):
    for cell in sweep.cells:
        cell.run.metrics.unlink(missing_ok=True)
    code, _, err = nnlab_("plot", "curves", sweep.path)
    assert code == 4
    assert "no cell of the sweep small has begun" in err


def test_data_of_a_config_go_into_this_folder(nnlab_, tmp_path):
    code, out, err = nnlab_("plot", "data", write_config(tmp_path, POINTS, "mine.yaml"), "data.train=99")
    assert (code, err) == (0, "")
    assert out == "mine-data-values.png\nmine-data-classes.png\nmine-data-samples.png\n"
    assert all(Path(line).is_file() for line in out.splitlines())


def test_data_of_a_run_go_into_the_run(nnlab_, trained):
    run = trained(text=POINTS)
    code, out, _ = nnlab_("plot", "data", "latest", "--format", "svg")
    assert code == 0
    assert [Path(line).parent.resolve() for line in out.splitlines()] == [run.figures.resolve()] * 3
    code, out, _ = nnlab_("plot", "data", "latest", "-o", "report")
    assert (code, out.splitlines()[0]) == (0, "report/data-values.png")


def test_data_without_a_picture_have_two_figures(nnlab_, tmp_path):
    text = POINTS.replace("data: {type: ellipse,", "data: {type: random, shape: [5], classes: 2,").replace(
        "validation: 50, ", ""
    )
    code, out, _ = nnlab_(
        "plot", "data", write_config(tmp_path, text.replace("normalize: min_max", "normalize: none"), "mine.yaml")
    )
    assert code == 0
    assert names(out) == ["mine-data-values.png", "mine-data-classes.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["curves", "latest", "-o", "c.bmp"], 2, "must end in .png, .svg or .pdf"),
        (["curves", "latest", "-o", "no/such/c.png"], 2, "there is no folder no/such"),
        (["all", "latest", "-o", "all.png"], 2, "there are 8 figures, for which it names a folder"),
        (["curves", "nothing"], 4, "'nothing' is no run"),
        (["curves", "latest", "nothing"], 4, "'nothing' is no run"),
        (["curves"], 2, "Missing argument"),
        (["curves", "latest", "--x", "hour"], 2, "'hour' is not one of 'step', 'epoch'"),
        (["data", "missing.yaml"], 2, "no config missing.yaml"),
        (["data", "nothing"], 4, "'nothing' is no run"),
        (["classes", "latest", "--checkpoint", "newest"], 2, "Invalid value"),
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
    for figure in ("curves", "filters", "confusion", "classes", "misclassified", "data", "all"):
        code, out, _ = nnlab_("plot", figure, "--help")
        assert code == 0
        assert {"--format", "--output", "--open", "--runs-dir"} <= set(re.findall(r"--[a-z-]+", out))


def test_draw_data_counts_a_sample_of_very_large_data(tmp_path, monkeypatch):
    from nnlab.data import load_dataset

    config = load_config(write_config(tmp_path, POINTS))
    dataset = load_dataset(config.data, config.seed)
    monkeypatch.setattr(plotting.data, "_VALUES", 100)
    figure = plotting.draw_data(dataset, config.name, config.seed)["values"]
    assert "50 of 150 training examples" in figure.get_suptitle()
