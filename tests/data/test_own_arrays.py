import hashlib
import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.config import load_config
from nnlab.data import SavedArrays, load_dataset, npz
from nnlab.data.inputs import Selection
from nnlab.data.inputs_in_file import InputsInFile
from nnlab.data.npy import read_header
from nnlab.data.section import DataSpec
from nnlab.errors import ConfigError, DataError, NnlabError, OptionError, SystemFault
from nnlab.registry import DATASETS


def examples(train=30, test=8, shape=(4, 3, 2), dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    arrays = {}
    for half, count in (("train", train), ("test", test)):
        arrays[f"{half}_inputs"] = rng.integers(256, size=(count, *shape)).astype(dtype)
        arrays[f"{half}_labels"] = np.arange(count) % 3
    return arrays


def write_folder(folder, arrays, names=None):
    folder.mkdir(exist_ok=True)
    for key, array in arrays.items():
        np.save(folder / f"{key.replace('_', '-')}.npy", array)
    if names is not None:
        (folder / "classes.txt").write_text(names, encoding="utf-8")
    return folder


def write_archive(path, arrays, save=np.savez):
    save(path, **arrays)
    return path


def dataset(path, seed=0, **fields):
    return load_dataset(DATASETS.spec("arrays", DataSpec)(path=str(path), **fields), seed)


def header_of(descr="'|u1'", order="False", shape="(30, 4, 3, 2)", version=1, tail=""):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {tail}}}\n".encode("latin1")
    return b"\x93NUMPY" + bytes((version, 0)) + len(text).to_bytes(2 if version == 1 else 4, "little") + text


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed, None])
def test_what_was_saved_is_loaded(home, dtype, save):
    arrays = examples(dtype=dtype)
    path = write_archive(home / "set.npz", arrays, save) if save else write_folder(home / "set", arrays)
    source = SavedArrays(path=str(path))
    assert source.input_shape == (4, 3, 2)
    assert source.class_names == ("0", "1", "2")
    for half, split in zip(("train", "test"), source.load(None), strict=True):
        assert split.inputs.dtype == dtype
        assert split.labels.dtype == np.int64
        np.testing.assert_array_equal(split.inputs[:], arrays[f"{half}_inputs"])
        np.testing.assert_array_equal(split.labels, arrays[f"{half}_labels"])


@pytest.mark.parametrize("dtype", ["u1", "i1", "<i4", ">i4", "<u8", "<i8"])
def test_labels_are_integers_of_any_kind(home, dtype):
    arrays = examples()
    arrays["train_labels"] = arrays["train_labels"].astype(dtype)
    train, _ = SavedArrays(path=str(write_folder(home / "set", arrays))).load(None)
    assert train.labels.tolist() == [i % 3 for i in range(30)]


