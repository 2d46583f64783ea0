"""What is damaged is not all lost: each file of a run is mended from the others, and nothing more is claimed."""

import json
import shutil

import pytest
from support.experiments import load, stop_at

import nnlab
from nnlab.errors import Interrupted
from nnlab.integrity import repair, verify
from nnlab.runs import Run, read_checkpoint
from nnlab.runs.directory import find_damaged
from nnlab.runs.metrics_log import scan

STOPPED = 8
WHOLE = ("metrics.jsonl", "config.yaml", "checkpoints/index.json", "summary.json", "test-ledger.jsonl")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of 12 steps, evaluated, and one that was stopped at step 8."""
    folder = tmp_path_factory.mktemp("made")
    config = load(folder, "training.monitor=loss")
    finished = nnlab.train(config, runs_dir=folder / "finished")
    nnlab.evaluate(finished)
    with pytest.raises(Interrupted):
        nnlab.train(config, runs_dir=folder / "stopped", report=stop_at(STOPPED))
    return {"finished": finished, "stopped": nnlab.open_run("latest", folder / "stopped")}


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made["finished"].path, tmp_path / "run")
    return Run(tmp_path / "run")


@pytest.fixture
def stopped(made, tmp_path):
    shutil.copytree(made["stopped"].path, tmp_path / "stopped")
    return Run(tmp_path / "stopped")


def flip(path, *places):
    content = bytearray(path.read_bytes())
    for place in places:
        content[place] ^= 2
    path.write_bytes(content)


def last_parameters(run):
    return {name: array.tobytes() for name, array in run.load("last").arrays.items()}


def lines(run):
    return run.metrics.read_bytes().splitlines(keepends=True)


def assert_mended(run):
    """Nothing is damaged any more, and everybody who looks is told of the repair."""
    found = verify(run)
    assert found.damaged == ()
    assert found.repairs
    assert "; repaired: " in found.verdict
    assert repair(run).repairs == ()
    return found


def test_an_intact_run_is_left_as_it_is(run):
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    outcome = repair(run)
    assert (outcome.repairs, outcome.others) == ((), ())
    assert before == {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("place", [0, 0.3, 0.5, 0.999])
def test_one_flipped_bit_of_the_log_is_flipped_back(run, place):
    whole = run.metrics.read_bytes()
    flip(run.metrics, int(place * len(whole)))
    outcome = repair(run)
    assert [(made.file, made.lost, made.kept) for made in outcome.repairs] == [
        ("metrics.jsonl", "", "metrics.jsonl.damaged-1")
    ]
    assert run.metrics.read_bytes() == whole
    assert_mended(run)


@pytest.mark.parametrize("bit", [0, 2, 3, 5])
def test_a_line_that_was_joined_with_the_next_or_broken_in_two_is_flipped_back(run, bit):
    whole = run.metrics.read_bytes()
    content = bytearray(whole)
    content[len(lines(run)[0]) - 1] ^= 1 << bit
    run.metrics.write_bytes(content)
    repair(run)
    assert run.metrics.read_bytes() == whole
    broken = whole.replace(b'"split": "train"', b'"split":\n"train"', 1)  # two bits: this one is lost
    run.metrics.write_bytes(broken)
    repair(run)
    assert len(scan(run.metrics).lost) == 1


def losses(run):
    [made] = [made for made in repair(run).repairs if made.file == "metrics.jsonl"]
    return made.lost


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        (
            lambda old: [*old[:3], b"x" + old[3][1:-40] + b"y" + old[3][-39:], *old[4:]],
            "the validation record of step 3",
        ),
        (lambda old: [*old[:1], *old[2:]], "the training records of steps 2, 3"),
        (lambda old: old[:-1], "the validation record of step 12"),
        (lambda old: [*old[:-1], old[-1][:50]], "the validation record of step 12"),
    ],
)
def test_what_of_the_log_cannot_be_proven_is_lost_and_named(run, damage, lost):
    old = lines(run)
    run.metrics.write_bytes(b"".join(damage(old)))
    assert losses(run) == lost
    assert run.metrics.stat().st_size == sum(map(len, old))
    found = assert_mended(run)
    [note] = [each.note for each in found.findings if each.file == "metrics.jsonl"]
    assert "were lost" in note
    assert {json.dumps(record) for record in run.records()} <= {
        json.dumps({key: value for key, value in json.loads(line).items() if key != "check"}) for line in old
    }


def test_a_deleted_log_is_replaced_by_the_statement_that_it_is_lost(run):
    size = run.metrics.stat().st_size
    run.metrics.unlink()
    assert losses(run) == "12 training records of steps 1 to 12 and the validation records of steps 3, 6, 9, 12"
    assert (run.metrics.stat().st_size, run.records()) == (size, [])
    assert_mended(run)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["metrics.jsonl", "config.yaml", "checkpoints/index.json", "summary.json", "all"])
@pytest.mark.parametrize("kind", ["deleted", "damaged"])
def test_a_repaired_run_goes_on_to_the_bits_of_an_undisturbed_one(made, stopped, name, kind):
    for each in WHOLE[:4] if name == "all" else [name]:
        path = stopped.path / each
        if kind == "deleted":
            path.unlink()
        else:
            flip(path, 0, 1, path.stat().st_size // 2)
    repair(find_damaged(str(stopped.path), stopped.path.parent))
    if not (name == "summary.json" and kind == "deleted"):
        assert verify(stopped).damaged == ()
    nnlab.resume(stopped)
    assert last_parameters(stopped) == last_parameters(made["finished"])
    assert verify(stopped).damaged == ()


def test_a_config_is_rebuilt_with_the_settings_and_what_is_not_known_is_said(run):
    whole = run.config.read_bytes()
    flip(run.config, 3, 5)
    [made] = repair(run).repairs
    assert (made.file, made.lost, run.config.read_bytes()) == ("config.yaml", "", whole)
    run.config.unlink()
    [made] = repair(run).repairs
    assert made.lost.startswith("compute and logging")
    assert run.config.read_bytes() == whole
    assert [each.file for each in assert_mended(run).repairs] == ["config.yaml", "config.yaml"]


def test_an_edited_config_is_put_back(run):
    whole = run.config.read_text()
    run.config.write_text(whole.replace("learning_rate: 0.05", "learning_rate: 0.5").replace("seed: 0", "seed: 1"))
    repair(run)
    assert run.config.read_text() == whole
    assert "learning_rate: 0.5" in (run.path / "config.yaml.damaged-1").read_text()


def test_a_summary_is_rebuilt_to_the_same_numbers(run):
    path = run.path / "summary.json"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"steps": 12', b'"steps": 11'))
    repair(run)
    assert path.read_bytes() == whole
    path.unlink()
    repair(run)
    assert path.read_bytes() == whole


def test_a_summary_of_a_run_that_did_not_end_is_not_made_up(stopped):
    flip(stopped.path / "summary.json", 0, 1)
    [made] = repair(stopped).repairs
    assert (made.how, made.lost) == ("set aside", "how the training run ended")
    assert not (stopped.path / "summary.json").exists()


def test_the_index_names_the_best_checkpoint_that_training_chose(run):
    path = run.path / "checkpoints" / "index.json"
    whole = json.loads(path.read_text())
    flip(path, 0)
    repair(run)
    assert json.loads(path.read_text()) == whole


def test_the_best_checkpoint_is_restored_from_a_state_of_the_same_step_only(run):
    [best] = (run.path / "checkpoints").glob("best-*")
    whole = read_checkpoint(best)
    flip(best, -1)
    outcome = repair(run)
    states = {each.step for each in map(read_checkpoint, (run.path / "checkpoints").glob("step-*"))}
    if whole.step in states:
        again = read_checkpoint(best).arrays
        assert {name: array.tobytes() for name, array in again.items()} == {
            name: array.tobytes() for name, array in whole.arrays.items()
        }
    else:
        assert outcome.repairs == ()
        assert [file for file, _ in outcome.others] == [f"checkpoints/{best.name}", "checkpoints/index.json"]
        assert not (run.path / "checkpoints" / f"{best.name}.damaged-1").exists()


def test_a_damaged_state_is_set_aside_for_the_one_before(made, stopped):
    newest = stopped.path / "checkpoints" / f"step-{STOPPED:08d}.safetensors"
    flip(newest, -1)
    files = [each.file for each in repair(stopped).repairs]
    assert files == [f"checkpoints/{newest.name}", "checkpoints/index.json"]
    nnlab.resume(stopped)
    assert last_parameters(stopped) == last_parameters(made["finished"])


def test_an_environment_is_read_as_far_as_it_can_be(run):
    path = run.path / "environment.json"
    whole = run.read_json("environment.json")
    text = path.read_bytes()
    flip(path, text.index(b'"cpu"') + 4)
    [made] = repair(run).repairs
    assert made.how == "one flipped bit flipped back, as its check proves"
    told = run.read_json("environment.json")
    assert {key: value for key, value in told.items() if key != "repaired"} == whole
    told["threads"] = "many"
    path.write_text(json.dumps(told))
    made = repair(run).repairs[-1]
    assert made.lost == "threads"
    assert len(run.read_json("environment.json")["repaired"]) == 2
    path.unlink()
    made = repair(run).repairs[-1]
    assert "versions" in made.lost
    assert [each.file for each in verify(run).repairs] == ["environment.json"]


def test_a_ledger_keeps_its_entries_and_gets_back_those_that_evaluations_prove(run):
    path = run.path / "test-ledger.jsonl"
    [whole] = path.read_bytes().splitlines(keepends=True)
    flip(path, 10)
    assert repair(run).repairs[0].lost == ""
    assert path.read_bytes() == whole
    other = whole.replace(b'"step":', b'"other_data":"0123456789ab","step":')
    path.write_bytes(whole.replace(b"{", b"[") + other)
    made = repair(run).repairs[0]
    assert made.lost.startswith("1 entries")
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["step"], first["other_data"]) == (json.loads(whole)["step"], "0123456789ab")
    assert (second["step"], second["accuracy"]) == (json.loads(whole)["step"], json.loads(whole)["accuracy"])
    assert {each.file for each in verify(run).repairs} == {"test-ledger.jsonl"}


def test_a_damaged_evaluation_is_set_aside(run):
    flip(run.path / "evaluation" / "metrics.json", 0, 1)
    [made] = repair(run).repairs
    assert made.how == "set aside"
    assert not (run.path / "evaluation" / "metrics.json").exists()
    assert (run.path / "evaluation" / "metrics.json.damaged-1").exists()


def test_every_damaged_file_is_kept_under_a_name_of_its_own(run):
    contents = []
    for place in (0, 1):
        flip(run.metrics, place, place + 100)
        contents.append(run.metrics.read_bytes())
        repair(run)
    assert [(run.path / f"metrics.jsonl.damaged-{number}").read_bytes() for number in (1, 2)] == contents


def test_a_folder_in_the_place_of_a_file_is_moved_aside(run):
    run.metrics.unlink()
    run.metrics.mkdir()
    (run.metrics / "file").touch()
    repair(run)
    assert (run.path / "metrics.jsonl.damaged-1" / "file").exists()
    assert_mended(run)


def test_a_lost_environment_or_config_without_a_checkpoint_is_not_made_up(stopped):
    for path in (stopped.path / "checkpoints").iterdir():
        path.unlink()
    flip(stopped.config, 3, 5)
    outcome = repair(stopped)
    assert "config.yaml" in dict(outcome.others)
    assert "config.yaml" not in [each.file for each in outcome.repairs]
