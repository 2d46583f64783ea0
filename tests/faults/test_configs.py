"""Hostile and mistaken configs: exit code 2, with file, line and column, in little time and memory."""

import re

import pytest

from faults import tiny

MEMORY = 64 * 2**20
SECONDS = 1.0


def summary(folder, children, text, *changes):
    source = folder / "c.yaml"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    return children.run("summary", source, *changes, folder=folder, memory=MEMORY)


@pytest.mark.parametrize("number", ["1e-3", "1E-3", "1.0e-3", "0.001", "+1.0e-3"])
def test_numbers_are_what_they_look_like(folder, children, number):
    ended = children.run(
        "summary", _write(folder, "learning_rate: 0.1", f"learning_rate: {number}"), folder=folder
    )
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("learning_rate: 0.1", "learning_rate: abc", "optimizer.learning_rate"),
        ("learning_rate: 0.1", "learning_rate: NO", "optimizer.learning_rate"),
        ("learning_rate: 0.1", "learning_rate: 1:30", "optimizer.learning_rate"),
        ("steps: 6", "steps: 010", "training.steps"),
        ("steps: 6", "steps: 2026-11-21", "training.steps"),
        ("steps: 6", "steps: yes", "training.steps"),
        ("batch_size: 4", "batch_size: 0x10", "training.batch_size"),
    ],
)
def test_what_is_of_another_type_is_never_coerced(folder, children, old, new, key):
    source = _write(folder, old, new)
    ended = children.run("summary", source, folder=folder)
    line = next(i for i, text in enumerate(source.read_text().splitlines(), 1) if new in text)
    column = source.read_text().splitlines()[line - 1].index(new) + new.index(" ") + 2
    assert (ended.code, ended.is_plain) == (2, True)
    assert ended.err.startswith(f"error: {source}:{line}:{column}: {key}")


def test_an_unknown_key_has_its_line_and_likeliest_name(folder, children):
    ended = children.run("summary", _write(folder, "learning_rate:", "learnin_rate:"), folder=folder)
    assert (ended.code, ended.is_plain) == (2, True)
    assert "c.yaml:4:" in ended.err
    assert "learnin_rate" in ended.err
    assert "did you mean learning_rate?" in ended.err


def test_a_duplicate_key_has_both_lines(folder, children):
    ended = summary(folder, children, tiny.CONFIG + "seed: 1\nseed: 2\n")
    assert (ended.code, ended.is_plain) == (2, True)
    assert "c.yaml:8:1: " in ended.err
    assert "line 7" in ended.err


BOMBS = {
    "aliases": "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "recursion": "a: &a [*a]\n",
    "nesting": "[" * 2000 + "]" * 2000,
    "nesting of mappings": "\n".join(" " * i + "a:" for i in range(1000)),
    "100 MB": b"a: 1\n" * (20 * 2**20),
    "a key without end": "? " * 5000,
    "a tag of python": "name: !!python/object/apply:os.system ['touch pwned']\n",
    "a class": "name: !!python/name:os.system\n",
    "a tag": "name: !pwned {}\n",
    "no text": b"\xff\xfe\x00a",
    "a NUL": "name: \0\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_in_little_time_and_memory(folder, children, bomb):
    ended = summary(folder, children, BOMBS[bomb])
    assert (ended.code, ended.is_plain) == (2, True), ended.err
    assert "c.yaml" in ended.err
    assert ended.seconds < SECONDS
    assert [path.name for path in folder.iterdir()] == ["c.yaml"]


@pytest.mark.parametrize("path", ["os.system", "nnlab.nn.losses.SoftmaxCrossEntropy", "__import__"])
def test_a_dotted_path_is_a_name_that_is_not_known(folder, children, path):
    ended = children.run("summary", _write(folder, "type: sgd", f"type: {path}"), folder=folder)
    assert (ended.code, ended.is_plain) == (2, True)
    assert path in ended.err
    assert "adam" in ended.err  # what is known


def _write(folder, old, new):
    source = folder / "c.yaml"
    assert old in tiny.CONFIG
    source.write_text(tiny.CONFIG.replace(old, new))
    return source


def tiny_with(folder, extra="", layers=0):
    source = folder / "large.yaml"
    source.write_text(tiny.CONFIG.replace("network: [", "network: [" + "relu, " * layers) + extra)
    return source


def test_a_megabyte_of_duplicate_keys_has_a_short_message(folder, children):
    for extra in ("a: 1\n" * 200_000, f"{'a' * 900}: 1\n" * 1000):
        ended = children.run("summary", tiny_with(folder, extra), folder=folder)
        assert (ended.code, ended.is_plain) == (2, True)
        assert len(ended.err) < 30_000
        assert "first given in line" in ended.err


@pytest.mark.slow
def test_the_largest_network_is_summarized_in_seconds_and_a_larger_one_refused(folder, children):
    ended = children.run("summary", tiny_with(folder, layers=9_997), folder=folder)
    assert (ended.code, ended.is_plain) == (0, True), ended.err
    assert ended.seconds < 10
    ended = children.run("summary", tiny_with(folder, layers=50_000), folder=folder)
    assert (ended.code, ended.is_plain) == (2, True)
    assert {"10000", "50003"} <= set(re.findall(r"\d+", ended.err))
    assert ended.seconds < 10


def test_a_nul_in_the_name_of_a_base_is_a_mistake_in_the_config(folder, children):
    source = folder / "nul.yaml"
    source.write_text('extends: "a\\0b.yaml"\nname: x\n')
    ended = children.run("summary", source, folder=folder)
    assert (ended.code, ended.is_plain) == (2, True), ended.err
    assert "nul.yaml:1:10" in ended.err
