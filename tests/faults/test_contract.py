"""The contract is whole: its page is up to date, and each of its rows has tests, which ran."""

import ast
from pathlib import Path

import pytest

from faults.contract import CODES, ROWS
from faults.page import page
from nnlab import errors

TESTS = Path(__file__).parents[1]
PROVED = {test for row in ROWS for test in row.tests}


def test_the_page_is_up_to_date():
    assert (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8") == page(), (
        "write it again: PYTHONPATH=tests .venv/bin/python -m faults.page > docs/faults.md"
    )


def test_every_row_has_tests_that_exist():
    assert len(ROWS) == 64
    assert all(row.tests for row in ROWS)
    for test in PROVED:
        file, _, name = test.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body), test


def test_every_exit_code_is_documented():
    known = {
        kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")
    }
    assert known <= CODES.keys()
    assert {code for row in ROWS for code in row.codes} <= CODES.keys()


def test_every_test_of_the_contract_is_collected(request):
    if request.config.args != ["tests"] or request.config.option.markexpr or request.config.option.keyword:
        pytest.skip("only a part of the tests was selected")
    collected = {item.nodeid.partition("[")[0].removeprefix("tests/") for item in request.session.items}
    assert sorted(PROVED - collected) == []
