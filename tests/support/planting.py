"""Mistakes planted in configs at random: an oracle for what a reader of configs must find, and where."""

import copy
from dataclasses import dataclass

from hypothesis import assume
from hypothesis import strategies as st

from nnlab.config.config_document import read_document
from nnlab.config.nodes import compose, meaning, plain
from support import CONFIGS

SHIPPED = [path for path in sorted(CONFIGS.rglob("*.yaml")) if "sweeps" not in path.parts]

RICH = """\
name: rich
seed: 3
data: {type: random, shape: [9, 12, 2], classes: 4, train: 50, validation: 10, validation_split: last,
       normalize: {type: mean, divide: 2.5}}
network:
  - {type: conv2d, filters: 6, kernel: [3, 5], padding: same, bias: false, init: {type: normal, std: 0.5}}
  - batchnorm
  - type: residual
    body:
      - {type: conv2d, filters: 6, kernel: 3, padding: [1, 1]}
      - {type: residual, body: [{type: leaky_relu, slope: 0.2}, {type: dropout, rate: 0.25}]}
      - {type: batchnorm, momentum: 0.2, epsilon: 0.001}
  - type: residual
    body: [{type: conv2d, filters: 8, kernel: 3, stride: 2, padding: 1}]
    projection: {type: conv2d, filters: 8, kernel: 1, stride: 2}
  - {type: maxpool2d, size: 2, stride: 1}
  - {type: dense, units: 5, init: {type: glorot_uniform, gain: 2.0}, bias_init: zeros}
  - tanh
  - {type: dense, units: 4}
loss: {reduction: sum, label_smoothing: 0.1}
optimizer: {type: adam, learning_rate: 0.001, betas: [0.9, 0.99], decay: weights}
schedule: {type: linear_warmup, duration: 2.5, unit: epochs, then: {type: cosine, final: 0.1}}
training: {epochs: 2, batch_size: 5, replacement: true, monitor: loss, evaluate_every: 3,
           early_stopping: {patience: 4, min_delta: 0.01}}
compute: {threads: 1}
"""

REQUIRED = {"filters", "kernel", "units", "size", "body", "shape", "learning_rate", "duration", "std"}
NULLABLE = {"evaluate_every", "stride", "threads", "steps", "epochs"}
REAL = {"learning_rate", "momentum", "weight_decay", "divide", "gain", "std", "rate", "min_delta", "clip_norm"}
FREE = {"inputs", "values"}  # any numbers at all
NAMES = {"init", "bias_init", "normalize", "loss", "schedule", "then"}


class Raw(str):
    """A value as it stands in the file."""

    __slots__ = ()


class Key(str):
    """A key that a message should point at; unlike any other, so that a mapping can hold it twice."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


@dataclass
class At:
    """A value that a message should point at."""

    value: object


def data_of(path):
    return plain(read_document(path).root)


def sources():
    """Return the data of every shipped config and of one that says much more."""
    rich, _ = compose(RICH, "rich")
    return {**{path.stem: data_of(path) for path in SHIPPED}, "rich": plain(rich)}


def thawed(data):
    """Return a copy with lists in place of tuples."""
    if isinstance(data, dict):
        return {key: thawed(value) for key, value in data.items()}
    return [thawed(item) for item in data] if isinstance(data, (list, tuple)) else data


def written(data):
    """Return ``data`` as YAML, one thing a line, and the (line, column) of everything marked in it."""
    lines, marked = [], []
    _write(data, 0, lines, marked)
    return "\n".join(lines) + "\n", marked


def _write(data, indent, lines, marked):
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(key, Key):
                marked.append((len(lines) + 1, indent + 1))
            lines.append(f"{' ' * indent}{key!s}:")
            _write_value(value, indent + 2, lines, marked)
    else:
        for value in data:
            first = len(lines)
            if isinstance(value, dict):
                _write(value, indent + 2, lines, marked)
                lines[first] = f"{' ' * indent}- {lines[first].lstrip()}"
            else:
                lines.append(f"{' ' * indent}-")
                _write_value(value, indent + 2, lines, marked)


def _write_value(value, indent, lines, marked):
    if isinstance(value, At):
        marked.append((len(lines), len(lines[-1]) + 2))
        value = value.value
    if isinstance(value, (dict, list)) and value:
        _write(value, indent, lines, marked)
    else:
        lines[-1] += f" {scalar(value)}"


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value) is str and meaning(value) != value:
        return f"'{value}'"
    return "null" if value is None else str(value)


def walk(data, path=()):
    """Yield (container, key, path) of everything in ``data``."""
    for key, value in list(data.items() if isinstance(data, dict) else enumerate(data)):
        here = (*path, str(key) if isinstance(key, Key) else key)
        yield data, key, here
        if isinstance(value, (dict, list)):
            yield from walk(value, here)


def misspelt(name):
    """Return a name that is no other's and still like this one."""
    return f"{name[:-2]}{name[-1]}{name[-2]}" if len(name) > 4 and name[-1] != name[-2] else name + name[-1]


