"""``nnlab extend`` and ``init_from`` as a user meets them."""

import json
from pathlib import Path

import pytest
from support.experiments import SMALL, write_config


@pytest.fixture
def finished(nnlab_, tmp_path):
    code, out, _ = nnlab_("train", write_config(tmp_path), "-q")
    assert code == 0
    return Path(out.strip())


def test_extend_prints_the_new_run_and_how_it_relates_to_a_longer_one(nnlab_, finished):
    code, out, err = nnlab_("extend", "latest", "training.steps=15", "schedule=cosine")
    assert code == 0
    longer = Path(out.strip())
    assert longer != finished
    facts = dict(line.split(maxsplit=1) for line in err.splitlines()[:6] if not line.startswith(" "))
    assert finished.name in facts["origin"]
    assert facts["training"].startswith("from step 12 of 15")
    differences = json.loads((longer / "origin.json").read_text())["differences"]
    assert len(differences) == 1
    shown = dict(line.split(maxsplit=1) for line in nnlab_("runs", "show", longer)[1].splitlines())
    assert finished.name in shown["origin"]
    assert differences[0] in shown["extended"]
    verified = nnlab_("verify", longer, "--json")
    assert verified[0] == 0
    code, out, _ = nnlab_("reproduce", longer, "-q", "--json")
    assert (code, json.loads(out)["start"]) == (0, 12)


def test_mistakes_in_init_from_and_freeze_have_a_place(nnlab_, finished, tmp_path):
    missing = write_config(tmp_path, SMALL + "init_from: nothing\n", "missing.yaml")
    code, _, err = nnlab_("train", missing)
    assert code == 2
    assert f"{missing}:12:12: " in err
    other = SMALL.partition("network:")[0] + "network: [{type: dense, units: 3}]\ninit_from: " + str(finished)
    code, _, err = nnlab_("train", write_config(tmp_path, other + SMALL.partition("units: 3}")[2], "other.yaml"))
    assert code == 2
    assert "other.yaml:3:12: " in err
    code, _, err = nnlab_("train", write_config(tmp_path, SMALL + "freeze: [0, 1, 7]\n", "frozen.yaml"))
    assert code == 2
    assert "frozen.yaml:12:16: " in err
    assert len(list((tmp_path / "runs").iterdir())) == 1
