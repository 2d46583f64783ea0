"""docs/architecture.md against the code: the drawing is the import contract, and what the page names exists."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}

PATHS = sorted(set(re.findall(r"`((?:nnlab|tests|docs|configs|bench|results)/[\w./-]*)`", PAGE)))
NAMED = sorted(set(re.findall(r"`(\w+)`\s+\(`(nnlab/[\w./]+)`\)", PAGE)))
NOUNS = [
    (noun, path)
    for nouns, path in re.findall(r"^\| (`[A-Z][\w`, ]*) \| .* \| `([\w./]+)` \|$", PAGE, re.MULTILINE)
    for noun in re.findall(r"`(\w+)`", nouns)
]


def contract():
    """The layers of the import contract, top first, each as a set of packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (each["layers"] for each in settings["tool"]["importlinter"]["contracts"] if "layers" in each)
    return [set(layer.split(" | ")) for layer in layers]


def drawing():
    """The layers that the page draws, top first, each as a set of packages."""
    (block,) = re.findall(r"^```layers\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [set(re.split(r" {2,}", line)[0].split(" | ")) for line in block.splitlines()]


def defined(path):
    """The names that a file, or the files of a folder, define at their top level."""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    names = set()
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    names.add(name)
    return names


def test_the_drawing_is_the_import_contract():
    assert drawing() == contract()


def test_every_layer_of_the_drawing_says_what_it_is():
    (block,) = re.findall(r"^```layers\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert all(len(re.split(r" {2,}", line)) == 2 for line in block.splitlines())


def test_the_page_names_files_functions_and_nouns():
    assert len(PATHS) > 30
    assert len(NAMED) > 20
    assert {
        "Layer",
        "Network",
        "Experiment",
        "TrainingState",
        "Progress",
        "Sink",
        "TrainedRun",
        "FigureEntry",
    } <= {noun for noun, _ in NOUNS}


@pytest.mark.parametrize("path", PATHS)
def test_every_path_exists(path):
    assert (ROOT / path).exists()
    assert (ROOT / path).is_dir() == path.endswith("/")


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_every_function_and_class_is_where_the_page_says(name, path):
    assert name in defined(ROOT / path)


@pytest.mark.parametrize(("noun", "path"), NOUNS)
def test_every_noun_is_where_the_table_says(noun, path):
    assert noun in defined(ROOT / path)


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", PAGE))
def test_every_link_leads_somewhere(target):
    assert (ROOT / "docs" / target).exists()


@pytest.mark.parametrize("name", TEXTS)
def test_every_make_target_that_is_named_exists(name):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"`make\s([a-z-]+)`", TEXTS[name]) + re.findall(
        r"^make ([a-z-]+)", TEXTS[name], re.MULTILINE
    )
    assert targets
    assert not [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


@pytest.mark.parametrize("target", re.findall(r"\]\(((?!https?:)[^)#]+)\)", TEXTS["CONTRIBUTING.md"]))
def test_every_link_of_contributing_leads_somewhere(target):
    assert (ROOT / target).exists()
