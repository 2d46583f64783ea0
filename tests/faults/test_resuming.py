"""What was begun goes on as it began, or is refused with every difference listed."""

import pytest

from faults import tiny
from faults.aftermath import differences


@pytest.fixture
def stopped(folder, children, undisturbed):
    """A run that was killed after its first checkpoint."""
    _, calls = undisturbed
    run = tiny.lay_out(folder)
    at = 1 + next(at for at, call in enumerate(calls) if call.name == "saved")
    children.run("resume", run.path, "-q", folder=folder, root=str(run.path), at=at, kind="kill")
    return run


def snapshot(run):
    """Return all content of a run but the lock, which tells nothing."""
    return {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file() and ".lock" not in path.name}


def change_environment(run, change):
    facts = run.read_json("environment.json")
    change(facts)
    run.write_json("environment.json", facts)


def test_in_the_same_environment_it_ends_in_the_same_bits(stopped, folder, children, undisturbed):
    assert children.run("resume", stopped.path, "-q", folder=folder).code == 0
    assert not differences(stopped, undisturbed[0])


CHANGES = {
    "NumPy": lambda facts: facts["versions"].update(numpy="1.99.0"),
    "BLAS core type": lambda facts: facts["blas"][0].update(architecture="Abacus"),
    "BLAS": lambda facts: facts["blas"][0].update(version="0.0.1"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_in_another_environment_it_is_refused_unless_told(stopped, folder, children, what):
    change_environment(stopped, CHANGES[what])
    before = snapshot(stopped)
    ended = children.run("resume", stopped.path, "-q", folder=folder)
    assert (ended.code, ended.is_plain) == (4, True)
    assert f"\n  {what}: " in ended.err
    assert snapshot(stopped) == before
    assert children.run("resume", stopped.path, "-q", "--allow-inexact", folder=folder).code == 0
    noted = stopped.read_json("environment.json")["resumed"]
    assert [each["what"] for note in noted for each in note["differences"]] == [what]


def test_with_another_config_or_other_data_it_is_refused(stopped, folder, children):
    original = stopped.config.read_text()
    stopped.config.write_text(
        original.replace("learning_rate: 0.1", "learning_rate: 0.2").replace("rate: 0.5", "rate: 0.4")
    )
    before = snapshot(stopped)
    ended = children.run("resume", stopped.path, "-q", "--allow-inexact", folder=folder)
    assert (ended.code, ended.is_plain) == (4, True)
    assert "optimizer.learning_rate" in ended.err
    assert "network" in ended.err
    assert snapshot(stopped) == before
    stopped.config.write_text(original)
    change_environment(stopped, lambda facts: facts["data"].update(train="0" * 64))
    before = snapshot(stopped)
    ended = children.run("resume", stopped.path, "-q", "--allow-inexact", folder=folder)
    assert (ended.code, ended.is_plain) == (4, True)
    assert "train data" in ended.err
    assert snapshot(stopped) == before


@pytest.mark.parametrize("address", ["../x", "/etc", "a\0b", "a\nb", "r" * 300, "", "."])
def test_an_address_that_is_no_run_touches_nothing(folder, children, address):
    tiny.lay_out(folder)
    before = sorted(folder.rglob("*"))
    for command in ("resume", "verify", "eval"):
        ended = children.run(command, address, folder=folder)
        expected = {0} if (command, address) == ("verify", ".") else {2, 4}  # it takes folders of runs
        assert (ended.code in expected, ended.is_plain) == (True, True), ended
    assert sorted(folder.rglob("*")) == before


def test_a_run_directory_that_is_a_link_elsewhere_is_refused(folder, children):
    (folder / "elsewhere").mkdir()
    run = tiny.lay_out(folder / "elsewhere")
    (folder / "runs").mkdir()
    link = folder / "runs" / "link"
    link.symlink_to(run.path)
    before = sorted(folder.rglob("*"))
    for address in (link, "link", "latest"):
        ended = children.run("resume", address, folder=folder)
        assert (ended.code, ended.is_plain) == (4, True), ended
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("checkpoints", ("resume",)),
        ("checkpoints", ("eval",)),
        ("checkpoints", ("verify",)),
        ("evaluation", ("eval",)),
        ("evaluation/validation", ("eval", "--split", "validation")),
        ("figures", ("plot", "curves")),
    ],
)
def test_a_folder_that_is_a_link_is_not_followed(stopped, folder, children, name, command):
    elsewhere, place = folder / "elsewhere", stopped.path / name
    elsewhere.mkdir()
    if place.is_dir():
        place.rename(elsewhere / name)
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere / name)
    (elsewhere / name).mkdir(parents=True, exist_ok=True)
    before = sorted((path, path.lstat().st_mtime_ns) for path in elsewhere.rglob("*"))
    ended = children.run(*command, stopped.path, folder=folder)
    assert (ended.code, ended.is_plain) == (4, True), ended
    assert f" {place} " in ended.err
    assert sorted((path, path.lstat().st_mtime_ns) for path in elsewhere.rglob("*")) == before
    assert not (stopped.path / "test-ledger.jsonl").exists()


@pytest.mark.parametrize("name", [".lock", ".lock.holder", "metrics.jsonl"])
def test_a_link_in_the_place_of_a_file_is_not_followed(folder, children, name):
    run = tiny.lay_out(folder)
    precious = folder / "precious"
    precious.write_text("mine")
    (run.path / name).symlink_to(precious)
    ended = children.run("resume", run.path, "-q", folder=folder)
    assert ended.is_plain
    assert ended.code in {0, 4}
    assert precious.read_text() == "mine"
