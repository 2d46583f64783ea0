"""What a verification found."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["intact", "damaged", "missing", "not checked"]


@dataclass(frozen=True)
class Finding:
    """What a check found of one file: its ``state``, and what it is good for or what is wrong with it."""

    file: str
    state: State
    note: str


@dataclass(frozen=True)
class Verification:
    """What was found of each file, and in sentences what of the run is ``usable``."""

    findings: tuple[Finding, ...]
    usable: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether no file is damaged."""
        return all(finding.state != "damaged" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"intact": self.intact, "files": [asdict(f) for f in self.findings], "usable": list(self.usable)}
