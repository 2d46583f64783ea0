"""Types of options: numbers within bounds, and pairs that may be given as a single number."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def _as_pair(value: Any) -> Any:
    if isinstance(value, tuple):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("pair_type", "expected a whole number, or a list of two")
    return (value, value)


class _PathMark:
    """The mark of an option that is a path."""


IS_PATH = _PathMark()

FilePath = Annotated[str, IS_PATH]
"""A path, relative to the config file in which it stands."""

PositiveInt = Annotated[int, Field(gt=0)]
"""1, 2, 3, ..."""

NonNegative = Annotated[float, Field(ge=0)]
"""0 or more."""

Positive = Annotated[float, Field(gt=0)]
"""More than 0."""

Probability = Annotated[float, Field(ge=0, lt=1)]
"""At least 0, less than 1."""

Sizes = Annotated[
    tuple[PositiveInt, PositiveInt],
    BeforeValidator(_as_pair, json_schema_input_type=PositiveInt | tuple[PositiveInt, PositiveInt]),
]
"""Two positive lengths (vertical, horizontal); a single number means both."""

_Length = Annotated[int, Field(ge=0)]
Offsets = Annotated[
    tuple[_Length, _Length], BeforeValidator(_as_pair, json_schema_input_type=_Length | tuple[_Length, _Length])
]
"""Two lengths of 0 or more (vertical, horizontal); a single number means both."""
