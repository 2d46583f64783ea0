"""Typed bounds of the facts in a checkpoint, so that forged ones are refused when they are read."""

from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, ValidationError

from nnlab.runs.records import Count, Fraction, Record

_MISSING: Any = None


class _Values(Record):
    """An evaluation: its step, mean loss (nats) and accuracy (0-1)."""

    step: Count
    loss: float
    accuracy: Fraction


class _Monitor(Record):
    metric: Literal["loss", "accuracy"]
    min_delta: NonNegativeFloat
    best: _Values | None = None
    last: _Values | None = None
    stale: Count = 0
    reference: float | None = None


class _Window(Record):
    loss: float
    correct: Count
    examples: Count
    steps: Count


class _SavedFacts(Record):
    """The facts of a state; a best checkpoint has the step and the digests alone.

    What is missing is None; null is not accepted.
    """

    step: Count
    digests: dict[str, str]
    config: dict[str, Any] = Field(default=_MISSING)
    streams: dict[str, dict[str, Any]] = Field(default=_MISSING)
    batches: dict[str, Any] = Field(default=_MISSING)
    monitor: _Monitor = Field(default=_MISSING)
    window: _Window = Field(default=_MISSING)
    seconds: NonNegativeFloat = Field(default=_MISSING)
    metrics_bytes: Count = Field(default=_MISSING)


def saved_facts_problem(text: str) -> str | None:
    """Return what is wrong with the JSON ``text`` of a checkpoint's facts; None if nothing is."""
    try:
        _SavedFacts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"its {'.'.join(map(str, first['loc'])) or 'facts'}: {first['msg'].lower()}"
    return None
