"""Which tests assert the wording of which message: found in the sources, without running either."""

import ast
import errno
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from support import ROOT

_GAP = "\0"  # stands for a placeholder of an f-string
_FEW = 3  # consecutive words that a test and a message have in common by more than chance
_FROM_SYSTEM = {tuple(os.strerror(number).lower().split()) for number in errno.errorcode}
_WARNING = {"warn", "problem", "say"}


@dataclass(frozen=True)
class Message:
    """A message in the package: where it is, and its words, a list for each piece between placeholders."""

    place: str
    pieces: tuple[tuple[str, ...], ...]


def messages():
    """Return the messages of the package's errors, problems and warnings."""
    found = []
    for path in sorted((ROOT / "nnlab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_message(node.func):
                for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                    found += [
                        Message(f"{path.relative_to(ROOT)}:{literal.lineno}", pieces)
                        for literal in _literals(argument)
                        if (pieces := _pieces(literal))
                    ]
    return found


def _is_message(function):
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in _WARNING or name.endswith(("Error", "Problem", "Fault", "Interrupted", "Diverged"))


def _literals(node):
    """Yield the outermost strings in an expression."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def _pieces(literal):
    parts = literal.values if isinstance(literal, ast.JoinedStr) else [literal]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else _GAP for part in parts)
    return tuple(phrases(text))


def phrases(text):
    """Return the phrases of a text or of a regular expression: two plain words or more, in lower case, in a row.

    What stands for a value, a command, and what is a name in a config, in the code or of a file part two phrases.
    """
    text = re.sub(r"\\[bdsSwWnA-Z]|[.\])][*+?]|\(\?[^)]*\)|\{[^{}]*\}", _GAP, text)
    text = re.sub(r"\\(.)", r"\1", text)  # what a regular expression escapes
    text = re.sub(r"\bnnlab \w+|\bdid you mean\b", _GAP, text)  # the hint is worded once, in errors.py
    text = re.sub(r"\S*(?:\w[_./=:\[\]]\w|--\w|`)\S*", _GAP, text).lower()
    parts = re.split(r"[^\w\s',;-]|\n|\d+", text)
    found = (tuple(re.findall(r"[^\W\d_]+(?:'[a-z]+)?", part)) for part in parts)
    return [phrase for phrase in found if len(phrase) > 1]


def asserted(path):
    """Return the phrases that a test file asserts: in its assertions, patterns, parameters and tables.

    What the operating system says is not counted.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    places = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            places.append(node.test)
        elif isinstance(node, ast.FunctionDef):
            places += node.decorator_list
        elif isinstance(node, ast.keyword) and node.arg == "match":
            places.append(node.value)
    strings = {
        node.value
        for place in places
        for node in ast.walk(place)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {phrase for string in strings for phrase in phrases(string)} - _FROM_SYSTEM


def common(phrase, message):
    """Return how many consecutive words a phrase has in common with a message, at most."""
    longest = 0
    for piece in message.pieces:
        for start in range(len(phrase)):
            for end in range(start + longest + 1, len(phrase) + 1):
                if not any(phrase[start:end] == piece[i : i + end - start] for i in range(len(piece))):
                    break
                longest = end - start
    return longest


def asserted_by(known, files):
    """Return the files that assert the wording of each message, for the messages that any file asserts.

    A phrase is taken to assert the message with which it has the most consecutive words in common: at least
    three, or the whole phrase.
    """
    index = defaultdict(set)
    for message in known:
        for piece in message.pieces:
            for pair in pairwise(piece):
                index[pair].add(message)
    found = defaultdict(dict)
    for file, said in files.items():
        for phrase in sorted(said):
            near = {message for pair in pairwise(phrase) for message in index[pair]}
            lengths = {message: common(phrase, message) for message in near}
            most = max(lengths.values(), default=0)
            if most >= min(_FEW, len(phrase)):
                closest = [message for message in near if lengths[message] == most]
                if len(closest) == 1:  # words that several messages share are no message's own
                    found[closest[0]].setdefault(file, " ".join(phrase))
    return found
