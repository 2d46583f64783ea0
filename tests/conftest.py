"""What many tests share."""

import os
import sys

import numpy as np
import pytest

import nnlab.cli

for _name in ("COLUMNS", "LINES"):  # a runner of tests in parallel sets them
    os.environ.pop(_name, None)

SLOW = {"faults", "drawing"}
"""The folders in which every test is slow: they start processes, or draw."""


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


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name in SLOW and item.path.name != "test_contract.py":
            item.add_marker(pytest.mark.slow)