def test_class_names(home):
    folder = write_folder(home / "set", examples(), "Apfel\nBirne\nKäse\n")
    assert SavedArrays(path=str(folder)).class_names == ("Apfel", "Birne", "Käse")
    archive = write_archive(home / "set.npz", {**examples(), "class_names": np.array(["a", "bc", "d", "e"])})
    assert SavedArrays(path=str(archive)).class_names == ("a", "bc", "d", "e")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 class names"),
        (b"\n\n", "has 0 class names"),
        (b"a\n\nb", r"classes\.txt: line 2 is empty"),
        (b"a\x1b[31m", r"classes\.txt: line 1, .* U\+001B"),
        (b"a\nb\tx\nc\n", r"classes\.txt: line 2, 'b x', has a tab"),
        (b"\xff", r"classes\.txt is not in UTF-8: .* at byte 0; save it as UTF-8"),
        (b"x\n" * 2**19 + b"x", r"classes\.txt has more than"),
    ],
)
def test_class_names_that_are_none(home, content, message):
    folder = write_folder(home / "set", examples())
    (folder / "classes.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        SavedArrays(path=str(folder))
    archive = write_archive(home / "set.npz", {**examples(), "class_names": np.arange(3)})
    with pytest.raises(DataError, match="class_names is not a list of texts"):
        SavedArrays(path=str(archive))


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\nb\nc\n", b"a\nb\nc\n\n\n", b"a\r\nb\r\nc"])
def test_class_names_as_editors_save_them(home, content):
    folder = write_folder(home / "set", examples())
    (folder / "classes.txt").write_bytes(content)
    assert SavedArrays(path=str(folder)).class_names == ("a", "b", "c")


def test_class_names_of_an_archive_may_be_bytes(home):
    names = np.array(["a", "ö", "c"]).astype("U1")
    encoded = np.array([name.encode() for name in names])
    path = write_archive(home / "set.npz", {**examples(), "class_names": encoded})
    assert SavedArrays(path=str(path)).class_names == ("a", "ö", "c")


NAMES = np.array(["a", "b", "c"])
CLASSES = {
    "from 1": (
        lambda y: y + 1,
        None,
        "labels begin at 1, but classes are numbered from 0; save the labels minus 1",
    ),
    "from 1, named": (
        lambda y: y + 1,
        NAMES,
        "is 3, not 0 to 2; classes are numbered from 0: save the labels minus 1",
    ),
    "gap": (
        lambda y: np.where(y == 1, 5, y),
        None,
        "go up to 5, but no example has the label 1, 3, 4; number the",
    ),
    "signs": (
        lambda y: np.where(y > 0, 1, -1),
        None,
        "is -1, not 0 to 99999; classes .* save labels > 0 as integers",
    ),
    "negative": (
        lambda y: y - 1,
        None,
        "is -1, not 0 to 99999; classes are numbered from 0: save the labels plus 1",
    ),
    "few names": (lambda y: y, NAMES[:2], "label 2 is 2, not 0 to 1: there are 2 class names for 3 classes"),
    "one-hot, few names": (lambda y: np.eye(3)[y], NAMES[:2], "has one-hot rows of 3 columns, for more than 2"),
    "two ones": (lambda y: np.eye(3)[y] + np.eye(3)[0], None, "row 0 is not one-hot"),
    "soft": (lambda y: np.where(y[:, None] == 1, [0.1, 0.9], [1, 0]), None, "row 1 is not one-hot"),
    "fractions": (lambda y: y / 2, None, r"label 1 is 0\.5, not the number of a class"),
    "infinite": (lambda y: np.where(y == 2, np.inf, y), None, "label 2 is inf, not the number of a class"),
    "texts": (lambda y: NAMES[y], None, r"has the shape \(30,\) and type <U1, not \(examples,\) whole numbers"),
}


@pytest.mark.parametrize("case", CLASSES)
def test_labels_that_are_no_class_numbers_name_the_cure(home, case):
    change, names, message = CLASSES[case]
    arrays = examples()
    arrays["train_labels"] = change(arrays["train_labels"])
    named = {} if names is None else {"class_names": names}
    with pytest.raises(DataError, match=f"train_labels.*{message}"):
        SavedArrays(path=str(write_archive(home / "set.npz", {**arrays, **named})))


def test_a_class_that_has_a_name_may_have_no_examples(home, caplog):
    arrays = examples()
    arrays["train_labels"] = np.where(arrays["train_labels"] == 1, 2, 0)
    path = write_archive(home / "set.npz", {**arrays, "class_names": np.array(["a", "b", "c", "d"])})
    for _ in range(2):
        assert len(SavedArrays(path=str(path)).class_names) == 4
    [message] = caplog.messages
    assert message.endswith("train_labels: no training example has the label 1 ('b'), 3 ('d')")


def test_a_test_label_that_no_training_example_has(home):
    arrays = examples()
    arrays["test_labels"] = np.full(8, 3)
    source = SavedArrays(path=str(write_archive(home / "set.npz", arrays)))
    with pytest.raises(
        DataError, match="test_labels: label 0 is 3, not 0 to 2: no training example has this class"
    ):
        source.load(None)


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_images_without_a_channel_axis_have_one_channel(home, kind, caplog):
    arrays = examples(shape=(12, 10))
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    data = dataset(path, normalize={"type": "standard"})
    assert data.input_shape == (12, 10, 1)
    assert data.train.inputs.shape == (30, 12, 10, 1)
    assert data.normalization.gain.shape == ()
    np.testing.assert_array_equal(data.test.inputs[:], arrays["test_inputs"][..., np.newaxis])
    assert [message.partition("inputs")[2] for message in caplog.messages] == [
        f"{'.npy' if kind == 'folder' else ''}: 12 x 10 values are read as an image of one channel"
    ]
    (home / "c.yaml").write_text(
        f"data: {{type: arrays, path: {path}}}\n"
        "network: [{type: conv2d, filters: 2, kernel: 3}, {type: dense, units: 3}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1}\n"
    )
    load_config(home / "c.yaml")


def test_channels_that_seem_to_come_first_are_reported(home, caplog):
    assert dataset(write_archive(home / "set.npz", examples(shape=(3, 12, 10)))).input_shape == (3, 12, 10)
    [message] = caplog.messages
    assert "3 x 12 x 10 values are read as 3 rows, 12 columns and 10 channels" in message
    assert "inputs.transpose(0, 2, 3, 1)" in message


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("half", ["train", "test"])
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_inputs_that_are_not_finite_are_refused(home, tmp_path, kind, half, value):
    arrays = examples(shape=(4,), dtype=np.float32)
    arrays[f"{half}_inputs"][5, 1] = value
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    for validation in (0, 29):  # among the training examples, then among those held out
        with pytest.raises(DataError, match=rf"{half}.inputs.*: example 5, feature 1 is {value}; ") as caught:
            dataset(path, validation=validation, normalize={"type": "standard"})
    assert caught.value.exit_code == 3
    arrays[f"{half}_inputs"][5, 1] = 0
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    assert len(dataset(path).train) == 30


def test_a_value_of_an_image_that_is_not_finite_is_named_by_all_its_numbers(home):
    arrays = examples(train=2000, shape=(20, 20, 3), dtype=np.float32)
    arrays["train_inputs"][1234, 3, 17, 2] = np.nan
    with pytest.raises(DataError, match=r"example 1234, feature \[3, 17, 2\] is nan"):
        dataset(write_folder(home / "set", arrays))


def test_a_file_of_floats_is_read_once_for_its_check_and_digest(home, monkeypatch):
    folder = write_folder(home / "set", examples(dtype=np.float32))
    first = dataset(folder)
    content = (folder / "train-inputs.npy").read_bytes()
    assert first.train.inputs.examples.digest == hashlib.sha256(content).hexdigest()
    monkeypatch.setattr("nnlab.data.inputs_in_file.check_finite", lambda *_: pytest.fail("read again"))
    assert dataset(folder).digests() == first.digests()


KERAS = {"train_inputs": "x_train", "train_labels": "y_train", "test_inputs": "x_test", "test_labels": "y_test"}


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_arrays_as_keras_saves_them(home, kind, caplog):
    arrays = examples(shape=(12, 10))
    saved = {KERAS[key]: array[:, None] if "labels" in key else array for key, array in arrays.items()}
    saved["x_val"] = np.zeros(3)
    path = home / "set.npz"
    if kind == "archive":
        np.savez(path, **saved)
    else:
        (path := home / "set").mkdir()
        for name, array in saved.items():
            np.save(path / f"{name}.npy", array)
    data = dataset(path)
    assert data.input_shape == (12, 10, 1)
    for half in ("train", "test"):
        np.testing.assert_array_equal(data.split(half).inputs[:][..., 0], arrays[f"{half}_inputs"])
        np.testing.assert_array_equal(data.split(half).labels, arrays[f"{half}_labels"])
    ends = ["an image of one channel", "not used: 'x_val'", "(30, 1) are read as (30,)", "(8, 1) are read as (8,)"]
    assert [message.endswith(end) for message, end in zip(caplog.messages, ends, strict=True)] == [True] * 4


def test_what_a_file_holds_is_listed_where_the_names_are_unknown(home):
    arrays = {"a": np.zeros((2, 3), np.float16), "b": np.zeros(2, int), "c": np.array([{}])}
    held = r"\(it has 'a' \(2, 3\) float16; 'b' \(2,\) int64; 'c'\); also read: x_train, y_train; X_train"
    with pytest.raises(DataError, match=f"lacks the array train_inputs {held}"):
        SavedArrays(path=str(write_archive(home / "set.npz", arrays)))
    with pytest.raises(DataError, match=rf"set lacks train-inputs\.npy {held}"):
        SavedArrays(path=str(write_folder(home / "set", arrays)))


@pytest.mark.parametrize("kind", ["folder", "archive"])
@pytest.mark.parametrize("dtype", ["<f8", "<f2", ">f4", "<i8", "|i1", "|b1"])
def test_inputs_of_other_types_become_float32_with_a_note(home, kind, dtype, caplog):
    arrays = examples(train=3000, shape=(100,))
    for half in ("train", "test"):
        arrays[f"{half}_inputs"] = (arrays[f"{half}_inputs"] / 7).astype(dtype)
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    data = dataset(path, validation=5)
    rows = np.array([2999 - 5, 0, 17, 17])
    for half in ("train", "test"):
        assert data.split(half).inputs.dtype == np.float32
    whole = np.sort(data.train.inputs[:].sum(axis=1)) if kind == "folder" else None
    assert whole is None or len(whole) == 2995
    stored = data.train.inputs.examples
    np.testing.assert_array_equal(stored[rows], arrays["train_inputs"][rows].astype(np.float32))
    np.testing.assert_array_equal(stored[:], arrays["train_inputs"].astype(np.float32))
    notes = [message for message in caplog.messages if f"{np.dtype(dtype)} values are read as float32" in message]
    assert len(notes) == 2
    again = dataset(path, validation=5).digests()
    assert data.digests() == again


def test_a_value_too_large_for_float32_is_refused(home):
    arrays = examples(shape=(4,), dtype=float)
    arrays["train_inputs"][5, 1] = 1e300
    for path in (write_folder(home / "set", arrays), write_archive(home / "set.npz", arrays)):
        with pytest.raises(DataError, match="example 5, feature 1 is inf"):
            dataset(path)


FORMS = {
    "one-hot": (lambda y: np.eye(3)[y], "one-hot rows of 3 are read as the numbers of classes"),
    "one-hot, bool": (lambda y: np.eye(3, dtype=bool)[y], "one-hot rows of 3"),
    "column": (lambda y: y[:, None], r"labels in a column \(30, 1\) are read as \(30,\)"),
    "float column": (
        lambda y: y[:, None] * 1.0,
        r"float64 labels in a column \(30, 1\) are read as whole numbers",
    ),
    "float16": (lambda y: y.astype(np.float16), "float16 labels are read as whole numbers"),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_of_other_forms_are_converted_with_a_note(home, form, caplog):
    change, note = FORMS[form]
    arrays = examples()
    arrays["train_labels"] = change(arrays["train_labels"])
    path = write_archive(home / "set.npz", arrays)
    for _ in range(2):
        assert dataset(path).train.labels.tolist() == [i % 3 for i in range(30)]
    [message] = caplog.messages
    assert re.search(f"note: .*train_labels: {note}", message)


def test_one_hot_labels_count_the_classes(home, caplog):
    arrays = examples()
    arrays["train_labels"], arrays["test_labels"] = np.eye(5)[arrays["train_labels"]], np.eye(5)[np.full(8, 4)]
    data = dataset(write_archive(home / "set.npz", arrays))
    assert data.class_names == ("0", "1", "2", "3", "4")
    assert set(data.test.labels.tolist()) == {4}
    assert "no training example has the label 3 ('3'), 4 ('4')" in caplog.text


def test_different_types_of_training_and_test_inputs_are_reported(home, caplog):
    arrays = examples()
    arrays["test_inputs"] = arrays["test_inputs"] / np.float32(255)
    dataset(write_archive(home / "set.npz", arrays))
    assert "is read as float32, the training inputs as uint8: are both in the same range?" in caplog.text


@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_a_test_set_may_be_missing_and_be_held_out(home, kind):
    arrays = {key: array for key, array in examples(train=60).items() if key.startswith("train")}
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    data = dataset(path)
    assert (len(data.train), len(data.test), data.test.inputs.shape) == (60, 0, (0, 4, 3, 2))
    with pytest.raises(DataError, match=r"there are no test examples, only train; data\.test"):
        data.split("test")
    data = dataset(path, test=0.2, validation=6)
    assert [len(split) for split in data.splits.values()] == [42, 6, 12]
    assert np.bincount(data.test.labels).tolist() == [4, 4, 4]
    rows = data.test.inputs.rows
    np.testing.assert_array_equal(data.test.inputs[:], arrays["train_inputs"][rows])
    config = (
        f"data: {{type: arrays, path: {path}}}\nnetwork: [{{type: dense, units: 3}}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1, evaluate_on: test}\n"
    )
    (home / "c.yaml").write_text(config)
    with pytest.raises(ConfigError, match=r":4:35: training\.evaluate_on: the data set has no test examples"):
        load_config(home / "c.yaml")
    load_config(home / "c.yaml", "data.test=0.2")


def test_examples_that_are_not_divided_have_short_names(home):
    arrays = examples()
    path = write_archive(home / "set.npz", {"x": arrays["train_inputs"], "y": arrays["train_labels"]})
    assert len(dataset(path, test=9).test) == 9


def test_an_unknown_user_is_a_mistake_in_the_config(home):
    with pytest.raises(OptionError, match=r"\bnobody-here\b.*~nobody-here/set") as caught:
        SavedArrays(path="~nobody-here/set")
    assert caught.value.option == "path"


def test_a_folder_gives_the_same_dataset_as_an_archive(home):
    arrays = examples(dtype=np.float32)
    kept, read = (
        dataset(path, validation=7, normalize={"type": "standard"})
        for path in (write_folder(home / "set", arrays), write_archive(home / "set.npz", arrays))
    )
    rows = np.array([5, 0, 22, 5])
    np.testing.assert_array_equal(kept.normalization.shift, read.normalization.shift)
    np.testing.assert_array_equal(kept.normalization.gain, read.normalization.gain)
    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(kept.split(name).inputs[:], read.split(name).inputs[:])
        np.testing.assert_array_equal(kept.split(name).labels, read.split(name).labels)
    np.testing.assert_array_equal(kept.train.inputs[rows], read.train.inputs[rows])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(data=st.data(), values=st.integers(1, 40), count=st.integers(1, 50))
def test_rows_of_a_file_are_those_of_the_array(tmp_path_factory, data, values, count):
    path = tmp_path_factory.getbasetemp() / "rows.npy"
    array = np.random.default_rng(values).integers(256, size=(count, values)).astype(np.uint8)
    np.save(path, array)
    with path.open("rb") as file:
        stored = InputsInFile(path, read_header("rows", file))
    rows = np.array(data.draw(st.lists(st.integers(0, count - 1), max_size=20)), np.int64)
    part = slice(
        *data.draw(st.tuples(*[st.none() | st.integers(-60, 60)] * 2)), data.draw(st.sampled_from([None, 2]))
    )
    chosen = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=1)), np.int64)
    selection = Selection(stored, chosen)
    assert selection.shape == (len(chosen), values)
    for ours, theirs in ((stored, array), (selection, array[chosen])):
        np.testing.assert_array_equal(ours[part], theirs[part])
        np.testing.assert_array_equal(ours[rows % len(chosen)] if ours is selection else ours[rows],
                                      theirs[rows % len(theirs)])  # fmt: skip
        assert ours[part].flags.c_contiguous
    for outside in (-1, count):
        with pytest.raises(IndexError):
            stored[np.array([outside])]


