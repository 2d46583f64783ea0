"""Tables on a terminal: aligned, in its width, with East Asian characters counted as two columns."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nnlab.cli.output import table, wrapped

TEXTS = st.text(st.sampled_from("ab 鳥ヒ-é"), max_size=60)


def test_wide_characters_take_two_columns():
    assert table(["class", "n"], [["ア", "1"], ["カラス", "12"], ["cat", "3"]]).splitlines() == [
        "class    n",
        "----------",
        "ア       1",
        "カラス  12",
        "cat      3",
    ]


def test_the_last_row_of_a_table_with_a_total_stands_below_a_rule():
    assert table(["a", "b"], [["x", "1"], ["total", "1"]], total=True).splitlines() == [
        "a      b",
        "--------",
        "x      1",
        "--------",
        "total  1",
    ]


def test_a_table_that_is_too_wide_goes_on_below_with_its_first_column_again(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    told = table(["run", "status", "accuracy", "loss"], [["abc", "completed", "98.12 %", "0.5"]], left=2)
    assert told.splitlines() == [
        "run  status",
        "--------------",
        "abc  completed",
        "",
        "run  accuracy  loss",
        "-------------------",
        "abc   98.12 %   0.5",
    ]
    monkeypatch.setenv("COLUMNS", "80")
    assert len(table(["run", "status"], [["abc", "completed"]]).splitlines()) == 3


def test_texts_of_a_table_that_is_too_wide_are_broken_between_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    told = table(["file", "note"], [["config.yaml", "not as this nnlab writes it, but the same settings"]], left=2)
    assert told.splitlines() == [
        "file         note",
        "-" * 38,
        "config.yaml  not as this nnlab writes",
        "             it, but the same settings",
    ]


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4), st.integers(1, 3))
def test_no_line_of_a_table_of_texts_is_wider_than_the_terminal(rows, left):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "70")
        lines = table(["a", "b", "c"], rows, left=left).splitlines()
    assert max(map(cell_len, lines)) <= (70 if left == 3 else 122)  # two whole columns at most


def test_sentences_are_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert wrapped("a sentence of many short words") == "a sentence of many\nshort words"


def test_in_a_pipe_a_row_stays_one_line(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    rows = [[f"run-{i}", "completed " * 9, "98.12 %"] for i in range(3)]
    for left in (1, 3):
        lines = table(["run", "status", "accuracy"], rows, left=left).splitlines()
        assert len(lines) == 2 + 3
        assert all(f"run-{i}" in lines[2 + i] and "98.12 %" in lines[2 + i] for i in range(3))
    monkeypatch.setenv("COLUMNS", "80")
    assert len(table(["run", "status", "accuracy"], rows, left=1).splitlines()) > 2 + 3


def test_on_a_terminal_its_width_counts(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: os.terminal_size((20, 24)))
    lines = table(["run", "status", "accuracy"], [["abc", "completed", "98.12 %"]], left=2).splitlines()
    assert max(map(len, lines)) <= 20
    assert [line.split()[0] for line in lines if line.strip("-")] == ["run", "abc", "run", "abc"]
