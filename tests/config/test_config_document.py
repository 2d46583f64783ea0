"""Files joined by ``extends`` and overrides from the command line."""

import os
import re

import pytest

from nnlab.config import Experiment, validate
from nnlab.config.config_document import read_document, read_file
from nnlab.config.nodes import plain
from nnlab.errors import ConfigError, SystemFault, UsageError


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def read(path, *overrides):
    document = read_document(path, overrides)
    assert not document.problems, document.problems
    return plain(document.root)


def refused(path, *overrides):
    try:
        problems = read_document(path, overrides).problems
    except ConfigError as error:
        problems = error.problems
    assert problems
    return "\n".join(str(problem) for problem in problems)


def test_mappings_merge_and_lists_are_replaced(write):
    write("base.yaml", "optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}\nnetwork: [a, b]\nseed: 3\n")
    path = write("child.yaml", "extends: base.yaml\noptimizer: {learning_rate: 0.5}\nnetwork: [c]\n")
    assert read(path) == {
        "name": "child",
        "optimizer": {"type": "sgd", "learning_rate": 0.5, "momentum": 0.9},
        "network": ("c",),
        "seed": 3,
    }


def test_another_type_replaces_the_options_of_the_old_one(write):
    write("base.yaml", "optimizer: {type: sgd, learning_rate: 0.1, momentum: 0.9}\n")
    path = write("child.yaml", "extends: base.yaml\noptimizer: {type: adam, learning_rate: 1e-3}\n")
    assert read(path)["optimizer"] == {"type": "adam", "learning_rate": 0.001}


def test_names_are_not_inherited(write):
    write("base.yaml", "name: base\nseed: 1\n")
    assert read(write("child.yaml", "extends: base.yaml\n"))["name"] == "child"
    assert read(write("named.yaml", "extends: base.yaml\nname: mine\n"))["name"] == "mine"


def test_a_value_keeps_the_place_of_its_own_file(write):
    write("base.yaml", "# one\n# two\nseed: 3\n")
    path = write("child.yaml", "extends: base.yaml\nother: 1\n")
    document = read_document(path)
    assert document.at("seed")[1].source.endswith("base.yaml")
    assert document.at("seed")[1].line == 3
    assert document.at("other")[1].source.endswith("child.yaml")


def test_extends_looks_beside_the_file_that_says_it(write, tmp_path):
    (tmp_path / "sub").mkdir()
    write("base.yaml", "seed: 1\n")
    write("sub/middle.yaml", "extends: ../base.yaml\n")
    assert read(write("sub/top.yaml", "extends: middle.yaml\n"))["seed"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: self.yaml\n", "leads back to itself"),
        ("extends: missing.yaml\n", "self.yaml:1:10: extends: no config"),
        ("extends: [a, b]\n", "expected the name of one file"),
        ("extends: 5\n", "expected the name of one file"),
    ],
)
def test_extends_that_leads_nowhere(write, text, message):
    assert message in refused(write("self.yaml", text))


def test_a_long_chain_of_extends_is_refused(write):
    write("0.yaml", "seed: 1\n")
    for i in range(1, 30):
        write(f"{i}.yaml", f"extends: {i - 1}.yaml\n")
    assert "more than 10 files" in refused(write("top.yaml", "extends: 29.yaml\n"))


def test_overrides_reach_into_mappings_and_lists(write):
    path = write("c.yaml", "network:\n  - {type: conv2d, filters: 8}\n  - relu\noptimizer: {learning_rate: 0.1}\n")
    data = read(
        path,
        "network.0.filters=32",
        "network.1.slope=0.2",
        "optimizer.learning_rate=1e-3",
        "training.steps=5",
        "data={type: mnist, validation: 10}",
        "title=a=b",
        "optimizer.momentum=null",
    )
    assert data["network"] == ({"type": "conv2d", "filters": 32}, {"type": "relu", "slope": 0.2})
    assert data["optimizer"] == {"learning_rate": 0.001, "momentum": None}
    assert data["training"] == {"steps": 5}
    assert data["data"] == {"type": "mnist", "validation": 10}
    assert data["title"] == "a=b"


def test_an_override_does_not_change_what_shares_its_anchor(write):
    path = write("c.yaml", "a: &x {n: 1}\nb: *x\n")
    assert read(path, "a.n=2") == {"name": "c", "a": {"n": 2}, "b": {"n": 1}}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("network.7.filters=1", "'7'"),
        ("network.x=1", "'x'"),
        ("network." + "9" * 5000 + "=1", f"'{'9' * 40}...'"),
        ("seed.part=1", "seed is 3, which has no parts"),
        ("seed", "expected KEY=VALUE"),
        ("=1", "expected KEY=VALUE"),
        ("a..b=1", "expected KEY=VALUE"),
        ("seed=[1, 2", " [ "),
        ("seed={a: 1, a: 2}", "'a'"),
        ("seed={a: !!python/name:os.system x}", "tag"),
    ],
)
def test_errors_in_overrides_name_the_override(write, override, message):
    told = refused(write("c.yaml", "seed: 3\nnetwork: [{type: dense}]\n"), override)
    assert message in told
    assert told.startswith(f"override {override!r}")


