"""Configs that come with nnlab are found by name."""

from pathlib import Path

import pytest
from support import CONFIGS

from nnlab.config import load_config, read_document, shipped
from nnlab.config.shipped import names_config, shipped_configs
from nnlab.errors import UsageError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_names_are_those_of_the_files():
    files = {path.relative_to(CONFIGS).as_posix().removesuffix(".yaml") for path in CONFIGS.rglob("*.yaml")}
    assert shipped_configs().keys() == files
    assert {"mnist", "arithmetic/dense", "sweeps/mnist_mlp_seeds"} <= files


@pytest.mark.parametrize("name", ["mnist", "cifar10_improved", "arithmetic/dense"])
def test_a_name_means_the_shipped_file(name):
    assert load_config(name) == load_config(CONFIGS / f"{name}.yaml")
    assert names_config(name)


def test_a_file_of_that_name_comes_first(tmp_path):
    (tmp_path / "mnist").write_text("seed: 77\n")
    assert list(read_document(Path("mnist")).root.entries) == ["name", "seed"]


def test_a_run_directory_of_that_name_is_not_taken_for_a_config(tmp_path):
    (tmp_path / "glyphs").mkdir()
    assert not names_config("glyphs")


@pytest.mark.parametrize("target", ["latest", "2026", "x" * 300, "a\0b"])
def test_what_is_no_name_is_a_run(target):
    assert not names_config(target)


@pytest.mark.parametrize(
    ("given", "meant"), [("mnst", "mnist"), ("mnist.yaml", "mnist"), ("configs/glyphs.yaml", "glyphs")]
)
def test_a_missing_file_is_matched_with_a_shipped_name(given, meant):
    with pytest.raises(UsageError) as caught:
        load_config(given)
    assert f" {meant}," in str(caught.value)


def test_an_unknown_name_costs_the_list_of_names():
    with pytest.raises(UsageError) as caught:
        load_config("qqqqqq")
    assert all(name in str(caught.value) for name in shipped_configs())


def test_an_installed_package_has_its_own_copy(tmp_path, monkeypatch):
    package = tmp_path / "site" / "nnlab"
    (package / "configs").mkdir(parents=True)
    (package / "configs" / "other.yaml").write_text("seed: 1\n")
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert shipped_configs() == {"other": package / "configs" / "other.yaml"}


def test_configs_beside_another_package_are_not_taken(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "alien.yaml").write_text("seed: 1\n")
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "nnlab")
    assert shipped_configs() == {}
