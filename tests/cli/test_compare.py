"""``nnlab compare`` as a user meets it."""

import csv
import io
import json
import re

import pytest
from support.experiments import SMALL, write_config
from support.written import write_run, write_sweep

from nnlab.comparison import compare, find_runs

MANY = SMALL.replace("validation: 10", "validation: 1000")


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    """Lay tables out as on a terminal."""
    monkeypatch.setenv("COLUMNS", "80")


def words(text):
    """The text on one line, however it is wrapped."""
    return " ".join(text.split())


@pytest.fixture
def runs(tmp_path):
    """Two learning rates of three seeds each, and one run of another network."""
    root = tmp_path / "runs"
    for rate, accuracies in ((0.01, (0.50, 0.60, 0.70)), (0.1, (0.53, 0.62, 0.74))):
        for seed, accuracy in enumerate(accuracies):
            changes = (f"optimizer.learning_rate={rate}", f"seed={seed}")
            write_run(root / f"2026-{rate}-{seed}", *changes, accuracy=accuracy, test=accuracy - 0.1, text=MANY)
    write_run(root / "2027-wide", "optimizer.learning_rate=0.1", "network.0.filters=9", accuracy=0.5, text=MANY)
    return root


def test_settings_are_compared_over_seeds(nnlab_, runs):
    code, out, err = nnlab_("compare", *sorted(path for path in runs.iterdir() if path.name.startswith("2026")))
    assert (code, err) == (0, "")
    assert out.startswith(
        "6 runs of 2 settings, which differ in optimizer.learning_rate\n\nsettings and their runs\n"
    )
    assert re.search(r"^learning_rate = 0.01 +\(reference\) +0, 1, 2 +2026-0.01-0,", out, re.MULTILINE)
    assert re.search(r"^learning_rate = 0.1 +optimizer.learning_rate: ", out, re.MULTILINE)
    assert "-> 0.1 " in words(out)
    assert re.search(r"^learning_rate = 0.01 +60.00 +10.00 +35.16 to 84.84 +3 +reference$", out, re.MULTILINE)
    row = r"^learning_rate = 0.1 +63.00 +10.54 +36.83 to 89.17 +3 +\+3.00$"
    assert re.search(row, out, re.MULTILINE)
    assert re.search(r"^learning_rate = 0.1 +\+0.52 to \+5.48 +3 +better$", out, re.MULTILINE)
    assert "validation accuracy, % (settings are chosen by it)" in out
    assert "test accuracy, % (for the report; not used for choosing)" in out
    assert re.search(
        r"^learning_rate = 0.1 +1.0000 \(0.0000\) +1.5000 \(0.0000\) +64 +12 +0:02$", out, re.MULTILINE
    )
    assert "by validation accuracy, learning_rate = 0.1 " in out
    assert " of learning_rate = 0.1, which was not used for the choice: 53.00 % (sd 10.54" in words(out)
    assert "not corrected" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_what_differs_is_told_in_a_table_where_names_do_not_tell_it(nnlab_, runs):
    code, out, _ = nnlab_("compare", "2027", "2026-0.1-0", "2026-0.01-0")
    assert code == 0
    assert re.search(r"^A +\(reference\) +0 +2027-wide$", out, re.MULTILINE)
    assert re.search(r"^B +network.0.filters \(conv2d\): 9 -> 3 +0 +2026-0.1-0$", out, re.MULTILINE)
    assert re.search(
        r"^C +network.0.filters \(conv2d\): 9 -> 3; +0 +2026-0.01-0\n +optimizer.learning_rate: 0.1 ->",
        out,
        re.MULTILINE,
    )
    assert "intervals are not corrected for comparing 3 settings" in out
    assert "it does not cover other seeds" in words(out)


