"""A data set of the user's own in CSV files, one example per line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from nnlab.arrays import Labels, Shape
from nnlab.data.converted import Converted, Facts, InputsWriter, converted
from nnlab.data.csv_labels import LabelTexts
from nnlab.data.csv_layout import CsvLayout, Separator, read_layout
from nnlab.data.csv_records import Block, blocks
from nnlab.data.csv_rows import RowReader
from nnlab.data.inputs import Inputs
from nnlab.data.lookup import expanded
from nnlab.data.notices import notify
from nnlab.data.source import Half, Source, Split
from nnlab.errors import DataError, OptionError, brief, printable, system_errors
from nnlab.registry import DATASETS
from nnlab.registry.options import FilePath, PositiveInt

_ROW_NUMBERS = {"id", "index", "imageid", "row", "unnamed: 0", ""}
_MOST_COLUMNS = 2**20
_VERSION = 1  # of the conversion


@dataclass(frozen=True)
class CsvTable:
    """A CSV file and which of its columns are ``features``, in order, and which is the ``label``, if any."""

    path: Path
    layout: CsvLayout
    features: tuple[int, ...]
    label: int | None

    @property
    def name(self) -> str:
        """What messages call the file."""
        return printable(str(self.path))

    def reader(self) -> RowReader:
        """Return what reads the rows."""
        return RowReader(self.name, self.layout, self.features, self.label)

    def records(self) -> Iterator[Block]:
        """Yield the records below the header; raises DataError if there are none."""
        is_head, is_empty = self.layout.names is not None, True
        for block in blocks(self.path):
            records = block.without_header() if is_head else block
            is_head = is_head and records.content == b"" and not block.content.strip()
            if records.content.strip():
                is_empty = False
                yield records
        if is_empty:
            raise DataError(f"{self.name} has no records below its header")

    def feature_names(self) -> tuple[str, ...] | None:
        """Return the names of the features; None without a header."""
        names = self.layout.names
        return names and tuple(names[column] for column in self.features)


@DATASETS.register("csv")
class CsvFiles(Source):
    """Examples of your own in the CSV file ``path``: one per line, with its label in one column.

    ``path`` may also be a folder with ``train.csv`` and, optionally, ``test.csv``; files may be gzipped. Kaggle's
    digit recognizer is read as downloaded. Labels are whole numbers or texts, and become the class names, sorted.
    A test file without a label column is not used for testing. The other columns are numbers, read once, into the
    user's cache, as uint8 if all are whole and 0 to 255, otherwise as float32. A missing value is an error.

    Options:
        path: The file or folder, relative to the config.
        label: The column of the labels by name or place (0 first, -1 last); null: label, class, target or y.
        shape: The shape of an example, such as [28, 28, 1] for images; null: a vector.
        header: Whether the first line has names; null: detected.
        separator: What stands between columns; null: detected.
        ignore: Columns that are neither label nor feature, by name or place.
        test_path: The file of test examples.
    """

    origin = "in the file that data.path names"

    def __init__(
        self,
        *,
        path: FilePath,
        label: str | int | None = None,
        shape: tuple[PositiveInt, ...] | None = None,
        header: bool | None = None,
        separator: Separator | None = None,
        ignore: tuple[str | int, ...] = (),
        test_path: FilePath | None = None,
    ) -> None:
        train, test = _files(path, test_path)
        self._label, self._header, self._separator, self._ignore = label, header, separator, ignore
        self._table = _table(train, read_layout(train, separator=separator, header=header), label, ignore)
        _note_row_numbers(self._table)
        self.input_shape = _shape(shape, len(self._table.features))
        train_set = self._converted(self._table, None)
        self._train = train_set.split
        self.train_examples = len(train_set.split)
        self.class_names = tuple(train_set.facts["classes"])
        self._test_table = None if test is None else self._like_training(test)
        self.has_test = self._test_table is not None and self._test_table.label is not None

    def inputs_name(self, half: Half) -> str:
        table = self._table if half == "train" else self._test_table
        return table.name if table else "test inputs"

    def load(self, root: Path | None) -> tuple[Split, Split]:  # noqa: ARG002 -- they are in ``path``
        if self._test_table is not None and self.has_test:
            return self._train, self._converted(self._test_table, self.class_names).split
        if self._test_table is not None:
            notify(
                f"note: {self._test_table.name} has no labels and is not used for testing; nnlab predict takes it"
            )
        return self._train, Split(np.empty((0, *self.input_shape), np.uint8), np.empty(0, np.int64))

    def read_inputs(self, path: Path) -> Inputs:
        """Return the inputs in another CSV file, with or without labels, as ``read_csv_inputs`` does."""
        return read_csv_inputs(
            path,
            self.input_shape,
            names=self._table.feature_names(),
            label=self._label,
            header=self._header,
            separator=self._separator,
            ignore=self._ignore,
        )

    def _like_training(self, path: Path) -> CsvTable:
        """Return the table in ``path``, with the columns of the training file, and its labels if it has any."""
        layout = read_layout(path, separator=self._separator, header=self._header)
        train = self._table
        if layout.names and train.layout.names:
            features = _named_features(path, layout, train.feature_names() or ())
            name = train.layout.names[train.label or 0]
            return CsvTable(path, layout, features, layout.names.index(name) if name in layout.names else None)
        if layout.columns == train.layout.columns:
            return CsvTable(path, layout, train.features, train.label)
        if layout.columns == len(train.features):
            return CsvTable(path, layout, tuple(range(layout.columns)), None)
        raise DataError(
            f"{printable(str(path))} has {layout.columns} columns, {train.name} has {train.layout.columns}"
        )

    def _converted(self, table: CsvTable, classes: Sequence[str] | None) -> Converted:
        """Return the examples in ``table``, read now or before; the labels define ``classes`` that are None."""

        def convert(writer: InputsWriter) -> tuple[Labels, Facts]:
            reader, texts = table.reader(), LabelTexts(table.name)
            for block in table.records():
                rows = reader.read(block)
                writer.add(rows.inputs.reshape(-1, *self.input_shape))
                texts.add(rows)
            names = texts.classes() if classes is None else classes
            return texts.labels(names), {"classes": list(names)}

        with system_errors("read", table.name):
            facts, place = table.path.stat(), table.path.resolve()
        content = f"{facts.st_dev} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns}"
        options = (
            f"{place}\n{table.layout}\n{table.features}\n{table.label}\n{self.input_shape}\n{_VERSION}\n{classes}"
        )
        return converted("csv", options, content, self.input_shape, convert)


def read_csv_inputs(
    path: Path,
    input_shape: Shape,
    *,
    names: Sequence[str] | None = None,
    label: str | int | None = None,
    header: bool | None = None,
    separator: Separator | None = None,
    ignore: Sequence[str | int] = (),
) -> Inputs:
    """Return the inputs (N, *input_shape) in the CSV file ``path``, with or without labels, in memory.

    See ``csv_inputs``, which raises the same errors.
    """
    parts = csv_inputs(
        path, input_shape, names=names, label=label, header=header, separator=separator, ignore=ignore
    )
    return np.concatenate(list(parts))


def csv_inputs(
    path: Path,
    input_shape: Shape,
    *,
    names: Sequence[str] | None = None,
    label: str | int | None = None,
    header: bool | None = None,
    separator: Separator | None = None,
    ignore: Sequence[str | int] = (),
) -> Iterator[Inputs]:
    """Yield the inputs (n, *input_shape) in the CSV file ``path``, with or without labels, block by block.

    Columns are found by ``names``, if these are given and the file has a header. Otherwise they are all that are
    not ignored, without the label column if there is one more than ``input_shape`` has values. The type is uint8
    or float32, as for the data set ``csv``.

    Raises DataError if the file does not fit or is damaged, OptionError if a column does not exist, SystemFault if
    the file cannot be read.
    """
    layout = read_layout(path, separator=separator, header=header)
    if names and layout.names:
        features = _named_features(path, layout, names)
    else:
        features = _unnamed_features(path, layout, prod(input_shape), label, ignore)
    table = CsvTable(path, layout, features, None)
    reader = table.reader()
    for block in table.records():
        yield reader.read(block).inputs.reshape(-1, *input_shape)


def _files(path: str, test_path: str | None) -> tuple[Path, Path | None]:
    """Return the files of the training and, if there are any, the test examples."""
    train = expanded(path, "data.path")
    test = None if test_path is None else expanded(test_path, "data.test_path")
    if train.is_dir():
        folder = train
        found = _csv_in(folder, "train")
        if found is None:
            raise OptionError(f"{printable(str(folder.absolute()))} has no train.csv", option="path")
        return found, test or _csv_in(folder, "test")
    for each, option in ((train, "path"), (test, "test_path")):
        if each is not None and not each.exists():
            raise OptionError(f"there is no {printable(str(each.absolute()))}", option=option)
    return train, test


def _csv_in(folder: Path, stem: str) -> Path | None:
    return next((path for end in (".csv", ".csv.gz") if (path := folder / f"{stem}{end}").exists()), None)


def _table(path: Path, layout: CsvLayout, label: str | int | None, ignore: Sequence[str | int]) -> CsvTable:
    """Return the training table; raises OptionError if there is no such column, or no label."""
    if layout.columns > _MOST_COLUMNS:
        raise DataError(f"{printable(str(path))} has {layout.columns:,} columns, more than {_MOST_COLUMNS:,}")
    target = layout.label() if label is None else layout.find(label, "label")
    if target is None:
        raise layout.without_label()
    ignored = {layout.find(each, "ignore") for each in ignore}
    if target in ignored:
        raise OptionError(f"{layout.called(target)} has the labels", option="ignore")
    features = tuple(column for column in range(layout.columns) if column != target and column not in ignored)
    if not features:
        raise DataError(f"{printable(str(path))} has no column besides that of the labels")
    return CsvTable(path, layout, features, target)


def _named_features(path: Path, layout: CsvLayout, names: Sequence[str]) -> tuple[int, ...]:
    """Return the columns called ``names``; raises DataError if one is missing."""
    if layout.names == tuple(names):
        return tuple(range(layout.columns))
    known = {name: column for column, name in enumerate(layout.names or ())}
    if len(known) < layout.columns and len(set(names)) < len(names):
        raise DataError(f"{printable(str(path))} has columns of the same name; give each a name of its own")
    for name in names:
        if name not in known:
            raise DataError(f"{printable(str(path))} has no column {brief(name)}, which the training file has")
    return tuple(known[name] for name in names)


def _unnamed_features(
    path: Path, layout: CsvLayout, count: int, label: str | int | None, ignore: Sequence[str | int]
) -> tuple[int, ...]:
    """Return the ``count`` columns that are not ignored, without that of the labels if there is one more."""
    columns = list(range(layout.columns))
    if len(columns) > count:
        ignored = {layout.find(each, "ignore") for each in ignore}
        columns = [column for column in columns if column not in ignored]
    if len(columns) == count + 1:
        target = layout.label() if label is None else layout.find(label, "label")
        if target is None:
            raise layout.without_label()
        columns.remove(target)
    if len(columns) != count:
        raise DataError(f"{printable(str(path))} has {len(columns)} columns, but an example has {count} values")
    return tuple(columns)


def _shape(shape: Shape | None, values: int) -> Shape:
    if shape is None:
        return (values,)
    if prod(shape) != values:
        raise OptionError(
            f"{' x '.join(map(str, shape))} is {prod(shape)} values, but the file has {values} besides the label",
            option="shape",
            hint="data.ignore leaves out columns that are no features" if values > prod(shape) else "",
        )
    if len(shape) == 2:
        raise OptionError("an image has three axes", option="shape", hint=f"shape: [{shape[0]}, {shape[1]}, 1]")
    return shape


def _note_row_numbers(table: CsvTable) -> None:
    """Warn of a first column that is likely to number the rows."""
    names = table.layout.names
    if names and 0 in table.features and names[0].lower() in _ROW_NUMBERS:
        notify(
            f"warning: {table.name}: {table.layout.called(0)} is read as a feature; if it only numbers the rows, "
            "leave it out with data.ignore: [0]"
        )