def test_digests_tell_content_and_choice(home):
    folder = write_folder(home / "set", examples())
    digests = dataset(folder, validation=5).digests()
    assert len(set(digests.values())) == 3
    assert dataset(folder, validation=5).digests() == digests
    assert dataset(folder, validation=5, seed=1).digests()["train"] != digests["train"]
    assert dataset(folder, validation=5, seed=1).digests()["test"] == digests["test"]
    np.save(folder / "train-inputs.npy", examples(seed=1)["train_inputs"])
    changed = dataset(folder, validation=5).digests()
    assert [name for name in digests if digests[name] != changed[name]] == ["train", "validation"]


@pytest.mark.parametrize("damage", ["", "zz", "ab" * 31, None])
def test_a_file_is_digested_once(home, tmp_path, monkeypatch, damage):
    folder = write_folder(home / "set", examples())
    digests = dataset(folder).digests()
    kept = list((tmp_path / "cache" / "nnlab" / "digests").iterdir())
    assert len(kept) == 2
    if damage is None:
        monkeypatch.setattr("nnlab.data.cache.digest_of_files", lambda _paths: pytest.fail("read again"))
    else:
        for path in kept:
            path.write_text(damage)
    assert dataset(folder).digests() == digests


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", r"there is no /.*/nowhere"),
        ("a.txt", r"/.*/a\.txt is neither a folder nor an \.npz file"),
    ],
)
def test_a_wrong_path_is_a_mistake_in_the_config(home, path, message):
    (home / "a.txt").write_text("x")
    (home / "c.yaml").write_text(
        f"data: {{type: arrays, path: {path}}}\nnetwork: [{{type: dense, units: 2}}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 1}\n"
    )
    with pytest.raises(OptionError, match=message) as caught:
        SavedArrays(path=path)
    assert caught.value.option == "path"
    with pytest.raises(ConfigError, match=rf"c\.yaml:1:\d+: data\.path: {message}"):
        load_config(home / "c.yaml")


