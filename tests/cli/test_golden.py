"""What each command prints, word for word: one file per command in golden/.

Mistakes stand here that the commands themselves find; messages of the library are in the tests of their module.
After a change of wording: ``pytest tests/cli/test_golden.py --update-golden``, then read the diff.
"""

import re
import shutil
from pathlib import Path

import pytest
from support import ROOT
from support.experiments import write_config

GOLDEN = Path(__file__).parent / "golden"
OLD = ROOT / "tests" / "fixtures" / "runs-0.1"
FINISHED, INTERRUPTED, SWEEP = "20261130-210853-points-a320", "20261130-210858-images-baef", "sweep-sweep-b1fc35f5"

CASES = {
    "nnlab": ["--help", "", "frobnicate"],
    "train": [
        "--help",
        "small.yaml -q",
    ],
    "resume": ["--help", FINISHED],
    "extend": ["--help", f"{FINISHED} training.steps=1", f"{INTERRUPTED} training.steps=99"],
    "predict": ["--help"],
    "eval": ["--help", FINISHED, f"{INTERRUPTED} --split validation --checkpoint last"],
    "summary": ["--help", "small.yaml", "small.yaml --kernels"],
    "gradcheck": ["--help", "small.yaml --samples 0"],
    "init": ["--help", "mine.yaml", "mine.yaml", "no/such/mine.yaml"],
    "layers": ["--help", "dense", "dens"],
    "schema": ["--help"],
    "data": ["--help", "list --help", "fetch --help"],
    "runs": ["--help", "list --help", "show --help", "", "seed=77", f"show {INTERRUPTED}", f"show {SWEEP}"],
    "compare": ["--help", f"runs/{SWEEP}"],
    "sweep": ["--help", "small.yaml seed=0,1 --dry-run"],
    "verify": ["--help", INTERRUPTED],
    "reproduce": ["--help"],
    "report": ["--help"],
    "plot": ["--help", "architecture --help", "architecture small.yaml"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Make a folder with a config, and runs whose numbers and times never change."""
    monkeypatch.setenv("COLUMNS", "100")
    write_config(tmp_path)
    for name in (FINISHED, INTERRUPTED, SWEEP):
        shutil.copytree(OLD / name, tmp_path / "runs" / name)
    return tmp_path


def normalized(text, folder):
    """Return ``text`` without what differs from one machine or one day to the next."""
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"\b(?!20261130-2108)\d{8}-\d{6}-(\w+)-[0-9a-f]{4}\b", r"RUN-\1", text)
    return re.sub(r"(?<=NumPy )\S+ on [^\n]*", "VERSION on PROCESSOR", text)


def transcript(command, nnlab_, folder):
    parts = []
    for arguments in CASES[command]:
        words = [*([] if command == "nnlab" else [command]), *arguments.split()]
        code, out, err = nnlab_(*words)
        parts.append(f"$ {' '.join(['nnlab', *words])}\n{out}")
        parts += [f"--- stderr\n{err}"] if err else []
        parts += [f"--- exit code {code}\n\n"]
    return normalized("".join(parts), folder)


@pytest.mark.parametrize("command", CASES)
def test_a_command_prints_what_its_file_says(command, nnlab_, folder, request):
    file = GOLDEN / f"{command}.txt"
    printed = transcript(command, nnlab_, folder)
    if request.config.getoption("--update-golden"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(printed, encoding="utf-8")
    assert printed == file.read_text(encoding="utf-8")


def test_every_command_has_a_file(nnlab_):
    shown = re.findall(r"^  (\w+)  ", nnlab_("--help")[1], re.MULTILINE)
    assert {*shown, "nnlab"} == CASES.keys()
    assert {path.stem for path in GOLDEN.iterdir()} == CASES.keys()
