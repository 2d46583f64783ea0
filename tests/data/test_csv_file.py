import csv
import gzip
import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlab.data import CsvFiles, csv_records, csv_rows, load_dataset, read_csv_inputs
from nnlab.data.csv_records import blocks
from nnlab.data.notices import notify
from nnlab.data.section import DataSpec
from nnlab.errors import DataError, OptionError
from nnlab.registry import DATASETS


@pytest.fixture(autouse=True)
def _forget():
    notify.cache_clear()


def read(text, name="a.csv", **options):
    """Return class names, inputs and labels of a file with the content ``text``."""
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    source = CsvFiles(path=name, **options)
    train, _ = source.load(None)
    return source.class_names, train.inputs[:], train.labels.tolist()


def digits(count, pixels=784, label=True, seed=0):
    """Return rows as in Kaggle's digit recognizer, and their pixels."""
    values = np.random.default_rng(seed).integers(256, size=(count, pixels))
    names = [*["label"] * label, *(f"pixel{i}" for i in range(pixels))]
    rows = [[*[n % 10] * label, *row] for n, row in enumerate(values.tolist())]
    return "".join(",".join(map(str, row)) + "\n" for row in (names, *rows)), values


def test_kaggles_digits_as_downloaded(home, caplog):
    (home / "digits").mkdir()
    text, pixels = digits(20)
    (home / "digits" / "train.csv").write_text(text)
    text, unlabeled = digits(5, label=False, seed=1)
    (home / "digits" / "test.csv").write_text(text)
    spec = DATASETS.spec("csv", DataSpec)(path="digits", shape=(28, 28, 1), validation=4)
    dataset = load_dataset(spec, 0)
    assert [len(split) for split in dataset.splits.values()] == [16, 4, 0]
    assert dataset.class_names == tuple("0123456789")
    source = CsvFiles(path="digits", shape=(28, 28, 1))
    train, _ = source.load(None)
    np.testing.assert_array_equal(train.inputs[:], pixels.reshape(20, 28, 28, 1))
    assert train.inputs.dtype == np.uint8
    assert "has no labels" in caplog.text
    assert not source.has_test
    for path in ("digits/test.csv", "digits/train.csv"):
        inputs = source.read_inputs(Path(path))
        np.testing.assert_array_equal(inputs.reshape(len(inputs), -1), unlabeled if "test" in path else pixels)
        np.testing.assert_array_equal(read_csv_inputs(Path(path), (28, 28, 1)), inputs)


def test_quotes_text_labels_and_blank_lines():
    names, inputs, labels = read(
        'a,b,"class"\r\n1.5,-2,"Käse, alt"\r\n\r\n"3",4e1,"b ""c"""\r\n .5 ,6,"Käse, alt"'
    )
    assert names == ("Käse, alt", 'b "c"')
    assert inputs.tolist() == [[1.5, -2], [3, 40], [0.5, 6]]
    assert labels == [0, 1, 0]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_line_ends(separator, ending):
    text = "\ufeffy,u,v\n10,1,2\n9,3,4\n".replace(",", separator).replace("\n", ending)
    names, inputs, labels = read(text)
    assert (names, inputs.tolist(), labels) == (("9", "10"), [[1, 2], [3, 4]], [1, 0])


@pytest.mark.parametrize(
    ("text", "examples"),
    [
        ("5.1,setosa\n4.9,versi\n", 2),
        ("a,b\n1,x\n2,y\n", 2),
        ("0,1,2\n7,5,1\n8,6,2\n", 2),
        ("0,1,9\n7,5,1\n8,6,2\n", 3),
        ("0,1,a\n7,5,b\n8,6,a\n", 3),
        ("a,0,1\n7,5,1\n8,6,2\n", 2),
        ("x,y\nx,y\n", 2),
    ],
)
def test_a_header_is_detected(text, examples):
    if text.startswith("x"):
        with pytest.raises(DataError, match="not a number"):
            read(text, label=-1)
    else:
        assert len(read(text, label=-1)[1]) == examples


def test_columns_by_name_or_place():
    text = "id,x,kind,z\n1,2,0,3\n2,4,1,5\n"
    for label, ignore in (("kind", ("id",)), (2, (0,)), (-2, (-4,))):
        names, inputs, labels = read(text, label=label, ignore=ignore)
        assert (names, inputs.tolist(), labels) == (("0", "1"), [[2, 3], [4, 5]], [0, 1])
    assert read(text, label="id", ignore=("x", -1))[1].tolist() == [[0], [1]]


