"""verify, reproduce and resume as a user meets them."""

import json
import re
from pathlib import Path

import pytest
from support.experiments import load, stop_at, write_config

import nnlab
from nnlab.errors import Interrupted


@pytest.fixture
def stopped(tmp_path):
    """A run that was stopped at step 8 of 12."""
    with pytest.raises(Interrupted):
        nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs", report=stop_at(8))
    return nnlab.open_run("latest", tmp_path / "runs")


def damaged(run):
    way = f"nnlab verify runs/{run.name} --repair mends what can be mended"
    return f"damaged in runs/{run.name}: metrics.jsonl; {way}"


def test_verify_prints_a_table_and_what_is_usable(nnlab_, stopped):
    code, out, err = nnlab_("verify", "latest")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"file +state +note", out.splitlines()[0])
    assert re.search(r"^nnlab resume .* step 8$", out, re.MULTILINE)
    stopped.metrics.write_bytes(b"\x1b[31mred\n")
    code, out, err = nnlab_("verify", "latest")
    assert (code, err) == (4, f"error: {damaged(stopped)}\n")
    assert re.search(r"^metrics\.jsonl +damaged +.*\bline 1\b", out, re.MULTILINE)
    code, out, err = nnlab_("verify", "latest", "--json")
    assert (code, err) == (4, "")
    assert json.loads(out)["intact"] is False


def test_reproduce_tells_and_leaves_with_4_if_something_differs(nnlab_, stopped):
    code, out, err = nnlab_("reproduce", "latest", "-q")
    assert (code, out, err) == (
        0,
        "identical up to step 8: 10 records, 3 checkpoints and the summary compared\n",
        "",
    )
    records = stopped.records()
    stopped.metrics.unlink()
    from nnlab.runs import MetricsLog

    log = MetricsLog(stopped.metrics)
    for record in records:
        log.append(record | {"loss": record["loss"] + (record["step"] > 2) * 2**-10})
    log.close()
    code, out, _ = nnlab_("reproduce", "latest", "-q")
    assert code == 4
    assert out.splitlines()[:2] == [
        "different up to step 8: 10 records, 3 checkpoints and the summary compared",
        "first difference      step 3: train loss, by 0.000977",
    ]
    assert nnlab_("reproduce", "latest", "-q", "--tolerance", "0.001")[0] == 0
    code, out, _ = nnlab_("reproduce", "latest", "--json", "--steps", "2", "-q")
    assert (code, json.loads(out)["verdict"]) == (0, "identical")


def test_resume_elsewhere_is_refused_until_allowed(nnlab_, stopped):
    facts = stopped.read_json("environment.json")
    facts["blas"][0]["architecture"] = "Zen"
    stopped.write_json("environment.json", facts)
    code, out, err = nnlab_("resume", "latest", "-q")
    assert (code, out) == (4, "")
    refusal, difference, remedy = err.splitlines()
    assert refusal.startswith(f"error: runs/{stopped.name} ")
    assert difference.endswith("Zen")
    assert remedy.startswith("--allow-inexact ")
    code, out, err = nnlab_("resume", "latest", "-q", "--allow-inexact")
    assert (code, err) == (0, "")
    assert out == f"runs/{stopped.name}\n"