def test_a_variant_in_batch_size_is_told_by_the_examples_it_saw(nnlab_, tmp_path):
    for size in (8, 32):
        write_run(tmp_path / "runs" / f"b{size}", f"training.batch_size={size}", accuracy=0.5)
    code, out, err = nnlab_("compare", "b8", "b32")
    assert code == 0
    assert re.fullmatch(r"warning: batch_size = 32 .*\b4\b.* batch_size = 8\n", err)
    assert re.search(r"^setting +val. loss +parameters +steps +examples +time$", out, re.MULTILINE)
    assert re.search(r"^batch_size = 32 +1.0000 +64 +12 +384 +0:02$", out, re.MULTILINE)
    assert "(no choice possible here)" in out
    assert compare(find_runs(["b8", "b32"], tmp_path / "runs").runs).conclusion in words(out)


def test_where_nothing_has_finished_there_is_no_empty_table(nnlab_, tmp_path):
    write_run(tmp_path / "runs" / "a", status="interrupted")
    code, out, err = nnlab_("compare", "a")
    assert (code, err.startswith("warning: a is interrupted")) == (0, True)
    assert out.startswith("1 run of 1 setting\n\nsettings and their runs\n")
    assert re.search(r"\(reference\)          a\n\n.+\n$", out)
    assert "accuracy, %" not in out


def test_many_and_long_differences_keep_lines_short(nnlab_, tmp_path):
    layers = "network=[" + "{type: dense, units: 3}, " * 30 + "]"
    keys = ("optimizer.learning_rate=7", "training.clip_norm=3", "loss.label_smoothing=0.1", layers)
    for name, changes in (("a", ()), ("b", keys)):
        for seed in range(9):
            write_run(tmp_path / "runs" / f"{name}{seed}", *changes, f"seed={seed}", status="interrupted")
    _, out, err = nnlab_("compare", *(tmp_path / "runs").iterdir())
    assert re.match(r"18 runs of 2 settings, which differ in .* and 1 more settings", words(out))
    assert "6 more are unfinished" in err
    assert max(map(len, out.splitlines())) <= 80


def test_one_run_alone_is_reported(nnlab_, runs):
    code, out, err = nnlab_("compare", "2027")
    assert (code, err) == (0, "")
    assert out.startswith("1 run of 1 setting\n\n")
    assert compare(find_runs(["2027"], runs).runs).conclusion in words(out)
    assert "difference" not in out