def test_what_is_missing_is_named(home):
    folder = write_folder(home / "set", examples())
    (folder / "test-labels.npy").unlink()
    with pytest.raises(DataError, match=r"set lacks test-labels\.npy"):
        SavedArrays(path=str(folder)).load(None)
    arrays = examples()
    del arrays["test_labels"]
    with pytest.raises(DataError, match=r"set\.npz lacks the array test_labels"):
        SavedArrays(path=str(write_archive(home / "set.npz", arrays))).load(None)


def test_files_that_cannot_be_read_are_the_machines_fault(home):
    folder = write_folder(home / "set", examples())
    (folder / "classes.txt").mkdir()
    with pytest.raises(SystemFault, match=r"classes\.txt.*Is a directory"):
        SavedArrays(path=str(folder))
    (folder / "train-inputs.npy").unlink()
    (folder / "train-inputs.npy").mkdir()
    with pytest.raises(SystemFault, match=r"train-inputs\.npy.*Is a directory"):
        SavedArrays(path=str(folder))
    header = read_header("x", io.BytesIO(header_of()))
    with pytest.raises(SystemFault, match=r"nowhere.*No such file"):
        InputsInFile(Path("nowhere"), header)
    with pytest.raises(SystemFault, match=r"/set\b.*Is a directory"):
        InputsInFile(folder, header)[:1]


