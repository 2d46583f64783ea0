"""Results belong to the data of the run: other data are refused, or used and labelled as such on request."""

import json

import pytest
from support.own_data import MLP, points, save_points

import nnlab
from nnlab.errors import DataError, OtherDataError
from nnlab.runs.ledger import read_ledger


@pytest.fixture
def run(tmp_path, nnlab_):
    """A run on own.npz in the current folder."""
    (tmp_path / "mlp.yaml").write_text(MLP)
    save_points(tmp_path / "own.npz")
    assert nnlab_("train", "mlp.yaml", "-q")[0] == 0
    return nnlab.open_run("latest", tmp_path / "runs")


def other(tmp_path):
    """Put other test examples, and training examples of another spread, where the run found its own."""
    arrays = points()
    train, test = arrays["train_inputs"], arrays["test_inputs"]
    save_points(tmp_path / "own.npz", train_inputs=9 * train, test_inputs=test[::-1].copy())


def test_eval_refuses_other_data_and_names_split_digests_and_option(nnlab_, run, tmp_path):
    assert nnlab_("eval", "latest")[0] == 0
    was = run.read_json("environment.json")["data"]["test"]
    before = read_ledger(run.path)
    other(tmp_path)
    code, out, err = nnlab_("eval", "latest")
    assert (code, out) == (3, "")
    now = nnlab.evaluation.TrainedRun(run, other_data=True).dataset.digests()["test"]
    assert f"test (here {now[:8]}, was {was[:8]})" in err
    assert "train (here " in err
    assert str(run.path.absolute()) in err
    assert "--other-data" in err
    assert read_ledger(run.path) == before


def test_on_request_other_data_are_evaluated_labelled_and_stored_apart(nnlab_, run, tmp_path):
    nnlab_("eval", "latest")
    own = (run.evaluation / "metrics.json").read_bytes()
    accuracy = json.loads(own)["accuracy"]
    other(tmp_path)
    code, out, _ = nnlab_("eval", "latest", "--other-data")
    assert code == 0
    digest = nnlab.evaluation.TrainedRun(run, other_data=True).dataset.digests()["test"]
    was = run.read_json("environment.json")["data"]["test"]
    assert out.splitlines()[1] == f"other data: examples {digest[:8]}, not {was[:8]} of the run"
    assert "looked at once; 1 evaluation on other data\n" in out
    assert "repeats a look" not in out
    assert (run.evaluation / "metrics.json").read_bytes() == own
    apart = json.loads((run.evaluation / f"other-{digest[:8]}" / "metrics.json").read_text())
    assert (apart["other_data"], apart["data"]) == (digest, digest)
    assert apart["accuracy"] < accuracy
    assert [entry.other_data for entry in read_ledger(run.path).entries] == [None, digest[:12]]
    code, out, _ = nnlab_("eval", "latest", "--other-data", "--json")
    assert (code, json.loads(out)["other_data"]) == (0, digest)


def test_the_normalization_is_that_of_training_whatever_training_examples_are_there(nnlab_, run, tmp_path):
    own = json.loads(nnlab_("eval", "latest", "--json")[1])
    save_points(tmp_path / "own.npz", train_inputs=9 * points()["train_inputs"])
    code, out, _ = nnlab_("eval", "latest", "--other-data", "--json")
    assert (code, json.loads(out)["accuracy"], json.loads(out)["loss"]) == (0, own["accuracy"], own["loss"])
    (run.path / "normalization.safetensors").unlink()
    code, out, err = nnlab_("eval", "latest", "--other-data")
    assert (code, out) == (3, "")
    assert "does not hold the normalization" in err


def test_with_the_data_of_the_run_the_option_changes_nothing(nnlab_, run):
    code, out, _ = nnlab_("eval", "latest", "--other-data")
    assert (code, "other data" in out) == (0, False)
    assert (run.evaluation / "metrics.json").is_file()


@pytest.mark.parametrize(
    "command",
    [
        ("report", "latest"),
        ("plot", "misclassified", "latest"),
        ("plot", "confusion", "latest"),
        ("compare", "latest", "--test"),
    ],
)
def test_every_command_that_evaluates_refuses_other_data(nnlab_, run, tmp_path, command):
    other(tmp_path)
    code, out, err = nnlab_(*command)
    assert (code, out) == (3, "")
    assert "the examples are not those of" in err
    assert not (run.path / "test-ledger.jsonl").exists()


def test_the_library_refuses_other_data(run, tmp_path):
    other(tmp_path)
    with pytest.raises(OtherDataError):
        nnlab.evaluate(run)
    with pytest.raises(DataError):
        nnlab.evaluate(run, split="validation")
    assert nnlab.evaluate(run, other_data=True).other_data


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (points(features=5), "inputs of the shape [5], the network of the run takes [4]"),
        (points(classes=2), "classes of the other data, 0, 1, are not those of the run, 0, 1, 2"),
    ],
)
def test_other_data_that_do_not_fit_the_network_are_refused(nnlab_, run, tmp_path, changes, said):
    save_points(tmp_path / "own.npz", **changes)
    code, out, err = nnlab_("eval", "latest", "--other-data")
    assert (code, out) == (3, "")
    assert said in err