WRONG = {
    "missing": ("x,y\n1,0\n,1\n", "line 3, column 0 ('x') is empty"),
    "a mark for missing": ("x,y\n1,0\nNA,1\n", "line 3, column 0 ('x') is 'NA', a missing value"),
    "no label": ("x,y\n1,0\n1,\n", "line 3, column 1 ('y') is empty"),
    "infinite": ("x,y\n1,0\n1,1\n-inf,1\n", "line 4, column 0 ('x') is '-inf', which is not finite"),
    "too large": ("x,y\n1,0\n1e39,1\n", "line 3, column 0 ('x') is '1e39', which is not finite"),
    "a text": ("x,y\n1,0\nParis,1\n", "line 3, column 0 ('x') is 'Paris', which is not a number; data.ignore"),
    "a decimal comma": (
        "x;y\n1,5;0\n",
        "line 2, column 0 ('x') is '1,5', which is not a number; write decimal points",
    ),
    "an underscore": ("x,y\n1_0,0\n", "line 2, column 0 ('x') is '1_0', which is not a number"),
    "more columns": ("x,y\n1,0\n1,0,3\n", "line 3 has 3 columns, not 2"),
    "fewer columns": ('x,y\n1,"0"\n1\n', "line 3 has 1 columns, not 2"),
    "after a quoted line": ('x,y\n1,"a\nb"\n,0\n', "line 4, column 0 ('x') is empty"),
    "Latin-1": ("x,y\n1,ä\n".encode("latin1"), "line 2 is not in UTF-8"),
    "UTF-16": ("x,y\n1,2\n".encode("utf-16"), "is in UTF-16"),
    "a zip archive": (b"PK\3\4", "is a zip archive"),
    "bytes": (b"a\0b", "is not a text"),
    "nothing": (b"\n\n", "is empty"),
    "a header only": ("x,y\n\n", "has no records below its header"),
    "labels with fractions": ("x,y\n1,0.5\n", "line 2: the label is '0.5'"),
    "an escape": ("x,y\n1,\x1b[3m\n", "has the character U+001B"),
    "half a gzip file": (gzip.compress(b"x,y\n1,2\n" * 99)[:-9], "is a damaged gzip file"),
    "one column": ("y\n1\n", "has no column besides"),
}


@pytest.mark.parametrize("case", WRONG)
def test_mistakes_are_refused_with_their_place(case):
    content, message = WRONG[case]
    with pytest.raises(DataError) as error:
        read(content)
    assert message in str(error.value)
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("text", "options", "option", "hint"),
    [
        ("x,z\n1,0\n", {}, "label", "label: NAME"),
        ("1,0\n2,1\n", {}, "label", "label: 0 is the first"),
        ("1,0\n2,1\n", {"label": "x"}, "label", "label: 0 is the first"),
        ("x,kind\n1,0\n", {"label": "knd"}, "label", "did you mean kind?"),
        ("x,y\n1,0\n", {"label": 2}, "label", "or -1"),
        ("x,x,y\n1,0,0\n", {"ignore": ("x",)}, "ignore", "give its place"),
        ("x,y\n1,0\n", {"ignore": ("y",)}, "ignore", ""),
        ("a,b,y\n1,2,0\n", {"shape": (1, 3, 1)}, "shape", ""),
        ("a,b,y\n1,2,0\n", {"shape": (2, 1)}, "shape", "shape: [2, 1, 1]"),
    ],
)
def test_options_that_do_not_fit(text, options, option, hint):
    with pytest.raises(OptionError) as error:
        read(text, **options)
    assert error.value.option == option
    assert hint in error.value.hint