def test_no_such_file_suggests_a_neighbour(write):
    path = write("mnist.yaml", "seed: 1\n")
    with pytest.raises(UsageError, match=r"did you mean mnist\.yaml\?"):
        read_document(path.with_name("mnits.yaml"))


def test_what_is_not_a_config_is_refused_in_time_and_space(write, tmp_path):
    with pytest.raises(UsageError, match="is a directory"):
        read_document(tmp_path)
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        os.truncate(file.fileno(), 100 * 2**20)
    assert "larger than 1 MiB" in refused(big)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refused(binary)
    assert "a config is a mapping" in refused(write("list.yaml", "[1, 2]\n"))


def test_a_nul_in_the_path_is_an_error_not_a_crash(tmp_path):
    with pytest.raises((UsageError, SystemFault)):
        read_document(tmp_path / "a\x00b.yaml")


def test_a_missing_config_is_likened_to_the_names_beside_it_not_to_their_endings(tmp_path):
    (tmp_path / "24_notmap.yaml").write_text("a: 1")
    with pytest.raises(UsageError, match=r"no config .*base\.yaml \(known: 24_notmap\.yaml;"):
        read_document(tmp_path / "base.yaml")
    with pytest.raises(UsageError, match=r"did you mean 24_notmap\.yaml\?"):
        read_document(tmp_path / "24_notmpa.yaml")


def test_a_key_of_a_section_is_found_for_one_that_stands_alone(write):
    path = write("c.yaml", "network: [relu]\noptimizer: {type: sgd, learning_rate: 0.1}\n")
    told = [str(problem) for problem in validate(read_document(path, ("lr=0.2",)), Experiment).problems]
    assert any("unknown key 'lr' (did you mean optimizer.learning_rate?)" in each for each in told)


TRAINED = "network: [a, b, c]\ntraining: {epochs: 3, batch_size: 4}\n"


@pytest.mark.parametrize(
    ("override", "training"),
    [
        ("training.steps=300", {"steps": 300, "batch_size": 4}),
        ("training.epochs=5", {"epochs": 5, "batch_size": 4}),
        ("training.steps=null", {"steps": None, "epochs": 3, "batch_size": 4}),
    ],
)
def test_an_override_of_the_length_of_training_replaces_the_other_one(write, override, training):
    assert read(write("c.yaml", TRAINED), override)["training"] == training


def test_two_overrides_of_the_length_of_training_are_both_kept(write):
    training = read(write("c.yaml", TRAINED), "training.steps=300", "training.epochs=5")["training"]
    assert training == {"steps": 300, "epochs": 5, "batch_size": 4}


def test_a_config_may_set_dotted_keys_in_its_base(write):
    write("base.yaml", "network: [a, {type: b, c: 1}]\ntraining: {epochs: 3}\nseed: 0\n")
    text = (
        "extends: base.yaml\nseed: 2\nset: {network.1.c: 2, network.+2: d, network.0: null, training.steps: 9}\n"
    )
    assert read(write("child.yaml", text)) == {
        "name": "child",
        "network": ({"type": "b", "c": 2}, "d"),
        "training": {"steps": 9},
        "seed": 2,
    }
    grandchild = write("grandchild.yaml", "extends: child.yaml\nset: {network.+2: e}\n")
    assert read(grandchild, "network.0.c=3")["network"] == ({"type": "b", "c": 3}, "d", "e")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("set: {network.7: d}", r"child\.yaml:2:7: network .*'7'"),
        ("set: {a..b: 1}", r"child\.yaml:2:7: .*optimizer\.learning_rate"),
        ("set: 5", r"child\.yaml:2:1: set: expected a mapping of dotted keys to values"),
    ],
)
def test_a_mistake_in_what_a_config_sets_is_at_its_place(write, text, message):
    write("base.yaml", "network: [a]\n")
    assert re.search(message, refused(write("child.yaml", f"extends: base.yaml\n{text}\n")))


def test_a_sweep_may_extend_a_sweep_and_set_other_keys(write):
    write("base.yaml", "config: c.yaml\nset: {a.b: 1, c: 2}\n")
    document = read_file(write("child.yaml", "extends: base.yaml\nset: {c: 3}\n"))
    assert document.is_sweep
    assert plain(document.root)["set"] == {"a.b": 1, "c": 3}
