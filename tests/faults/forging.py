"""Runs and sweeps whose values were altered by somebody who also made every digest right."""

import copy
import hashlib
import json
import math

HOSTILE = {
    "1e308": 1e308,
    "-1": -1,
    "0": 0,
    "2**63": 2**63,
    "2**70": 2**70,
    "NaN": math.nan,
    "Infinity": math.inf,
    "an empty text": "",
    "a megabyte of text": "x" * 2**20,
    "an empty list": [],
    "an empty object": {},
    "null": None,
    "true": True,
    "500 levels": json.loads("[" * 500 + "]" * 500),
    "a NUL": "a\0b",
    "half a surrogate pair": "\ud800",
    "a script": "</script><script>alert(1)</script>",
    "a terminal's commands": "\x1b[2J\x1b]0;x\x07",
    "a fraction": 1.5,
    "64 axes": [1] * 64,
    "a way out": "../../../tmp",
}
"""What a value is replaced by."""


def fields(value, path=()):
    """Return the paths of all values inside a JSON ``value``; the first item of a list stands for all."""
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    found = []
    for key, each in inside:
        found += [(*path, key), *fields(each, (*path, key))]
    return found


def replaced(value, path, hostile):
    """Return a JSON ``value`` with what is at ``path`` replaced."""
    value = copy.deepcopy(value)
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = hostile
    return value


class JsonFile:
    """A file that is one JSON object."""

    def __init__(self, path):
        self.path = path

    def read(self):
        value = json.loads(self.path.read_text())
        self._checked = value.pop("check", None) is not None
        return value

    def write(self, value):
        text = json.dumps(value, indent=2).removesuffix("\n}")
        check = hashlib.sha256(text.encode()).hexdigest()
        checked = self._checked and text != "{}"
        self.path.write_text(f'{text},\n  "check": "{check}"\n}}\n' if checked else json.dumps(value))


class JsonLines(JsonFile):
    """A file of chained JSON objects, a line each, of which the first and the last are altered."""

    def read(self):
        lines = [json.loads(line) for line in self.path.read_text().splitlines()]
        self._middle = lines[1:-1]
        return {"first": lines[0], "last": lines[-1]} if lines[1:] else {"first": lines[0]}

    def write(self, value):
        check, lines = "0" * 16, []
        last = [value["last"]] if "last" in value else []
        for each in [value["first"], *self._middle, *last]:
            if isinstance(each, dict):
                each.pop("check", None)
            text = json.dumps(each)[:-1]
            check = hashlib.sha256(f"{check}{text}".encode()).hexdigest()[:16]
            lines.append(f'{text}, "check": "{check}"}}\n')
        self.path.write_text("".join(lines))


class CheckpointHeader(JsonFile):
    """The header of a checkpoint: facts, and type, shape and place of each array."""

    def read(self):
        content = self.path.read_bytes()
        end = 8 + int.from_bytes(content[:8], "little")
        header, self._rest = json.loads(content[8:end]), content[end:]
        return {"facts": json.loads(header.pop("__metadata__")["facts"]), "arrays": header}

    def write(self, value):
        facts = json.dumps(value["facts"])
        metadata = {"facts": facts, "sha256": hashlib.sha256(facts.encode()).hexdigest()}
        header = value["arrays"] if isinstance(value["arrays"], dict) else {"x": value["arrays"]}
        text = json.dumps({"__metadata__": metadata, **header}).encode()
        text += b" " * (-len(text) % 8)
        self.path.write_bytes(len(text).to_bytes(8, "little") + text + self._rest)
        index = JsonFile(self.path.with_name("index.json"))
        if index.path.exists():
            named = index.read()
            if self.path.name in named.get("digests", {}):
                named["digests"][self.path.name] = hashlib.sha256(text).hexdigest()
                index.write(named)


def opened(path):
    """Return the file at ``path`` as something whose fields can be altered; None if it has none."""
    kinds = {".json": JsonFile, ".jsonl": JsonLines, ".safetensors": CheckpointHeader}
    kind = kinds.get(path.suffix)
    return kind and kind(path)
