"""The README works as it is written."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(heading, language, index=0):
    """The fenced block number ``index`` in ``language`` under ``heading``."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language][index]


def run(command, cwd, package=ROOT):
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        shell=isinstance(command, str),
        env={
            **os.environ,
            "PYTHONPATH": str(package),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        },
    )


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    return tmp_path


@pytest.mark.slow
def test_every_command_of_the_tour_works(folder):
    commands = [line.partition("#")[0].strip() for line in block("Five minutes", "sh").splitlines()]
    assert commands[0] == ". .venv/bin/activate"
    for command in commands[1:]:
        done = run(command.replace("nnlab", f"{sys.executable} -m nnlab", 1), folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout


@pytest.mark.slow
def test_the_example_config_is_valid(folder):
    (folder / "mine.yaml").write_text(block("Writing a config", "yaml"))
    done = run([sys.executable, "-m", "nnlab", "summary", "mine.yaml", "--json"], folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "mnist"


@pytest.mark.slow
def test_the_error_messages_are_what_one_gets(folder):
    text = "data: {type: mnist}\noptimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1}\nnetwork:\n"
    text += "  - {type: conv2d, filters: 16, kernal: 5, padding: 2}\n  - {type: avgpool2d, size: 4}\n\n  - relu\n"
    text += "  - {type: conv2d, filters: 16, kernel: 9}\n  - {type: dense, units: 10}\n"
    (folder / "my.yaml").write_text(text)
    told = run([sys.executable, "-m", "nnlab", "train", "my.yaml"], folder).stderr
    assert told.rstrip() == block("Writing a config", "").rstrip()


@pytest.mark.slow
def test_the_new_layer_is_checked_documented_and_trained(folder):
    shutil.copytree(ROOT / "nnlab", folder / "nnlab", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "nnlab/nn/layers/swish.py").write_text(block("Adding a layer", "python", 0))
    with (folder / "nnlab/nn/layers/__init__.py").open("a") as file:
        file.write(block("Adding a layer", "python", 1))

    def nnlab(*arguments):
        return run([sys.executable, "-m", "nnlab", *arguments], folder, package=folder)

    checks = json.loads(nnlab("gradcheck", "--json").stdout)
    assert [check["ok"] for check in checks if check["layer"].startswith("swish")] == [True, True]
    assert "beta: number = 1.0" in nnlab("layers", "swish").stdout
    trained = nnlab("train", "configs/glyphs.yaml", "network.1={type: swish, beta: 2}", "training.steps=2", "-q")
    assert trained.returncode == 0, trained.stderr
    wrong = nnlab("train", "configs/glyphs.yaml", "network.1={type: swish, beta: two}")
    assert re.search(r"network\[1\]\.beta: .*'two'", wrong.stderr)


@pytest.mark.slow
def test_the_python_example_runs(folder):
    done = run([sys.executable, "-c", block("From Python", "python")], folder)
    assert done.returncode == 0, done.stderr
    assert re.match(r"0\.\d+ \{'class': '3'", done.stdout)


def test_every_link_and_image_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_every_registered_name_is_in_the_table():
    from nnlab import registry

    for kind in ("LAYERS", "LOSSES", "OPTIMIZERS", "SCHEDULES", "INITIALIZERS", "DATASETS", "NORMALIZATIONS"):
        for name in getattr(registry, kind).names():
            assert re.search(rf"\b{name}\b", README), name
