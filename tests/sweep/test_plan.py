"""Plans: which cells a sweep's file or the command line asks for, and every mistake in either."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.experiments import SMALL, write_config

from nnlab.config import as_yaml, load_config
from nnlab.config.nodes import plain
from nnlab.errors import ConfigError, UsageError
from nnlab.sweep import lay_out, load_plan
from nnlab.sweep.axes import read_values
from nnlab.sweep.plan import labels


@pytest.fixture
def plan(tmp_path):
    """Return the plan of a sweep's file beside the small config."""
    write_config(tmp_path)

    def make(text, *values, seeds=None):
        return load_plan(write_config(tmp_path, text, "sweep.yaml"), values, seeds=seeds)

    return make


@pytest.fixture
def refused(plan):
    def messages(text, *values):
        with pytest.raises(ConfigError) as caught:
            plan(text, *values)
        return str(caught.value)

    return messages


def seen(plan):
    return [list(cell.settings.values()) for cell in plan.cells]


def test_a_grid_counts_seeds_last(plan):
    made = plan(
        "config: small.yaml\nseeds: 2\ngrid: {optimizer.learning_rate: [0.1, 1e-2], training.steps: [3, 4]}\n"
    )
    assert made.name == "sweep"
    assert made.axes == {"optimizer.learning_rate": [0.1, 0.01], "training.steps": [3, 4], "seed": [0, 1]}
    assert seen(made) == [[rate, steps, seed] for rate in (0.1, 0.01) for steps in (3, 4) for seed in (0, 1)]
    assert made.cells[5].directory == "cells/005-learning_rate=0.01-steps=3-seed=1"
    config = made.cells[5].config
    assert (config.optimizer.learning_rate, config.training.steps, config.seed) == (0.01, 3, 1)


def test_cells_are_the_configs_of_single_runs(plan, tmp_path):
    made = plan("config: small.yaml\ngrid: {seed: [3, 4]}\nset: {training.steps: 5}\n", "optimizer.momentum=0.5")
    alone = load_config(tmp_path / "small.yaml", ["training.steps=5", "seed=4", "optimizer.momentum=0.5"])
    assert as_yaml(made.cells[1].config) == as_yaml(alone)


def test_variants_pair_settings_and_may_insert_and_remove_layers(plan):
    made = plan(
        "name: did it help?\nconfig: small.yaml\nvariants:\n  as it is: {}\n"
        "  deeper: {network.+4: {type: conv2d, filters: 3, kernel: 3, padding: 1}, network.+5: relu}\n"
        "  no dropout: {network.5: null, training.batch_size: 4}\nseeds: [7]\n"
    )
    assert made.axes == {"variant": ["as it is", "deeper", "no dropout"], "seed": [7]}
    assert [len(cell.config.network) for cell in made.cells] == [7, 9, 6]
    assert [layer.type for layer in made.cells[1].config.network[3:7]] == [
        "maxpool2d",
        "conv2d",
        "relu",
        "residual",
    ]
    assert made.cells[2].config.training.batch_size == 4
    assert made.cells[1].directory == "cells/001-deeper-seed=7"
    assert made.directory.startswith("sweep-did-it-help-")


def test_the_command_line_varies_a_config(tmp_path):
    path = write_config(tmp_path)
    made = load_plan(path, ["seed=0..2", "optimizer.learning_rate=0.1,0.05", "training.steps=3"])
    assert made.name == "small"
    assert made.axes == {"optimizer.learning_rate": [0.1, 0.05], "seed": [0, 1, 2]}
    assert {cell.config.training.steps for cell in made.cells} == {3}
    with pytest.raises(UsageError, match=r"seed=\.\.\. and --seeds 2 both choose the seeds"):
        load_plan(path, "seed=0..2", seeds=2)
    assert [cell.directory for cell in load_plan(path).cells] == ["cells/000"]


def test_the_command_line_has_the_last_word(plan):
    text = "config: small.yaml\nseeds: 3\ngrid: {training.steps: [3, 4]}\nset: {training.batch_size: 4}\n"
    made = plan(text, "training.steps=5", "seed=7,8", "training.batch_size=2")
    assert made.axes == {"seed": [7, 8]}
    assert {(cell.config.training.steps, cell.config.training.batch_size) for cell in made.cells} == {(5, 2)}
    assert plan(text, "training.steps=5", "training.steps=6,7", seeds=1).axes == {
        "training.steps": [6, 7],
        "seed": [0],
    }


