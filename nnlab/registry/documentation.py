"""Explanations of options, read from the docstring of the class that has them.

Its last part is a block such as that of ``Dropout``:

    Options:
        rate: The probability that a value is set to 0 in training.

Options that a class inherits may be explained by the base class.
"""

import inspect
import re

_HEADING = "Options:"


def documentation(described: type) -> str:
    """Return the docstring of a class without the block that explains its options."""
    return _parts(described)[0]


def explanations(described: type) -> dict[str, str]:
    """Return the explanations of the options of a class, by name, those of its base classes included."""
    found: dict[str, str] = {}
    for each in reversed(described.__mro__):
        found |= _parts(each)[1]
    return found


def _parts(described: type) -> tuple[str, dict[str, str]]:
    text = inspect.cleandoc(described.__doc__ or "")
    before, _, block = text.partition(f"\n{_HEADING}\n")
    options = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", block, re.MULTILINE)
    return before.rstrip(), {name: " ".join(words.split()) for name, words in options}
