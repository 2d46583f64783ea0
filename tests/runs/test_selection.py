"""Runs are chosen and ordered by facts and config keys."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.written import write_run, write_sweep

from nnlab.errors import ConfigError, UsageError
from nnlab.runs import Run
from nnlab.runs.overview import Overview, overviews
from nnlab.runs.records import Measurement
from nnlab.runs.selection import collapse, fact, ordered, read_condition, select


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    write_run(root / "1", "seed=3", accuracy=0.5, test=0.4)
    write_run(root / "2", "optimizer.learning_rate=0.1", "seed=1", accuracy=0.9, loss=0.2)
    write_run(root / "3", "optimizer={type: adam, learning_rate: 0.1}", "network.0.kernel=[1, 1]", accuracy=0.7)
    write_run(root / "4", status="interrupted", accuracy=0.6)
    write_run(root / "5").config.unlink()
    return overviews(root)


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ([], "12345"),
        (["dataset=random"], "1234"),
        (["data.type=random"], "1234"),
        (["dataset!=random"], "5"),
        (["status=completed"], "123"),
        (["status=broken"], "5"),
        (["optimizer.learning_rate=0.1"], "23"),
        (["optimizer.learning_rate=1e-1"], "23"),
        (["optimizer=adam"], "3"),
        (["optimizer.type=adam", "seed=0"], "3"),
        (["seed=1.0"], "2"),
        (["seed=true"], ""),
        (["network.0.kernel=[3, 3]"], "124"),
        (["network.0.type=conv2d"], "1234"),
        (["training.batch_size>=8"], "1234"),
        (["accuracy>0.6"], "23"),
        (["accuracy >= 0.6"], "234"),
        (["loss<0.5"], "2"),
        (["test_accuracy<=0.4"], "1"),
        (["run=2"], ""),
        (['run="2"'], "2"),
        (["training.early_stopping=null"], "12345"),
        (["parameters=64", "seconds<2", "steps=12"], "1234"),
    ],
)
def test_conditions_choose(runs, conditions, names):
    assert "".join(run.name for run in select(runs, map(read_condition, conditions))) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mnist", "is no condition"),
        ("=mnist", "is no condition"),
        ("", "is no condition"),
        ("accuracy>high", "which is no number"),
        ("accuracy>90 %", "accuracies are 0 to 1"),
        ("optimizer.lr=0.1", r"no run has 'optimizer.lr' \(did you mean learning_rate\?\)"),
        ("acuracy>0.5", "did you mean accuracy"),
        ("status=failed", r"'failed' is no status \(known: pending, running, completed, stopped early, "),
        ("status!=[1]", "is no status"),
        ("dataset==mnist", r"== does not compare; known: .* \(did you mean dataset=mnist\?\)"),
        ("accuracy=>0.5", r"=> does not compare; known: .* \(did you mean accuracy>=0.5\?\)"),
        ("accuracy=<0.5", r"\(did you mean accuracy<=0.5\?\)"),
        ("seed=!3", r"\(did you mean seed!=3\?\)"),
        ("seed<>3", r"<> does not compare; known: <=, >=, !=, =, <, >$"),
        ("network.first=0", r"no run has 'network.first'$"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(runs, text, message):
    with pytest.raises(UsageError, match=message):
        select(runs, [read_condition(text)])


def test_a_value_that_is_no_yaml_is_refused():
    with pytest.raises(ConfigError, match=r"network\.0\.kernel=\[3, 3.* \[ "):
        read_condition("network.0.kernel=[3, 3")


def test_where_there_are_no_runs_no_key_is_unknown():
    assert select([], [read_condition("anything=1")]) == []


@pytest.mark.parametrize(
    ("key", "names", "reverse"),
    [
        (None, "54321", "12345"),
        ("accuracy", "14325", "23415"),
        ("seed", "34215", "12345"),
        ("status", "51234", "41235"),
        ("test_loss", "12345", "12345"),
        ("optimizer.type", "31245", "12435"),
    ],
)
def test_runs_are_ordered_and_what_is_not_known_is_last(runs, key, names, reverse):
    def order(**options):
        return "".join(run.name for run in ordered(runs, key, **options))

    if key == "optimizer.type":
        assert order()[0] == "3"
        assert order(reverse=True)[3:] == "35"
    else:
        assert (order(), order(reverse=True)) == (names, reverse)
    with pytest.raises(UsageError, match="no run has 'x'"):
        ordered(runs, "x")


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=8))
def test_the_order_does_not_depend_on_the_order_before(accuracies):
    measured = [None if a is None else Measurement(step=1, loss=1, accuracy=a) for a in accuracies]
    facts = {"run": Run(Path(__file__)), "status": "completed", "evaluated_on": "validation"}
    runs = [Overview(**facts, best=best) for best in measured]
    found = [fact(run, "accuracy") for run in ordered(runs, "accuracy")]
    known = [a for a in found if a is not None]
    assert known == sorted(a for a in accuracies if a is not None)
    assert found[len(known) :] == [None] * (len(runs) - len(known))


def test_cells_are_one_line_and_those_of_a_broken_sweep_are_not(tmp_path):
    write_run(tmp_path / "20260101-a")
    cells = [({"seed": 0}, {"accuracy": 0.4}), ({"seed": 1}, {"accuracy": 0.6}), ({"seed": 2}, None)]
    sweep = write_sweep(tmp_path / "sweep-x", {"seed": [0, 1, 2]}, cells)
    lines = collapse(overviews(tmp_path))
    assert [(line.name, line.cells) for line in lines] == [("20260101-a", None), ("sweep-x", (2, 3))]
    assert (lines[1].status, lines[1].validation.accuracy) == ("stopped", 0.6)
    chosen = select(overviews(tmp_path), [read_condition("seed=0")])
    assert [(line.cells, line.chosen) for line in ordered(collapse(chosen))] == [((1, 3), 1), (None, None)]
    assert [line.name for line in ordered(lines, reverse=True)] == ["20260101-a", "sweep-x"]
    (sweep.path / "sweep.json").write_text("")
    names = [line.name for line in collapse(overviews(tmp_path))]
    assert names == ["20260101-a", "sweep-x", *(f"sweep-x/cells/00{n}" for n in range(3))]


def test_the_order_of_conditions_does_not_matter(runs):
    conditions = [read_condition(text) for text in ("accuracy>0.4", "seed<3", "dataset=random")]
    chosen = [select(runs, order) for order in itertools.permutations(conditions)]
    assert all(each == chosen[0] for each in chosen)
