"""Whether every file of a run is as it was written, and what the run is still good for."""

from nnlab.integrity.findings import Finding, Verification
from nnlab.integrity.verification import verify

__all__ = ["Finding", "Verification", "verify"]
