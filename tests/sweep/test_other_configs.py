"""Cells whose configs are not those that the sweep laid out: ``verify`` and a sweep that goes on notice them."""

import pytest
from support.experiments import SMALL, write_config

import nnlab
from nnlab.errors import RunError
from nnlab.integrity import verify
from nnlab.runs.locking import locked
from nnlab.runs.sweeps import read_sweep
from nnlab.sweep import Processes, lay_out, load_plan, run_sweep


@pytest.fixture
def plan(tmp_path):
    return load_plan(write_config(tmp_path, SMALL), ("seed=0..2",))


@pytest.fixture
def sweep(plan, tmp_path):
    return lay_out(plan, tmp_path / "runs")


class NoProcesses(Processes):
    """An executor that must not be asked for anything."""

    def start(self, job):
        pytest.fail(f"{job.directory} was started")


def exchange(a, b):
    a.run.path.rename(a.run.path.with_name("aside"))
    b.run.path.rename(a.run.path)
    a.run.path.with_name("aside").rename(b.run.path)


def noted(sweep):
    return {
        cell.run.name: each.note
        for cell in read_sweep(sweep.path).cells
        for each in verify(cell.run, quick=True).findings
        if each.state == "damaged"
    }


@pytest.mark.parametrize("begun", [0, 1, 2])
def test_exchanged_folders_are_noticed(sweep, begun):
    for cell in sweep.cells[:begun]:
        nnlab.resume(cell.run)
    assert noted(sweep) == {}
    first, second, _ = sweep.cells
    exchange(first, second)
    assert sorted(noted(sweep)) == [first.run.name, second.run.name]
    with pytest.raises(RunError) as refused:
        run_sweep(sweep, NoProcesses(1))
    assert all(f"cells/{cell.run.name}/config.yaml" in str(refused.value) for cell in (first, second))
    exchange(first, second)
    assert noted(sweep) == {}


def test_an_edited_config_of_a_pending_cell_is_noticed_and_can_be_written_again(sweep, plan, tmp_path):
    nnlab.resume(sweep.cells[0].run)
    config = sweep.cells[1].run.config
    config.write_text(config.read_text().replace("learning_rate: 0.05", "learning_rate: 0.5"))
    assert list(noted(sweep)) == [sweep.cells[1].run.name]
    with pytest.raises(RunError) as refused:
        run_sweep(sweep, NoProcesses(1))
    assert str(refused.value).count("config.yaml: ") == 1
    config.unlink()
    lay_out(plan, tmp_path / "runs")
    assert noted(sweep) == {}


def test_cells_that_began_are_their_own_wherever_the_sweep_lies(sweep, tmp_path):
    nnlab.resume(sweep.cells[0].run)
    moved = tmp_path / "moved"
    sweep.path.rename(moved)
    with locked(moved):
        assert [cell.problem for cell in read_sweep(moved).cells] == [None] * 3
