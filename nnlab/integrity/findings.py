"""The findings of a verification."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["intact", "damaged", "missing", "not checked"]


@dataclass(frozen=True)
class Finding:
    """The ``state`` of one file, with a ``note`` on its contents or its damage."""

    file: str
    state: State
    note: str


@dataclass(frozen=True)
class Verification:
    """The findings on each file, and sentences on what of the run is ``usable``."""

    findings: tuple[Finding, ...]
    usable: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether no file is damaged."""
        return all(finding.state != "damaged" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"intact": self.intact, "files": [asdict(f) for f in self.findings], "usable": list(self.usable)}