def test_a_run_that_is_a_link_elsewhere_is_refused_and_one_beside_it_is_another_name(nnlab_, stopped, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    stopped.path.rename(elsewhere)
    (tmp_path / "runs" / "linked").symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    for command in ("resume", "eval", "verify"):
        for address in ("runs/linked", "linked", "latest"):
            code, out, err = nnlab_(command, address)
            assert (code, out) == (4, "")
            assert f": {elsewhere}" in err
    assert sorted(elsewhere.rglob("*")) == before
    (tmp_path / "runs" / "linked").unlink()
    elsewhere.rename(tmp_path / "runs" / "real")
    (tmp_path / "runs" / "other").symlink_to("real")
    assert nnlab_("resume", "runs/other", "-q")[:2] == (0, "runs/real\n")


def test_out_of_memory_is_exit_code_5_with_what_helps(nnlab_, tmp_path):
    config, wide = write_config(tmp_path), "{type: dense, units: 10000000}"
    code, out, err = nnlab_("train", config, f"network=[{wide}, {wide}, {{type: dense, units: 3}}]", "-q")
    assert (code, out) == (5, "")
    largest = 10**7 * 10**7 + 10**7  # weights and biases
    assert re.fullmatch(rf"error: .*\bmemory\b.*\b{largest:,}\n", err)


def test_eval_says_when_the_stored_result_of_the_same_network_and_data_was_another(nnlab_, stopped, caplog):
    for _ in range(2):
        assert nnlab_("eval", "latest")[0] == 0
    assert caplog.text == ""
    record = stopped.read_json("evaluation/metrics.json")
    stopped.write_json("evaluation/metrics.json", record | {"accuracy": 0.95})
    assert nnlab_("eval", "latest")[0] == 0
    err = caplog.text
    caplog.clear()
    assert "stated an accuracy of 0.9500 and a loss of" in err
    assert f"it is now {record['accuracy']:.4f} and {record['loss']:.4f}" in err
    stopped.write_json("evaluation/metrics.json", record | {"accuracy": 0.95, "fingerprint": "0" * 64})
    assert nnlab_("eval", "latest")[0] == 0
    assert caplog.text == ""


def test_verify_takes_many_runs_and_folders_and_ends_with_a_verdict(nnlab_, stopped, tmp_path):
    nnlab_("eval", "latest")
    code, out, _ = nnlab_("verify", "latest")
    assert (code, out.splitlines()[-1]) == (0, "verdict: intact, evaluated again")
    assert nnlab_("verify", "latest", "--quick")[1].splitlines()[-1] == "verdict: intact, not evaluated again"
    second = nnlab.train(load(tmp_path), runs_dir=tmp_path / "runs")
    code, out, err = nnlab_("verify", stopped.name, second.name)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "2 runs: 2 intact, 0 damaged"
    second.metrics.write_bytes(b"nonsense\n")
    code, out, err = nnlab_("verify", "runs", "--quick")
    assert code == 4
    assert out.splitlines()[-1] == "2 runs: 1 intact, 1 damaged"
    assert f"runs/{second.name}: damaged: metrics.jsonl" in out
    assert err == f"error: {damaged(second)}\n"
    code, out, _ = nnlab_("verify", "runs/", "--json", "--quick")
    found = json.loads(out)
    assert (code, found["intact"]) == (4, False)
    intact = {Path(each["run"]).name: each["intact"] for each in found["runs"]}
    assert intact == {stopped.name: True, second.name: False}


def test_repair_mends_first_and_says_what_was_lost(nnlab_, stopped):
    (stopped.path / "summary.json").write_text("{")
    code, out, err = nnlab_("verify", "latest", "--repair", "--json")
    told = json.loads(out)
    assert code == 0
    assert (
        [made["file"] for made in told["repairs"]]
        == [made["file"] for made in told["repaired"]]
        == ["summary.json"]
    )
    assert told["not_repaired"] == []
    assert err == (
        "repaired summary.json: set aside; lost: how the training run ended; "
        "the damaged file is kept as summary.json.damaged-1\n"
    )
    code, out, _ = nnlab_("verify", "latest")
    assert (code, out.splitlines()[-1]) == (0, "verdict: intact, evaluated again; repaired: summary.json")
    code, out, _ = nnlab_("runs", "show", "latest")
    assert re.search(r"^repaired +summary\.json: set aside; ", out, re.MULTILINE)


def test_a_run_without_its_config_is_repaired_by_its_path(nnlab_, stopped):
    stopped.config.unlink()
    code, _, err = nnlab_("eval", f"runs/{stopped.name}")
    assert (code, f"nnlab verify runs/{stopped.name} --repair" in err) == (4, True)
    code, out, err = nnlab_("resume", f"runs/{stopped.name}", "--repair", "-q")
    assert (code, out) == (0, f"runs/{stopped.name}\n")
    assert err.startswith("repaired config.yaml: rebuilt from ")


def test_reproduce_does_not_miss_records_that_a_repair_lost(nnlab_, stopped):
    lines = stopped.metrics.read_bytes().splitlines(keepends=True)
    stopped.metrics.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    assert nnlab_("verify", "latest", "--repair")[0] == 0
    code, out, _ = nnlab_("reproduce", "latest", "-q")
    assert (code, out.startswith("identical up to step 8: 8 records, ")) == (0, True)


def test_verify_says_how_a_missing_config_is_rebuilt(nnlab_, tmp_path):
    assert nnlab_("train", write_config(tmp_path), "-q")[0] == 0
    (run,) = (tmp_path / "runs").iterdir()
    (run / "config.yaml").unlink()
    code, out, err = nnlab_("verify", run)
    assert (code, out) == (4, "")
    assert f"nnlab verify {run} --repair" in err
    assert nnlab_("verify", run, "--repair")[0] == 0
    assert nnlab_("verify", run)[0] == 0
