"""What many tests share."""

import sys

import numpy as np
import pytest

import nnlab.cli


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def nnlab_(tmp_path, monkeypatch, capfd):
    """Run a command in this process, in an empty folder; returns its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["nnlab", *map(str, arguments)])
        try:
            nnlab.cli.main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code
        out, err = capfd.readouterr()
        return code, out, err

    return run


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files of commands")
