"""A comparison as a document: the same numbers as ``nnlab compare``, what differs marked, nothing left untold."""

import json
import re

import pytest
from support.written import write_run, write_sweep

from nnlab import files
from nnlab.comparison import compare, find_runs, tables
from nnlab.errors import RunError
from nnlab.report.comparison_document import comparison_report
from nnlab.report.content import Code, Comment, Facts, Picture, Prose, Table

pytestmark = pytest.mark.slow

MANY = "data.validation=1000"  # enough examples to tell settings apart
HOSTILE = "<script>alert(1)</script> $x$ \u202e"


@pytest.fixture
def root(tmp_path):
    """Two learning rates of three seeds each, with curves."""
    root = tmp_path / "runs"
    for rate, accuracies in ((0.01, (0.50, 0.60, 0.70)), (0.1, (0.53, 0.62, 0.74))):
        for seed, accuracy in enumerate(accuracies):
            changes = (f"optimizer.learning_rate={rate}", f"seed={seed}", MANY)
            write_run(root / f"2026-{rate}-{seed}", *changes, accuracy=accuracy, test=accuracy - 0.1)
    return root


def report(root, *addresses, folder=None):
    found = find_runs(addresses or [f"2026-{rate}-{seed}" for rate in (0.01, 0.1) for seed in range(3)], root)
    return comparison_report(found, folder), found


def blocks(document, kind):
    return [block for section in document.sections for block in section.blocks if isinstance(block, kind)]


def table(document, name):
    return next(block for block in blocks(document, Table) if block.name == name)


def texts(document):
    return "\n".join(block.text for block in blocks(document, Prose))


def test_the_tables_are_those_of_the_command(root):
    document, found = report(root)
    compared = compare(found.runs)
    expected = [*tables.accuracies(compared), tables.costs(compared.settings)]
    assert [table(document, name).rows for name in ("accuracy-1", "accuracy-2", "costs")] == [
        tuple(tuple(type(row[0])(cell.text, cell.number) for cell in each) for each in one.rows)
        for one, row in zip(expected, [table(document, "costs").rows[0]] * 3, strict=True)
    ]
    mean = table(document, "accuracy-1").rows[1][1]
    assert (mean.text, mean.number) == ("63.00", pytest.approx(0.63))
    assert document.title == "small: a comparison"
    assert document.subtitle == "6 runs of 2 settings, which differ in optimizer.learning_rate"
    conclusion = next(iter(tables.remarks(compared)))
    assert "learning_rate = 0.1" in conclusion
    assert f"{conclusion[0].upper()}{conclusion[1:]}." in texts(document)


def test_what_is_not_as_in_the_reference_is_marked(root):
    write_run(root / "wide", MANY, "optimizer.learning_rate=0.1", "network.0.filters=9")
    document, _ = report(root, "wide", "2026-0.1-0", "2026-0.01-0")
    found = table(document, "differences")
    marked = {
        (row[0].text, column)
        for row in found.rows
        for column, cell in zip(found.columns, row, strict=True)
        if cell.marked
    }
    filters = "network.0.filters (conv2d)"
    assert marked == {("B", filters), ("C", filters), ("C", "optimizer.learning_rate")}
    shared = dict(blocks(document, Facts)[0].rows)
    assert (shared["optimizer"], shared["reference"]) == ("sgd", "A")
    assert "learning rate" not in shared


def test_more_keys_than_settings_stand_in_rows(root):
    write_run(
        root / "other", MANY, "optimizer.learning_rate=7", "training.clip_norm=3", "loss.label_smoothing=0.1"
    )
    found = table(report(root, "2026-0.1-0", "other")[0], "differences")
    assert found.columns[0] == "setting"
    assert len(found.columns) == 3
    assert {row[0].text for row in found.rows} >= {"optimizer.learning_rate", "training.clip_norm"}
    assert all(row[2].marked and not row[1].marked and not row[0].marked for row in found.rows)


def test_without_a_seed_in_common_there_is_no_difference(root):
    write_run(root / "alone", MANY, "optimizer.learning_rate=7", "seed=9")
    found = table(report(root, "2026-0.1-0", "2026-0.01-0", "alone")[0], "accuracy-1")
    assert [row[5].text for row in found.rows] == ["reference", "-3.00", ""]


def test_no_winner_where_a_tie_is_possible(root):
    document, found = report(root, "2026-0.1-0", "2026-0.01-0")
    comparison = compare(found.runs)
    assert comparison.verdict.best is None
    assert comparison.conclusion[1:] in texts(document)


