"""Which tests assert the wording of which message: found in the sources, without running either."""

import ast
import errno
import os
import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from support import ROOT

REFUSAL = "nnlab/errors.py: refusal"
_GAP = "\0"  # stands for a placeholder of an f-string
_FEW = 3  # consecutive words that a test and a message have in common by more than chance
_FROM_SYSTEM = {tuple(os.strerror(number).lower().split()) for number in errno.errorcode}
_WARNING = {"warn", "problem", "say"}
_REFUSAL = {"refusal", "system_errors"}
_MODULES = {"comparison/comparison.py", "comparison/fairness.py", "config/messages.py", "config/overrides.py"}
"""What functions of these modules return or yield is messages too."""
_LITTLE = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "but",
        "by",
        "for",
        "from",
        "has",
        "have",
        "if",
        "in",
        "is",
        "it",
        "its",
    }
    | {
        "no",
        "none",
        "not",
        "of",
        "on",
        "or",
        "so",
        "than",
        "that",
        "the",
        "there",
        "this",
        "to",
        "was",
        "were",
        "with",
    }
)
"""Words that any sentence may have."""


@dataclass(frozen=True)
class Message:
    """A message in the package: where it is, and its words, a list for each piece between placeholders."""

    place: str
    pieces: tuple[tuple[str, ...], ...]

    @property
    def file(self):
        return self.place.partition(":")[0]


def messages():
    """Return the messages of the package's errors, problems and warnings.

    "cannot read", "cannot write" and the like are one message, that of ``nnlab.errors.refusal``.
    """
    found = []
    actions = set()
    for path in sorted((ROOT / "nnlab").rglob("*.py")):
        only_messages = path.relative_to(ROOT / "nnlab").as_posix() in _MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in _REFUSAL:
                actions |= {literal.value for argument in node.args for literal in _literals(argument)}
            elif isinstance(node, ast.Call) and _is_message(node):
                arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                found += [_message(path, literal) for argument in arguments for literal in _literals(argument)]
            elif isinstance(node, ast.Return | ast.Yield) and node.value is not None and only_messages:
                returned = [_message(path, literal) for literal in _literals(node.value)]
                found += [message for message in returned if sum(map(len, message.pieces)) > _FEW]
    refused = tuple(("cannot", *action.split()) for action in sorted(actions))
    own = (Message(each.place, tuple(piece for piece in each.pieces if piece not in refused)) for each in found)
    return [Message(REFUSAL, refused), *(message for message in own if message.pieces)]


def _message(path, literal):
    return Message(f"{path.relative_to(ROOT)}:{literal.lineno}", _pieces(literal))


def _name(function):
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_message(call):
    name = _name(call.func)
    if name == "PydanticCustomError" and call.args[0].value != "option":
        return False  # nnlab.config.messages words it
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
    """Return the most consecutive words that a phrase has in common with a message.

    Words count only if what stands before and behind them can be the message's: the phrase may go on where the
    message has a placeholder, or the message where the phrase ends, but they may not go on with different words.
    """
    longest = ()
    for piece in message.pieces:
        for shift in range(1 - len(phrase), len(piece)):  # the phrase begins at this word of the piece
            first, last = max(shift, 0), min(shift + len(phrase), len(piece))
            words = piece[first:last]
            if len(words) > len(longest) and words == phrase[first - shift : last - shift]:
                longest = words
    return longest


def asserted_by(known, files):
    """Return the files that assert the wording of each message, for the messages that any file asserts.

    A phrase is taken to assert the message with which it has the most consecutive words in common: at least
    three, two of them telling, or all that stand between two placeholders. Words that messages of several modules
    share are taken to assert none.
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
            shared = {message: common(phrase, message) for message in near}
            most = max(map(len, shared.values()), default=0)
            closest = [message for message in near if len(shared[message]) == most]
            whole = any(shared[message] in message.pieces for message in closest)
            telling = len(set(max(shared.values(), key=len, default=())) - _LITTLE)
            if not telling or not (whole or (most >= _FEW and telling > 1)):
                continue
            if len({message.file for message in closest}) == 1:  # what several modules say is no message's own
                first = min(closest, key=lambda message: message.place)
                found[first].setdefault(file, " ".join(phrase))
    return found
