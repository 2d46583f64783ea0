"""Labels in a CSV file: whole numbers, or texts."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from nnlab.arrays import Labels
from nnlab.data.class_names import MOST_CLASSES, check_name, composed, in_order
from nnlab.data.csv_layout import NUMBER
from nnlab.data.csv_rows import Rows
from nnlab.errors import DataError, brief

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,18})(?:\.0*)?\s*")


class LabelTexts:
    """The texts of labels as they are read, each with a number in the order in which they appear."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: dict[str, int] = {}
        self._lines: list[int] = []
        self._labels: list[Labels] = []

    def add(self, rows: Rows) -> None:
        """Take the labels of ``rows``; raises DataError if there are too many different ones."""
        numbers = self._numbers
        for text, line in zip(rows.labels, rows.lines, strict=True):
            if text not in numbers:
                numbers[text] = len(numbers)
                self._lines.append(line)
        if len(numbers) > MOST_CLASSES:
            raise DataError(
                f"{self._name} has more than {MOST_CLASSES:,} different labels; data.label names their column"
            )
        self._labels.append(np.fromiter(map(numbers.__getitem__, rows.labels), np.int64, len(rows.labels)))

    def classes(self) -> list[str]:
        """Return the class names: whole numbers in their order, or texts sorted by ``in_order``.

        Raises DataError if a label is a number with a fraction, or a text that cannot be printed.
        """
        whole = [_WHOLE.fullmatch(text) for text in self._numbers]
        if all(whole):
            return [str(number) for number in sorted({int(match[1]) for match in whole if match})]
        if all(NUMBER.fullmatch(text) for text in self._numbers):
            place = whole.index(None)
            raise DataError(
                f"{self._name}: line {self._lines[place]}: the label is {brief(list(self._numbers)[place])}, but "
                "classes are whole numbers or texts; data.label names the column of labels"
            )
        for text, line in zip(self._numbers, self._lines, strict=True):
            check_name(f"{self._name}: line {line}: the label", text)
        return in_order({composed(text.strip()) for text in self._numbers})

    def labels(self, classes: Sequence[str]) -> Labels:
        """Return the labels as indices of ``classes``; raises DataError if one is none of them."""
        known = {name: index for index, name in enumerate(classes)}
        table = np.empty(len(self._numbers), np.int64)
        for (text, number), line in zip(self._numbers.items(), self._lines, strict=True):
            found = next((known[form] for form in _forms(text) if form in known), None)
            if found is None:
                raise DataError(f"{self._name}: line {line}: no training example has the label {brief(text)}")
            table[number] = found
        return table[np.concatenate(self._labels)]


def _forms(text: str) -> Iterable[str]:
    """Yield what the class of a label may be called: the text, or the number that it is."""
    yield composed(text.strip())
    if match := _WHOLE.fullmatch(text):
        yield str(int(match[1]))