def test_an_archive_that_cannot_be_read_is_the_machines_fault(home, monkeypatch):
    path = write_archive(home / "set.npz", examples())

    def refuse(_path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    with pytest.raises(SystemFault, match=r"set\.npz.*Input/output error"):
        SavedArrays(path=str(path))


WRONG = {
    "text inputs": ({"train_inputs": np.zeros((30, 4), "U3")}, "has values of the type <U3, which are not numb"),
    "complex": ({"train_inputs": np.zeros((30, 4), complex)}, "has values of the type '<c16'"),
    "records": ({"train_inputs": np.zeros((30, 4), "u1,u1")}, "does not have the header of a plain array"),
    "one axis": ({"train_inputs": np.zeros(30, np.uint8)}, r"has the shape \(30,\), not \(examples,"),
    "nothing": ({"train_inputs": np.zeros((0, 4), np.uint8)}, r"has the shape \(0, 4\)"),
    "no values": ({"train_inputs": np.zeros((30, 0), np.uint8)}, r"has the shape \(30, 0\)"),
    "fortran": ({"train_inputs": np.asfortranarray(np.zeros((30, 4), np.uint8))}, "is in Fortran order"),
    "other shape": (
        {"test_inputs": np.zeros((8, 3, 4, 2), np.uint8)},
        "inputs of 3 x 4 x 2, the training inputs are 4 x 3 x 2",
    ),
    "counts": ({"test_labels": np.zeros(9, int)}, "has 8 inputs, .* has 9 labels"),
    "negative": ({"train_labels": np.arange(30) - 3}, "label 0 is -3, not 0 to 99999"),
    "huge label": (
        {"train_labels": np.full(30, 2**63, np.uint64)},
        "label 0 is 9223372036854775808, not 0 to 99999",
    ),
    "unknown label": ({"test_labels": np.arange(8)}, "label 3 is 3, not 0 to 2"),
    "no labels": ({"train_labels": np.zeros(0, int)}, r"has the shape \(0,\)"),
    "objects": ({"train_inputs": np.array([[{}]] * 30, object)}, "is in an unsafe format: pickled Python objects"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_arrays_that_are_no_data_set(home, kind, case):
    wrong, message = WRONG[case]
    arrays = {**examples(), **wrong}
    path = write_folder(home / "set", arrays) if kind == "folder" else write_archive(home / "set.npz", arrays)
    name = next(iter(wrong))
    with pytest.raises(DataError, match=message) as caught:
        SavedArrays(path=str(path)).load(None)
    assert re.search(name.replace("_", "[_-]"), str(caught.value))


BAD_FILES = {
    "empty": (b"", "is not a .npy file: it begins with nothing"),
    "text": (b"hello world", "is not a .npy file: it begins with 68 65 6c"),
    "version": (b"\x93NUMPY\x04\x00" + bytes(40), r"unknown \.npy version 4\.0"),
    "cut": (header_of()[:40], "ends within its header"),
    "length 0": (b"\x93NUMPY\x01\x00\x00\x00", "ends within its header"),
    "long header": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{", "declares a header of 4294967295 bytes"),
    "elements": (header_of(shape=f"({2**60}, 4)"), "declares 4611686018427387904 bytes of values, 0 follow"),
    "overflow": (header_of(shape=f"({10**18}, {10**18}, {10**18})"), "declares 1000000"),
    "short": (header_of() + bytes(719), "is short: its header declares 720 bytes of values, 719 follow"),
    "long": (header_of() + bytes(721), "is too long: its header declares 720 bytes of values, 721 follow"),
    "negative": (header_of(shape="(-1, 4)"), "the header of a plain array"),
    "code": (header_of(version=3, descr="__import__('os').system('touch hacked')"), "the header of a plain array"),
    "nested": (header_of(version=3, shape="(" * 500), "the header of a plain array"),
    "minus signs": (header_of(version=3, shape="(" + "-" * 3000 + "1,)"), "the header of a plain array"),
    "twice": (header_of(tail="'shape': (2,), "), "the header of a plain array"),
    "wrong key": (header_of(tail="'more': 'x', "), "the header of a plain array"),
    "axes": (header_of(shape="(" + "1, " * 40 + ")"), "has 40 axes"),
    "type": (header_of(descr="'<f3'"), "has values of the type '<f3'"),
    "odd type": (header_of(descr="'<f1'"), "has values of the type '<f1'"),
    "order": (header_of(order="True"), "is in Fortran order"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_FILES)
@pytest.mark.parametrize("kind", ["folder", "archive"])
def test_files_that_are_no_plain_array(home, kind, case):
    content, message = BAD_FILES[case]
    if kind == "folder":
        path = write_folder(home / "set", examples())
        (path / "train-inputs.npy").write_bytes(content)
    else:
        path = home / "set.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("train_inputs.npy", content)
    with pytest.raises(DataError, match=message):
        SavedArrays(path=str(path))
    assert not (home / "hacked").exists()


def test_versions_2_and_3_and_entries_in_another_order_are_read():
    other = b"{ 'shape' : (3,), 'descr':'<i8','fortran_order':False}"
    for version in (2, 3):
        content = b"\x93NUMPY" + bytes((version, 0)) + len(other).to_bytes(4, "little") + other
        assert read_header("x", io.BytesIO(content)).shape == (3,)
        assert read_header("x", io.BytesIO(header_of(version=version))).shape == (30, 4, 3, 2)


def test_archives_that_unpack_to_too_much(home, monkeypatch):
    path = write_archive(home / "set.npz", examples())
    monkeypatch.setattr(npz, "MOST_UNPACKED", 1000)
    with pytest.raises(DataError, match=r"unpacks to more than 1000 bytes; save them as \.npy files"):
        SavedArrays(path=str(path))


def test_archives_that_numpy_does_not_write(home):
    path = home / "set.npz"
    content = header_of() + bytes(720)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("train_inputs.npy", content)
    with pytest.raises(DataError, match="compressed in a way that NumPy does not use"):
        SavedArrays(path=str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train_inputs.npy", content)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("train_inputs.npy", content)
    with pytest.raises(DataError, match="has two arrays train_inputs"):
        SavedArrays(path=str(path))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, 2500), st.integers(0, 255)), max_size=6), keep=st.integers(0, 4000))
def test_only_our_errors_escape(tmp_path_factory, flips, keep):
    path = tmp_path_factory.getbasetemp() / "fuzzed.npz"
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **examples(train=6, test=6), class_names=np.array(["x", "y", "z"]))
    for content in (bytearray(buffer.getvalue()), bytearray(buffer.getvalue()[:keep])):
        for place, value in flips:
            if place < len(content):
                content[place] = value
        path.write_bytes(content)
        try:
            SavedArrays(path=str(path)).load(None)
        except NnlabError:
            continue


def test_the_system_may_return_less_than_was_asked_for(home, monkeypatch):
    arrays = examples()
    train, _ = SavedArrays(path=str(write_folder(home / "set", arrays))).load(None)
    whole = os.preadv
    monkeypatch.setattr(os, "preadv", lambda file, content, place: whole(file, [content[0][:7]], place))
    for rows in (slice(None), np.array([29, 0, 3])):
        np.testing.assert_array_equal(train.inputs[rows], arrays["train_inputs"][rows])


def test_a_file_cut_short_while_in_use(home):
    folder = write_folder(home / "set", examples())
    train, _ = SavedArrays(path=str(folder)).load(None)
    with (folder / "train-inputs.npy").open("r+b") as file:
        file.truncate(300)
    with pytest.raises(DataError, match=r"train-inputs\.npy was cut short while it was in use"):
        train.inputs[np.array([29])]


TRAIN = r"""
import re
import nnlab
nnlab.train(nnlab.load_config("c.yaml"), runs_dir="runs")
print(re.search(r"VmHWM:\s*(\d+) kB", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no /proc elsewhere")
def test_inputs_larger_than_what_is_used_in_memory(home):
    """400 MB of inputs, none of them written: a file with a hole."""
    folder = write_folder(home / "set", examples(shape=(64, 64, 1)))
    with (folder / "train-inputs.npy").open("wb") as file:
        file.write(header_of(shape="(100_000, 64, 64, 1)".replace("_", "")))
        file.truncate(file.tell() + 100_000 * 4096)
    np.save(folder / "train-labels.npy", np.arange(100_000, dtype=np.uint32) % 3)
    (home / "c.yaml").write_text(
        "data: {type: arrays, path: set, validation: 1000, normalize: scale}\n"
        "network: [{type: dense, units: 3}]\n"
        "optimizer: {type: sgd, learning_rate: 0.1}\ntraining: {steps: 20, evaluate_every: 10}\n"
    )
    done = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200 * 1024


@pytest.mark.parametrize("suffix", [".pkl", ".pt"])
def test_pickles_are_refused_with_what_is_safe(tmp_path, suffix):
    path = tmp_path / f"data{suffix}"
    path.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    with pytest.raises(DataError, match=r"is in an unsafe format: .* numpy\.savez"):
        SavedArrays(path=str(path))