def names_something(container, key, path):
    """Return whether a value is the name of a layer, a loss, ..."""
    return key in NAMES | {"type"} or (isinstance(key, int) and path[-2] in {"network", "body"})


WRONG = {
    bool: ["NO", "1", "'true'", "[]", "0.0"],
    int: ["five", "010", "1:30", "true", "1.5", "[]", "{}", "null", "'5'", "2026-11-21", "0x10", ".nan"],
    float: ["five", "010", "NO", "true", "[]", "{}", "null", ".nan", "-.inf", "'0.5'", "1e-3x"],
    str: ["5", "true", "[]", "null", "1e3"],
}


def wrong_value(draw, data, spots):
    values = [s for s in spots if type(s[0][s[1]]) in WRONG and s[1] != "padding" and not FREE & {*s[2]}]
    container, key, path = _one_of(draw, values)
    texts = WRONG[float if key in REAL else type(container[key])]
    container[key] = At(
        Raw(draw(st.sampled_from([text for text in texts if text != "null" or key not in NULLABLE])))
    )
    return path


def out_of_range(draw, data, spots):
    numbers = [s for s in spots if type(s[0][s[1]]) in {int, float} and not FREE & {*s[2]}]
    container, key, path = _one_of(draw, numbers)
    container[key] = At(-1)
    return path


def misspelt_literal(draw, data, spots):
    texts = [s for s in spots if s[1] in {"validation_split", "unit", "monitor", "reduction", "decay"}]
    container, key, path = _one_of(draw, texts)
    container[key] = At(misspelt(container[key]))
    return path


def misspelt_key(draw, data, spots):
    container, key, path = _one_of(draw, [s for s in spots if isinstance(s[0], dict) and s[1] != "name"])
    _rekey(container, {key: Key(misspelt(key))})
    return path


def unknown_key(draw, data, spots):
    mappings = [(data, ("",))] + [(s[0][s[1]], s[2]) for s in spots if isinstance(s[0][s[1]], dict)]
    mapping, path = draw(st.sampled_from(mappings))
    key = draw(st.sampled_from(["zzz", "größe", "9", "x" * 120]))
    mapping[Key(key)] = Raw(draw(st.sampled_from(["1", "text", "[1, 2]", "{a: 1}"])))
    return path


def duplicate_key(draw, data, spots):
    container, key, path = _one_of(draw, [s for s in spots if isinstance(s[0], dict)])
    container[Key(key)] = copy.deepcopy(container[key])
    return path


def missing_option(draw, data, spots):
    options = [s for s in spots if s[1] in REQUIRED and s[0]["type"] != "adam"]
    container, key, path = _one_of(draw, options)
    del container[key]
    container["type"] = At(container["type"])
    return path


def missing_section(draw, data, spots):
    sections = [s for s in spots if s[2] in {("data",), ("network",), ("optimizer",), ("training",)}]
    container, key, path = _one_of(draw, sections)
    del container[key]
    _rekey(data, {"name": Key("name")})
    return path


def misspelt_type(draw, data, spots):
    container, key, path = _one_of(draw, [s for s in spots if isinstance(s[0][s[1]], str) and names_something(*s)])
    container[key] = At(misspelt(container[key]))
    return path


def unknown_type(draw, data, spots):
    container, key, path = _one_of(draw, [s for s in spots if isinstance(s[0][s[1]], str) and names_something(*s)])
    container[key] = At("qqqqqq")
    return path


def misfit(draw, data, spots):
    container, key, path = _one_of(draw, [s for s in spots if s[1] in {"kernel", "size"}])
    container[key] = At(999)
    if key == "kernel":
        container["padding"] = 0
    return path


def two_lengths(draw, data, spots):
    assume("training" in data)
    training = data["training"]
    training[Key("epochs" if "steps" in training else "steps")] = 1
    return ("training",)


def no_length(draw, data, spots):
    assume("training" in data)
    data["training"] = {key: value for key, value in data["training"].items() if key not in {"steps", "epochs"}}
    _rekey(data, {"training": Key("training")})
    return ("training",)


def _one_of(draw, spots):
    assume(spots)
    return draw(st.sampled_from(spots))


def _rekey(mapping, names):
    entries = dict(mapping)
    mapping.clear()
    mapping.update({names.get(key, key): value for key, value in entries.items()})


LIKE = [misspelt_key, unknown_key, duplicate_key, misspelt_type, misspelt_literal]
"""Mistakes after which it is still known, or likely, what the shapes are."""

UNLIKE = [wrong_value, out_of_range, missing_option, unknown_type, missing_section, two_lengths, no_length]
"""Mistakes that may leave a shape unknown."""


def plant(draw, data, kinds):
    """Plant a mistake of each of ``kinds``, each in another entry of ``data``."""
    taken = []
    for kind in kinds:
        spots = [spot for spot in walk(data) if not any(_overlap(_entry(spot[2]), other) for other in taken)]
        entry = _entry(kind(draw, data, spots))
        assume(not any(_overlap(entry, other) for other in taken))
        taken.append(entry)


def _entry(path):
    return path[:2] if path[0] == "network" else path[:1]


def _overlap(a, b):
    return a[: len(b)] == b or b[: len(a)] == a