def test_a_broken_run_does_not_stop_the_others(nnlab_, runs):
    (runs / "2026-0.1-1" / "config.yaml").write_text("[")
    code, out, err = nnlab_("compare", *sorted(runs.iterdir()), "nothing")
    assert code == 0
    assert "warning: 'nothing' " in err
    assert re.search(r"warning: 2026-0.1-1 .*config.yaml.* line 1: ", " ".join(err.split()))
    assert out.startswith("6 runs of 3 settings")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing", "missing"], 4, "'nothing' "),
        (["2026-0.1-1"], 4, "2026-0.1-1: config.yaml"),
        (["2026"], 4, " 6 runs"),
        (["2027", "--json", "--csv"], 2, "exclude each other"),
        ([], 2, "Missing argument"),
    ],
)
def test_mistakes_cost_a_message(nnlab_, runs, arguments, code, message):
    (runs / "2026-0.1-1" / "config.yaml").write_text("[")
    left, out, err = nnlab_("compare", *arguments)
    assert (left, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_json_and_csv_hold_the_same_numbers(nnlab_, runs):
    addresses = [f"2026-{rate}-{seed}" for rate in (0.01, 0.1) for seed in range(3)] + ["2027"]
    told = json.loads(nnlab_("compare", *addresses, "--json")[1])
    code, out, _ = nnlab_("compare", *addresses, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["setting"] for row in rows] == [setting["name"] for setting in told["settings"]]
    assert [row["optimizer.learning_rate"] for row in rows] == ["0.01", "0.1", "0.1"]
    for row, setting in zip(rows, told["settings"], strict=True):
        for measure in ("validation_accuracy", "test_accuracy", "seconds"):
            found = setting["results"].get(measure, {"mean": "", "interval": None})
            assert row[f"{measure}_mean"] == str(found["mean"])
            assert [row[f"{measure}_low"], row[f"{measure}_high"]] == [
                str(b) for b in found["interval"] or ("", "")
            ]
    assert rows[1]["validation_accuracy_difference_n"] == "3"
    assert rows[0]["validation_accuracy_difference_n"] == ""


def test_a_sweep_is_compared_as_its_cells(nnlab_, tmp_path):
    cells = [
        ({"variant": name, "optimizer.learning_rate": rate, "seed": seed}, {"accuracy": accuracy})
        for name, rate, accuracy in (("as it is", 0.1, 0.5), ("slower", 0.01, 0.4))
        for seed in (0, 1)
    ]
    write_sweep(tmp_path / "runs" / "sweep-x", {"variant": ["as it is", "slower"], "seed": [0, 1]}, cells)
    code, out, err = nnlab_("compare", "sweep-x")
    assert (code, err) == (0, "")
    assert re.search(r"^as it is +\(reference\) +0, 1 +000, 001$", out, re.MULTILINE)
    assert re.search(r"^slower +optimizer.learning_rate: 0.1 -> 0.01 +0, 1 +002, 003$", out, re.MULTILINE)
    assert re.search(r"^slower +40.00 +0.00 ", out, re.MULTILINE)


def test_what_is_missing_is_evaluated_if_asked(nnlab_, tmp_path):
    nnlab_("train", write_config(tmp_path), "-q")
    assert "test accuracy, %" not in nnlab_("compare", "latest")[1]
    code, told, err = nnlab_("compare", "latest", "--test")
    assert code == 0
    assert re.match(r"\S+: test accuracy \d+\.\d\d %\n", err)
    assert "test accuracy, %" in told
    assert nnlab_("compare", "latest", "--test")[2] == ""


def test_names_cannot_steer_the_terminal(nnlab_, tmp_path):
    write_run(tmp_path / "runs" / "a\x1b[31m", 'name="\\e[31m[red]"', status="interrupted")
    write_run(tmp_path / "runs" / "b", 'name="\\e[32m"')
    _, out, err = nnlab_("compare", tmp_path / "runs" / "a\x1b[31m", "b", "c\x1b")
    assert "\x1b" not in out + err


def test_runs_are_kept_apart_on_request(nnlab_, runs):
    code, out, _ = nnlab_("compare", "2026-0.01-0", "2026-0.01-1", "2026-0.1-0", "--each")
    assert code == 0
    assert out.startswith("3 runs of 3 settings, which differ in optimizer.learning_rate, seed\n")
    assert re.search(r"^2026-0.01-1 +seed: 0 -> 1 +1 +2026-0.01-1$", out, re.MULTILINE)
    assert re.search(r"^2026-0.01-1 +60.00 +56.93 to 62.99 +1 +reference|^2026-0.01-1 +60.00 ", out, re.MULTILINE)


def test_the_seeds_needed_stand_beside_what_cannot_be_told(nnlab_, tmp_path):
    for rate, accuracies in ((0.01, (0.50, 0.60, 0.70)), (0.1, (0.50, 0.62, 0.70))):
        for seed, accuracy in enumerate(accuracies):
            changes = (f"optimizer.learning_rate={rate}", f"seed={seed}")
            write_run(tmp_path / "runs" / f"{rate}-{seed}", *changes, accuracy=accuracy, text=MANY)
    code, out, _ = nnlab_("compare", *(tmp_path / "runs").iterdir())
    assert code == 0
    assert re.search(r"^setting +95 % interval +pairs +verdict +seeds needed$", out, re.MULTILINE)
    assert re.search(r"^learning_rate = \S+ +[-+]\d\.\d\d to [-+]\d\.\d\d +3 +cannot tell +26$", out, re.MULTILINE)
