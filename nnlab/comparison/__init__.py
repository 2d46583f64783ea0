"""Comparison of runs: differences of their configs, results, and whether these exceed chance.

from nnlab.comparison import compare
comparison = compare([nnlab.open_run("latest"), nnlab.open_run("20261121-0938")])
print(comparison.conclusion)
"""

from nnlab.comparison.comparing import Found, compare, evaluate_missing, find_runs
from nnlab.comparison.results import MEASURES, AgainstReference, Comparison, Setting, Verdict, some
from nnlab.comparison.statistics import Estimate

__all__ = [
    "MEASURES",
    "AgainstReference",
    "Comparison",
    "Estimate",
    "Found",
    "Setting",
    "Verdict",
    "compare",
    "evaluate_missing",
    "find_runs",
    "some",
]