def test_the_same_plan_has_the_same_directory_and_any_other_has_not(plan, tmp_path):
    text = "config: small.yaml\nseeds: 2\n"
    assert plan(text).directory == plan(text).directory
    assert plan(text).directory != plan(text, "training.steps=3").directory
    assert plan(text).directory != plan(text.replace("2", "3")).directory
    sweep = lay_out(plan(text), tmp_path / "runs")
    assert lay_out(plan(text), tmp_path / "runs") == sweep
    assert [load_config(cell.run.config).seed for cell in sweep.cells] == [0, 1]


def test_values_that_do_not_fit_a_directory_name(plan):
    made = plan(
        "config: small.yaml\n", "optimizer={type: adam, learning_rate: 1e-3},{type: sgd, learning_rate: 0.1}"
    )
    assert [cell.directory for cell in made.cells] == [
        "cells/000-optimizer=-type-adam-learning_rate-0.001",
        "cells/001-optimizer=-type-sgd-learning_rate-0.1",
    ]
    made = plan("config: small.yaml\n", "network.6.init={type: constant, value: -1},{type: constant, value: 1e30}")
    assert [cell.directory[-9:] for cell in made.cells] == ["-value--1", "alue-1e30"]


def test_seeds_may_be_a_range(plan, refused):
    assert plan("config: small.yaml\nseeds: 1..3\n").axes == {"seed": [1, 2, 3]}
    assert "sweep.yaml:2:8: the range '3..1' is empty" in refused("config: small.yaml\nseeds: 3..1\n")
    assert "sweep.yaml:2:8: seeds: expected" in refused("config: small.yaml\nseeds: some\n")


def test_each_cell_says_what_it_changes(plan):
    made = plan(
        "config: small.yaml\nset: {training.steps: 3}\nvariants: {a: {}, b: {network.+2: relu}}\n",
        "optimizer.momentum=0.5",
    )
    assert [cell.changes for cell in made.cells] == [
        ("training.steps=3", "optimizer.momentum=0.5"),
        ("training.steps=3", "network.+2=relu", "optimizer.momentum=0.5"),
    ]


def test_cells_that_are_the_same_training_are_refused(refused):
    told = refused("config: small.yaml\nseeds: 2\nvariants: {a: {}, b: {seed: 0}}\n")
    assert "sweep.yaml: the cells 'variant=a seed=0' and 'variant=b seed=0' have the same config" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "set: {training.steps: 3, training.epochs: 3}\n",
            r"sweep\.yaml:2:26: training: .*steps.*epochs",
        ),
        ("set: {network.6.units: 5}\n", r"sweep\.yaml:2:7: network\[6\]: [\s\S]*\{type: dense, units: 3\}"),
    ],
)
def test_a_mistake_that_a_setting_brings_about_is_told_at_the_setting(refused, text, message):
    told = refused(f"config: small.yaml\n{text}")
    assert re.search(message, told)
    assert "small.yaml:" not in told


def test_a_sweep_of_a_sweep_and_an_empty_file_are_refused(refused, tmp_path):
    write_config(tmp_path, "config: small.yaml\nseeds: 2\n", "other.yaml")
    told = refused("config: other.yaml\n")
    assert "sweep.yaml:1:9: config: " in told
    assert "other.yaml is a sweep file: nnlab sweep " in told
    assert "sweep.yaml: the file is empty (a sweep file begins with config:" in refused("")
    with pytest.raises(UsageError, match=r"other\.yaml is a sweep file: nnlab sweep "):
        load_config(tmp_path / "other.yaml")