def test_broken_missing_unfinished_and_failed_runs_are_told(root):
    write_run(root / "cut", MANY, "optimizer.learning_rate=0.1", "seed=7", status="interrupted")
    (root / "2026-0.1-1" / "config.yaml").write_text("[")
    (root / "2026-0.1-2" / "metrics.jsonl").write_text('{"step": 1}\n')
    (root / "2026-0.1-2" / "test-ledger.jsonl").write_text("nothing\n")
    addresses = [*sorted(path.name for path in root.iterdir()), "nowhere"]
    document, _ = report(root, *addresses)
    told = texts(document)
    assert "Left out: 'nowhere' " in told
    assert "Left out because it is broken: 2026-0.1-1: config.yaml " in told
    assert re.search(r"\bcut is interrupted\b[^:]*\b12\b[^:]*\b50\.00 %", told)
    assert "The curves of 2026-0.1-2 are left out: " in told
    rows = {row[0].text: row for row in table(document, "runs").rows}
    assert rows["cut"][2].marked
    assert not rows["2026-0.1-0"][2].marked
    assert rows["2026-0.1-2"][7].text == "ledger damaged"
    assert rows["2026-0.1-0"][7].text == "not recorded"
    assert rows["cut"][7].text == "0"
    assert all(block.warning for block in blocks(document, Prose) if block.text.startswith(("Left", "cut")))


def test_looks_at_the_test_set_are_counted(root):
    entries = [{"cause": "x", "step": 9, "accuracy": 0.5}, {"cause": "t", "step": 12, "accuracy": 0.5, "every": 4}]
    lines = "".join(json.dumps({"when": "2026", **entry}) + "\n" for entry in entries)
    (root / "2026-0.1-0" / "test-ledger.jsonl").write_text(lines)
    looks = table(report(root, "2026-0.1-0")[0], "runs").rows[0][7]
    assert (looks.text, looks.number) == ("4 (3 in training)", 4)


def test_links_lead_to_reports_where_there_are_some(root):
    (root / "2026-0.1-0" / "report.html").touch()
    document, _ = report(root, "2026-0.1-0", "2026-0.01-0", folder=root / "elsewhere")
    addresses = [row[0].address for row in table(document, "runs").rows]
    assert addresses == ["../2026-0.1-0/report.html", "../2026-0.01-0"]
    assert {row[0].address for row in table(report(root)[0], "runs").rows} == {""}


def test_a_sweep_is_called_by_its_name_and_its_failures_are_told(tmp_path):
    cells = [({"optimizer.learning_rate": rate, "seed": 0}, {"accuracy": 0.5}) for rate in (0.1, 0.2)]
    sweep = write_sweep(tmp_path / "sweep-x", {"optimizer.learning_rate": [0.1, 0.2], "seed": [0]}, cells)
    told = json.loads((sweep.path / "sweep.json").read_text())
    told["cells"][1] |= {"status": "failed", "error": "a stone"}
    files.write_json(sweep.path / "sweep.json", told)
    document, _ = report(tmp_path, "sweep-x")
    assert document.title == "rates, a sweep"
    assert "Failed: 001: a stone." in texts(document)
    assert blocks(document, Code)[0].text == f"nnlab compare \\\n    {sweep.path}"


def test_hostile_names_come_as_they_are_and_commands_quote_them(root):
    path = root / "a b;rm $x$"
    write_run(path, f"name={json.dumps(HOSTILE)}", test=0.5)
    document, _ = report(root, str(path), "2026-0.1-0")
    assert HOSTILE in document.title
    assert f"nnlab reproduce '{path}'" in blocks(document, Code)[1].text
    assert {picture.name for picture in blocks(document, Picture)} == {"accuracies", "courses"}
    assert [comment.name for comment in blocks(document, Comment)] == ["choice", "courses-differ"]


def test_curves_are_called_as_the_settings_are(root):
    write_run(root / "wide", MANY, "optimizer.learning_rate=0.1", "network.0.filters=9")
    document, _ = report(root, "wide", "2026-0.1-0", "2026-0.01-0")
    curves = next(block for block in blocks(document, Picture) if block.name == "courses")
    (legend,) = curves.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["A", "B", "C"]


def test_of_runs_that_have_not_begun_there_is_little_to_say(tmp_path):
    write_sweep(tmp_path / "sweep-x", {"seed": [0]}, [({"seed": 0}, None)])
    document, _ = report(tmp_path, "sweep-x")
    assert [section.name for section in document.sections] == ["settings", "results", "runs", "reproduction"]
    assert blocks(document, Picture) == []
    assert len(blocks(document, Code)) == 1


def test_where_nothing_can_be_compared_an_error_says_why(root):
    (root / "2026-0.1-1" / "config.yaml").write_text("[")
    with pytest.raises(RunError, match=r"2026-0\.1-1"):
        report(root, "2026-0.1-1")


def test_many_settings_have_the_first_commands(tmp_path):
    for number in range(21):
        write_run(tmp_path / f"r{number:02}", f"optimizer.learning_rate={number + 1}")
    document, _ = report(tmp_path, *(f"r{number:02}" for number in range(21)))
    assert blocks(document, Code)[1].text.count("\n") == 19
    assert "Reproduction of one run of each setting, of the first 20 settings, compared" in texts(document)
