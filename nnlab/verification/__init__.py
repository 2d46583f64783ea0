"""Whether every file of a run is as it was written, and what the run is still good for."""

from nnlab.verification.check import verify
from nnlab.verification.findings import Finding, Verification

__all__ = ["Finding", "Verification", "verify"]