def test_keys_are_shortened_as_far_as_they_differ():
    assert labels(["optimizer.learning_rate", "seed"]) == {
        "optimizer.learning_rate": "learning_rate",
        "seed": "seed",
    }
    assert labels(["network.0.filters", "network.3.filters"]) == {
        "network.0.filters": "network.0.filters",
        "network.3.filters": "network.3.filters",
    }
    assert labels(["network.+1", "a.type", "b.type"]) == {
        "network.+1": "network.+1",
        "a.type": "a.type",
        "b.type": "b.type",
    }


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("seeds: 3\n", ["sweep.yaml:1:1: missing 'config'"]),
        ("config: nothing.yaml\n", ["sweep.yaml:1:9: config: ", "small.yaml"]),
        (
            "config: small.yaml\nseed: 3\nseeds: 0\n",
            ["sweep.yaml:2:1: ", "'seed'", "sweep.yaml:3:8: seeds:"],
        ),
        (
            "config: small.yaml\ngrid: {training.steps: 3}\n",
            ["sweep.yaml:2:24: grid.training.steps: ", " 3\n"],
        ),
        ("config: small.yaml\ngrid: {training.steps: []}\n", ["sweep.yaml:2:24: grid.training.steps: "]),
        ("config: small.yaml\ngrid: {training.steps: [3, 3]}\n", ["2:28: training.steps: 3 is given twice"]),
        ("config: small.yaml\ngrid: {seed: [3]}\nseeds: 2\n", ["2:8: grid.seed: the seeds are already given"]),
        ("config: small.yaml\nvariants:\n  a:\n", ["sweep.yaml:3:5: variants.a: "]),
        ("config: small.yaml\nseeds: 100000\n", ["2:8: 100,000 values; a sweep has at most 10,000 cells"]),
        (
            "config: small.yaml\nset: {a..b: 1}\n",
            ["sweep.yaml:2:7: ", "optimizer.learning_rate"],
        ),
        (
            "config: small.yaml\nseeds: 2\ngrid:\n  optimizer.learning_rate: [0.1, -1]\n",
            [
                "sweep.yaml:4:34: optimizer.learning_rate: ",
                " -1 (cell learning_rate=-1 seed=0 and 1 more)",
            ],
        ),
        (
            "config: small.yaml\nvariants:\n  a: {}\n  b: {network.+1: {type: conv2d, filters: 2, kernel: 9}}\n",
            ["sweep.yaml:4:54: network[1].kernel: ", "9x9", "6x6x3", "(cell variant=b)"],
        ),
    ],
)
def test_mistakes_are_told_with_their_places(refused, text, messages):
    told = refused(text)
    for message in messages:
        assert message in told


def test_what_cannot_be_read_of_the_config_is_told_at_its_own_place(refused, tmp_path):
    write_config(tmp_path, "a: [", "broken.yaml")
    assert "broken.yaml:1:4: " in refused("config: broken.yaml\n")


def test_a_mistake_of_all_cells_names_none(refused, tmp_path):
    write_config(tmp_path, SMALL.replace("relu", "rleu"))
    told = refused("config: small.yaml\nseeds: 2\n")
    assert re.search(r"small\.yaml:5:5: network\[2\]: .*'rleu'", told)
    assert "(cell" not in told


def test_many_mistakes_are_cut(refused):
    values = ",".join(f"-{i}" for i in range(1, 41))
    assert refused("config: small.yaml\n", f"training.steps={values}").endswith("more problems like these")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("seed=5..2", "the range '5..2' is empty (write 2..5)"),
        ("seed=0..10000", "10,001 values; a sweep has at most"),
        ("seed", "expected KEY=VALUE or KEY=VALUE,VALUE,..."),
        ("=1,2", "expected KEY=VALUE or KEY=VALUE,VALUE,..."),
        ("seed=1,1", "seed: 1 is given twice"),
        ("seed=[1", " [ "),
    ],
)
def test_mistakes_on_the_command_line(refused, value, message):
    told = refused("config: small.yaml\n", value)
    assert told.startswith(f"override '{value}': ")
    assert message in told


def test_too_many_cells_are_refused_before_any_is_made(plan):
    with pytest.raises(UsageError, match=r"1,000,000 cells; a sweep has at most 10,000"):
        plan("config: small.yaml\n", "seed=1..1000", "training.steps=1..1000")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("k=0.1,1e-3", [0.1, 0.001]),
        ("k=1..3,7", [1, 2, 3, 7]),
        ("k=[1, 2],[3]", [(1, 2), (3,)]),
        ("k={a: 1, b: 2}", [{"a": 1, "b": 2}]),
        ("k='a,b',\"c,d\"", ["a,b", "c,d"]),
        ("k=", [None]),
        ("k=a=b", ["a=b"]),
        ("k=1...3", ["1...3"]),
    ],
)
def test_values_are_cut_at_commas_outside_of_brackets_and_quotes(text, values):
    assert [plain(node) for node in read_values(text)[2]] == values


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ConfigError):
        assert len(read_values(f"k={text}")[2]) >= 1
