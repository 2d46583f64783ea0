"""The wheel, installed into an empty environment, has all it needs."""

import json
import os
import subprocess
import sys
import venv
import zipfile

import pytest
from support import CONFIGS, ROOT

pytestmark = pytest.mark.slow

UNREACHABLE = ("No matching distribution", "Could not find a version", "ConnectionError", "Max retries exceeded")


def run(*command, cwd=None):
    """Run a command that sees neither this checkout nor this environment's packages."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "NNLAB", "COV"))
    }
    command = list(map(str, command))
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def pip(python, *arguments):
    done = run(python, "-m", "pip", *arguments)
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip(f"the package index cannot be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    pip(sys.executable, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.glob("nnlab-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return the folder of programs of an environment with nothing but nnlab and what it depends on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip(
        folder / "bin" / "python",
        "install",
        "--quiet",
        "--no-compile",
        "--constraint",
        ROOT / "constraints.txt",
        wheel,
    )
    return folder / "bin"


def test_the_wheel_has_templates_types_and_the_shipped_configs(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "nnlab/py.typed" in names
    for folder, packed in ((ROOT / "nnlab", "nnlab"), (CONFIGS, "nnlab/configs")):
        files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert {f"{packed}/{path.relative_to(folder).as_posix()}" for path in files} <= set(names)
    assert not [name for name in names if not name.startswith(("nnlab/", "nnlab-"))]


def test_it_trains_a_shipped_config_and_reports(installed, tmp_path):
    nnlab = installed / "nnlab"
    small = ["data={type: glyphs, train: 60, test: 20, validation: 20}", "training={steps: 4, batch_size: 10}"]
    trained = run(nnlab, "train", "glyphs", *small, "-q", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    evaluated = run(nnlab, "eval", "latest", "--json", cwd=tmp_path)
    assert json.loads(evaluated.stdout)["count"] == 20
    reported = run(nnlab, "report", "latest", cwd=tmp_path)
    assert reported.returncode == 0, reported.stderr
    assert (tmp_path / reported.stdout.strip()).stat().st_size > 10_000


def test_every_shipped_config_is_found(installed, tmp_path):
    names = "import nnlab.config.shipped as s; print(*s.shipped_configs())"
    found = run(installed / "python", "-c", names, cwd=tmp_path).stdout.split()
    assert sorted(found) == sorted(p.relative_to(CONFIGS).as_posix()[:-5] for p in CONFIGS.rglob("*.yaml"))
    assert run(installed / "nnlab", "summary", "mnist", "--json", cwd=tmp_path).returncode == 0


def test_an_unknown_name_is_refused_with_the_names(installed, tmp_path):
    done = run(installed / "nnlab", "train", "qqqqqq", cwd=tmp_path)
    assert done.returncode == 2
    assert "cifar10_baseline" in done.stderr
