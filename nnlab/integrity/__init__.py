"""Integrity of runs: whether every file is as it was written, and what the run can still be used for."""

from nnlab.integrity.findings import Finding, Verification
from nnlab.integrity.repair import Outcome, repair
from nnlab.integrity.verification import verify

__all__ = ["Finding", "Outcome", "Verification", "repair", "verify"]
