"""Altered files of a run: no reader uses them, and ``verify`` names them."""

import copy
import dataclasses
import itertools
import json
import shutil

import numpy as np
import pytest
import yaml

import nnlab
from faults import tiny
from faults.scale import counting, sample
from nnlab.comparison import compare
from nnlab.config import as_yaml, load_config
from nnlab.errors import NnlabError, RunError
from nnlab.integrity import verify
from nnlab.runs import Run
from nnlab.runs.checkpoint_index import read_index
from nnlab.runs.ledger import read_ledger
from nnlab.runs.run_config import load_run_config

FLIPPED = ("checkpoints/index.json", "config.yaml", "summary.json", "environment.json", "test-ledger.jsonl")


@pytest.fixture(scope="module")
def runs(shelf):
    """A finished run with evaluations of two checkpoints, and another one to compare it with."""
    folder = shelf / "altered"
    folder.mkdir()
    (folder / "tiny.yaml").write_text(tiny.CONFIG)
    made = []
    for seed in (3, 4):
        config = load_config(folder / "tiny.yaml", (f"seed={seed}", "data.test=40", "training.evaluate_every=4"))
        made.append(nnlab.train(config, runs_dir=folder / "runs"))
        for which in ("best", "last", "best"):
            nnlab.evaluate(made[-1], checkpoint=which)
        nnlab.evaluate(made[-1], split="validation")
    return made


@pytest.fixture
def run(runs, folder):
    """A copy of the first run."""
    shutil.copytree(runs[0].path, folder / "run")
    return Run(folder / "run")


def evaluated(run, other):
    return nnlab.evaluate(run).metrics.as_json()


def compared(run, other):
    found = compare([run, other])
    if set(found.warnings) - {"each setting has one seed only"} or found.broken:
        raise RunError(str(found.warnings))
    return (
        found.keys,
        found.verdict,
        [(each.name, each.values, each.seeds, each.results) for each in found.settings],
    )


READERS = {"eval": evaluated, "compare": compared}


def outcome(reader, run, other):
    """Return what ``reader`` makes of a run, None if it refuses; the files are as before afterwards."""
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    try:
        return reader(run, other)
    except NnlabError:
        return None
    finally:
        for path in [path for path in run.path.rglob("*") if path.is_file()]:
            if path not in before:
                path.unlink()
        for path, content in before.items():
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)


def test_a_flipped_bit_changes_no_result_in_silence(run, runs):
    other = runs[1]
    expected = {name: outcome(reader, run, other) for name, reader in READERS.items()}
    assert None not in expected.values()
    sizes = {name: (run.path / name).stat().st_size for name in FLIPPED}
    flips = [(name, place, bit) for name, size in sizes.items() for place in range(size) for bit in range(8)]
    with counting("flipped bits of files of a run, each with eval, compare and verify") as figure:
        for name, place, bit in sample(flips, 50, np.random.default_rng(31)):
            path = run.path / name
            intact = path.read_bytes()
            content = bytearray(intact)
            content[place] ^= 1 << bit
            path.write_bytes(content)
            found = []
            for command, reader in READERS.items():
                now = outcome(reader, run, other)
                if now not in (None, expected[command]):
                    found.append(f"{command} says {now}")
            if not is_named(run, name) and not is_the_same_config(run, name, intact):
                found.append("verify does not name it")
            path.write_bytes(intact)
            figure.add(found, name, place, bit)


def test_any_flipped_bit_of_a_file_with_a_check_is_refused_by_its_reader(run):
    readers = {name: (lambda name=name: run.read_json(name)) for name in ("summary.json", "environment.json")}
    readers["checkpoints/index.json"] = lambda: read_index(run.path / "checkpoints")
    readers["test-ledger.jsonl"] = lambda: read_ledger(run.path)
    with counting("flipped bits of JSON files of a run, each with their reader") as figure:
        for name, read in readers.items():
            path = run.path / name
            intact = path.read_bytes()
            flips = list(itertools.product(range(len(intact)), range(8)))
            for place, bit in sample(flips, 400, np.random.default_rng(33)):
                path.write_bytes(intact[:place] + bytes([intact[place] ^ 1 << bit]) + intact[place + 1 :])
                try:
                    read()
                except RunError:
                    figure.add((), name)
                else:
                    figure.add(["it is read"], name, place, bit)
            path.write_bytes(intact)


def is_named(run, name):
    return any(
        each.file == name and each.state in {"damaged", "edited"} for each in verify(run, quick=True).findings
    )


def is_the_same_config(run, name, intact):
    """Return whether the file is a config that was only written in another way."""
    if name != "config.yaml":
        return False
    now = as_yaml(load_run_config(run))
    (run.path / name).write_bytes(intact)
    return now == as_yaml(load_run_config(run))


def altered(value):
    """Return another value in place of a leaf."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    return 1 if value is None else [0]


def leaves(value, way=()):
    """Yield the way to each leaf of nested lists and dictionaries; an empty one is a leaf."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    items = list(items)
    if not items:
        yield way
    for key, inner in items:
        yield from leaves(inner, (*way, key))


def with_change(value, way, change):
    """Return a copy of ``value`` in which ``change`` was applied to the parent of the leaf at ``way``."""
    changed = copy.deepcopy(value)
    parent = changed
    for key in way[:-1]:
        parent = parent[key]
    change(parent, way[-1])
    return changed


def replace(parent, key):
    parent[key] = altered(parent[key])


def remove(parent, key):
    del parent[key]


@dataclasses.dataclass
class Format:
    """How the documents in a file are read and written."""

    read: object
    write: object


def lines(documents):
    return "".join(f"{json.dumps(each)}\n" for each in documents)


FORMATS = {
    ".json": Format(json.loads, lambda value: json.dumps(value, indent=2, ensure_ascii=False) + "\n"),
    ".jsonl": Format(lambda text: [json.loads(line) for line in text.splitlines()], lines),
    ".yaml": Format(yaml.safe_load, yaml.safe_dump),
}


def test_verify_names_the_file_of_any_changed_field(run):
    assert verify(run).verdict == "intact, evaluated again"
    places = [path for path in sorted(run.path.rglob("*")) if path.suffix in FORMATS]
    assert len(places) == 8
    fields = []
    for path in places:
        document = FORMATS[path.suffix].read(path.read_text())
        for way in leaves(document):
            fields += [(path, document, way, change) for change in (replace, remove)]
    with counting("fields of files of a run, each changed or removed alone") as figure:
        for path, document, way, change in sample(fields, 80, np.random.default_rng(32)):
            intact = path.read_bytes()
            path.write_text(FORMATS[path.suffix].write(with_change(document, way, change)))
            name = path.relative_to(run.path).as_posix()
            # What was removed may be what a config without it means.
            same = is_named(run, name) or (change is remove and is_the_same_config(run, name, intact))
            found = [] if same else ["verify does not name it"]
            path.write_bytes(intact)
            figure.add(found, name, *way, change.__name__)
