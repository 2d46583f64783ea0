"""A run does not depend on the working directory, and reading a finished run needs no data."""

import json
import shutil

import pytest
from support.own_data import MLP, save_points

import nnlab
from nnlab.config import load_config


@pytest.fixture
def folder(tmp_path):
    """A config in a folder of its own, beside its data."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "mlp.yaml").write_text(MLP)
    save_points(tmp_path / "work" / "own.npz")
    return tmp_path / "work"


@pytest.fixture
def run(nnlab_, folder, tmp_path):
    """A run in the folder runs, trained from the parent of the config's folder."""
    assert nnlab_("train", "work/mlp.yaml", "-q")[0] == 0
    return nnlab.open_run("latest", tmp_path / "runs")


@pytest.fixture
def gone(run, folder):
    """A run that was evaluated, and whose data are gone."""
    nnlab.evaluate(run)
    (folder / "own.npz").unlink()
    return run


def test_a_path_is_relative_to_the_config_that_states_it(folder, tmp_path, monkeypatch):
    here = str(folder / "own.npz")
    monkeypatch.chdir(tmp_path)
    assert load_config("work/mlp.yaml").data.path == here
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "more.yaml").write_text("extends: ../work/mlp.yaml\nseed: 3\n")
    assert load_config("deep/more.yaml").data.path == here
    (tmp_path / "deep" / "set.yaml").write_text("extends: ../work/mlp.yaml\nset: {data.path: ../work/own.npz}\n")
    assert load_config("deep/set.yaml").data.path == here
    (tmp_path / "deep" / "root.yaml").write_text("extends: ../work/mlp.yaml\ndata: {root: files}\n")
    assert load_config("deep/root.yaml").data.root == str(tmp_path / "deep" / "files")


def test_a_path_on_the_command_line_is_relative_to_the_current_folder(folder, tmp_path, monkeypatch):
    save_points(tmp_path / "elsewhere" / "mine.npz")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_config("../work/mlp.yaml", "data.path=mine.npz").data.path == str(tmp_path / "elsewhere/mine.npz")


def test_a_home_directory_is_written_out(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    config = load_config(folder / "mlp.yaml", "data.path=~/work/own.npz")
    assert config.data.path == str(folder / "own.npz")


def test_a_run_works_from_any_folder_and_its_config_repeats_it(nnlab_, run, folder, monkeypatch):
    assert f"path: {folder / 'own.npz'}" in run.config.read_text()
    monkeypatch.chdir("/")
    assert nnlab_("eval", run.path)[0] == 0
    assert nnlab_("verify", run.path)[0] == 0
    code, _, _ = nnlab_("train", run.config, "-q", "--runs-dir", folder / "again")
    assert code == 0
    again = nnlab.open_run("latest", folder / "again")
    assert again.config.read_bytes() == run.config.read_bytes()
    weights = [each.load("last").group("params") for each in (run, again)]
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])


def test_the_cells_of_a_sweep_state_absolute_paths(nnlab_, folder, tmp_path):
    save_points(folder / "b.npz")
    (folder / "sweep.yaml").write_text("config: mlp.yaml\ngrid: {data.path: [own.npz, b.npz]}\n")
    assert nnlab_("sweep", "work/sweep.yaml", "-q")[0] == 0
    cells = sorted(tmp_path.glob("runs/*/cells/*/config.yaml"))
    assert [load_config(cell).data.path for cell in cells] == [str(folder / "own.npz"), str(folder / "b.npz")]


@pytest.mark.parametrize(
    "command",
    [
        "summary",
        "plot curves",
        "plot architecture",
        "plot filters",
        "plot confusion",
        "plot calibration",
        "report",
        "runs show",
        "compare",
        "verify",
    ],
)
def test_reading_a_finished_run_needs_no_data(nnlab_, gone, command):
    code, out, err = nnlab_(*command.split(), "latest")
    assert code == 0, err
    assert out


def test_the_report_says_what_is_left_out_and_where_the_data_were_looked_for(nnlab_, gone, folder):
    code, _, _ = nnlab_("report", "latest", "--format", "md")
    page = (gone.path / "report-md" / "report.md").read_text()
    assert code == 0
    assert "Parts that need the data are left out" in page
    assert f"there is no {folder / 'own.npz'}" in page.replace("\\", "")
    assert "The test results are left out" not in page


def test_what_needs_the_data_says_where_they_were_looked_for(nnlab_, gone, folder):
    for command in ("eval", "reproduce"):
        code, out, err = nnlab_(command, "latest")
        assert (code, out) == (3, "")
        assert f"there is no {folder / 'own.npz'}, which data.path names" in err


def test_verify_calls_the_data_missing_and_the_config_intact(nnlab_, gone, folder):
    code, out, _ = nnlab_("verify", "latest", "--json")
    states = {each["file"]: (each["state"], each["note"]) for each in json.loads(out)["files"]}
    assert (code, states["config.yaml"][0], states["the data"][0]) == (0, "intact", "missing")
    assert str(folder / "own.npz") in states["the data"][1]


def test_data_that_moved_are_found_again_once_the_config_of_the_run_says_where(nnlab_, run, folder, tmp_path):
    shutil.move(folder / "own.npz", tmp_path / "moved.npz")
    text = run.config.read_text()
    run.config.write_text(text.replace(str(folder / "own.npz"), "../../moved.npz"))
    assert nnlab_("eval", "latest")[0] == 0
    code, out, _ = nnlab_("verify", "latest", "--json")
    assert (code, json.loads(out)["intact"]) == (0, True)


def test_a_missing_path_is_named_by_its_absolute_path(nnlab_, folder, tmp_path):
    code, _, err = nnlab_("train", "work/mlp.yaml", "data.path=no.npz", "-q")
    assert code == 2
    assert f"data.path: there is no {tmp_path / 'no.npz'}" in err
    (folder / "mlp.yaml").write_text(MLP.replace("type: arrays, path: own.npz", "type: mnist, root: nothing"))
    code, _, err = nnlab_("train", "work/mlp.yaml", "network.2.units=10", "-q")
    assert code == 3
    assert f"there is no folder {folder / 'nothing'}, which data.root names" in err


def test_a_relative_path_of_an_earlier_version_is_found_in_the_folder_where_it_was_meant(nnlab_, run, folder):
    run.config.write_text(run.config.read_text().replace(str(folder / "own.npz"), "work/own.npz"))
    environment = run.read_json("environment.json")
    del environment["dataset"]  # earlier versions did not describe the data
    run.write_json("environment.json", environment)
    assert nnlab_("eval", "latest")[0] == 0
    code, out, _ = nnlab_("verify", "latest", "--json")
    assert (code, json.loads(out)["intact"]) == (0, True)
