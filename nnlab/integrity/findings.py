"""The findings of a verification, and the deviations of a second training run."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from nnlab.runs.records import Repair

State = Literal["intact", "edited", "damaged", "missing", "not checked"]
"""``edited``: by hand, without effect on the results."""


@dataclass(frozen=True)
class Finding:
    """The ``state`` of one file, with a ``note`` on its contents or its damage."""

    file: str
    state: State
    note: str


@dataclass(frozen=True)
class Verification:
    """The findings on each file, and sentences on what of the run is ``usable``.

    ``evaluated`` says whether checkpoints were evaluated again, ``repairs`` has the repairs that the run records.
    """

    findings: tuple[Finding, ...]
    usable: tuple[str, ...]
    evaluated: bool = False
    repairs: tuple[Repair, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether no file is damaged."""
        return all(finding.state != "damaged" for finding in self.findings)

    @property
    def damaged(self) -> tuple[str, ...]:
        """The damaged files."""
        return tuple(finding.file for finding in self.findings if finding.state == "damaged")

    @property
    def verdict(self) -> str:
        """The result in a line, which names what was not looked at and what was edited."""
        if self.damaged:
            return f"damaged: {', '.join(self.damaged)}"
        repaired = f"; repaired: {', '.join(dict.fromkeys(each.file for each in self.repairs))}" * bool(
            self.repairs
        )
        data = next((finding.state for finding in self.findings if finding.file == "the data"), "not checked")
        edited = "".join(f"; {each.file} was edited" for each in self.findings if each.state == "edited")
        if data != "intact":
            return f"intact, as far as it can be checked without its data ({data}){edited}{repaired}"
        return f"intact, {'' if self.evaluated else 'not '}evaluated again{edited}{repaired}"

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "intact": self.intact,
            "verdict": self.verdict,
            "files": [asdict(f) for f in self.findings],
            "usable": list(self.usable),
            "repaired": [each.model_dump() for each in self.repairs],
        }


@dataclass(frozen=True)
class Deviation:
    """What is not the same after ``step``, and by how much at most; None if it is no matter of numbers."""

    step: int
    what: str
    amount: float | None

    def exceeds(self, tolerance: float) -> bool:
        """Whether it is more than the ``tolerance``."""
        return self.amount is None or not self.amount <= tolerance