def test_test_files_have_the_columns_of_the_training_file(home):
    (home / "train.csv").write_text("a,b,y\n1,2,u\n3,4,v\n5,6,w\n")
    (home / "test.csv").write_text("y,b,extra,a\nw,300,0,7\nu,8,0,9\n")
    source = CsvFiles(path=".")
    _, test = source.load(None)
    assert (test.inputs[:].tolist(), test.labels.tolist()) == ([[7, 300], [9, 8]], [2, 0])
    for content, message in (("a,y\n1,u\n", "no column 'b'"), ("a,b,y\n1,2,new\n", "line 2: no training example")):
        (home / "other.csv").write_text(content)
        with pytest.raises(DataError, match=message):
            CsvFiles(path="train.csv", test_path="other.csv").load(None)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), rows=st.integers(1, 6), columns=st.integers(2, 5), size=st.sampled_from([8, 40, 2**22]))
def test_blocks_and_records_agree(data, rows, columns, size):
    numbers = st.one_of(
        st.integers(0, 255).map(str), st.integers(-(10**9), 10**10).map(str), st.floats(-1e30, 1e30).map(repr)
    )
    labels = st.sampled_from(["a", "b", "c d", 'q"', "x,y", "two\nlines"])
    label = data.draw(st.integers(0, columns - 1))
    table = [[data.draw(labels if i == label else numbers) for i in range(columns)] for _ in range(rows)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    expected = np.array([[float(f) for i, f in enumerate(row) if i != label] for row in table], np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnlab.data.csv_labels.check_name", lambda where, name: None)
        patch.setattr(csv_records, "_BLOCK", size)
        patch.setattr(csv_records.blocks, "__defaults__", (size,))
        names, inputs, found = read(text.getvalue(), label=label, header=False, separator="comma")
    np.testing.assert_array_equal(inputs, expected)
    assert [names[number] for number in found] == [row[label].strip() for row in table]


def test_a_plain_block_never_goes_record_by_record(monkeypatch):
    monkeypatch.setattr(csv_rows.RowReader, "_by_record", None)
    text, pixels = digits(7, 12)
    np.testing.assert_array_equal(read(text)[1], pixels)
    assert read("x,z,y\n-1.5,1e3,a\n.25,7,b\n")[1].tolist() == [[-1.5, 1000], [0.25, 7]]


def test_bytes_become_floats_when_a_later_block_has_one(monkeypatch):
    monkeypatch.setattr(csv_records, "_BLOCK", 4096)
    monkeypatch.setattr("nnlab.data.converted._BLOCK", 1000)
    text, pixels = digits(900, 9)
    _, inputs, labels = read(text + "3,0.5" + ",1" * 8 + "\n")
    assert inputs.dtype == np.float32
    np.testing.assert_array_equal(inputs[:-1], pixels)
    assert inputs[-1].tolist() == [0.5] + [1] * 8
    assert labels[-1] == 3


@pytest.mark.slow
def test_memory_is_bounded(home):
    text, pixels = digits(6000, 400)
    (home / "a.csv.gz").write_bytes(gzip.compress(text.encode(), 1))
    tracemalloc.start()
    source = CsvFiles(path="a.csv.gz")
    assert source.load(None)[0].inputs.shape == (6000, 400)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26
    np.testing.assert_array_equal(source.load(None)[0].inputs[-5:], pixels[-5:])


@pytest.mark.parametrize("pack", [bytes, lambda content: gzip.compress(content, 1)])
def test_an_endless_record_is_refused_in_bounded_memory(home, monkeypatch, pack):
    monkeypatch.setattr(csv_records, "_LONGEST", 2**20)
    (home / "a.csv").write_bytes(pack(b"1," * 2**23))
    tracemalloc.start()
    with pytest.raises(DataError, match="the record that begins in line 1 has more than"):
        CsvFiles(path="a.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 * 2**20


def test_a_bomb_of_good_rows_is_refused(home, monkeypatch):
    monkeypatch.setattr(csv_records, "_FREE", 2**16)
    (home / "a.csv").write_bytes(gzip.compress(b"x,y\n" + b"1,2\n" * 2**20))
    with pytest.raises(DataError, match="unpacks to more than 100 times"):
        CsvFiles(path="a.csv")


def test_a_file_is_read_once(monkeypatch):
    read("x,y\n1,0\n2,1\n")
    monkeypatch.setattr(csv_rows.RowReader, "read", None)
    assert CsvFiles(path="a.csv").class_names == ("0", "1")
    Path("a.csv").write_text("x,y\n1,0\n2,7\n")
    with pytest.raises(TypeError):
        CsvFiles(path="a.csv")
    assert [block.line for block in blocks(Path("a.csv"), 5)] == [1, 2]
