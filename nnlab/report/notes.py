"""The author's notes on a run, in notes.md: a head, answers to the questions of the report, and further sections.

---
title: Small convolutions on MNIST
author: A. Student
date: 21 November 2026
---

An introduction.

## Which classes are confused, and why?

An answer, in Markdown.

## Related work

A section of the author's own, which the report shows in the same place.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nnlab.errors import RunError, SystemFault, printable
from nnlab.files import reading, refuse_links, write_bytes
from nnlab.report.content import Comment

log = logging.getLogger(__name__)

_LARGEST = 2**20  # bytes; a book has less
_NEWLINE = re.compile(r"\r\n?|\n")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<rest>.*)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,2})[ \t]+(?P<title>\S.*)", re.DOTALL)
_FIELD = re.compile(r"(?P<name>title|name|author|authors|date)[ \t]*:(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_FIELDS = {"name": "title", "authors": "author"}
_HEAD = ("---", "title:", "author:", "date:", "---")


@dataclass(frozen=True)
class OwnSection:
    """A section of the author's own; it follows the question of the comment ``after``, or precedes all if ""."""

    title: str
    text: str
    after: str


@dataclass(frozen=True)
class Notes:
    """Content of notes.md: head, introduction, answers by name of the comment, and the author's own sections."""

    title: str = ""
    author: str = ""
    date: str = ""
    introduction: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    sections: tuple[OwnSection, ...] = ()

    @property
    def texts(self) -> list[str]:
        """All texts in Markdown."""
        return [self.introduction, *self.answers.values(), *(section.text for section in self.sections)]

    def mapped(self, change: Callable[[str], str]) -> "Notes":
        """Return these notes with ``change`` applied to each text that is not empty."""
        return replace(
            self,
            introduction=self.introduction and change(self.introduction),
            answers={name: text and change(text) for name, text in self.answers.items()},
            sections=tuple(replace(own, text=own.text and change(own.text)) for own in self.sections),
        )


def keep_notes(path: Path, comments: Sequence[Comment], *, required: bool = True) -> Notes:
    """Return the notes in ``path``, and add the questions of ``comments`` that it lacks.

    Missing questions are added at the end as headings, and a missing file is created with an empty head; nothing
    else is ever changed. An answer lasts until the next heading of the first or second level; answers to the same
    question are joined. Other headings of these levels start sections of the author's own; a heading of the second
    level without text is left out, since it may be an unanswered question of an earlier report.

    Raises RunError if the file cannot be read, is not UTF-8 or has more than a megabyte, SystemFault if it cannot
    be written. Unless writing is ``required``, a warning is logged instead.
    """
    refuse_links(path)
    content = _read(path)
    text = _decoded(path, content)
    headings = {comment.name: _normalized(f"## {comment.prompt}") for comment in comments}
    former = {_normalized(f"## {prompt}"): headings[each.name] for each in comments for prompt in each.former}
    notes, known = _parsed(text, headings, former)
    missing = [heading for heading in dict.fromkeys(headings.values()) if heading not in known]
    if missing:
        content += _addition(text, missing).encode()
        _check_size(path, content)
        try:
            write_bytes(path, content)
        except SystemFault as fault:
            if required:
                raise
            log.warning("warning: %s; the questions of the report are not added", printable(str(fault)))
    return notes


def _read(path: Path) -> bytes:
    try:
        with reading(path) as file:
            content = file.read(_LARGEST + 1)
    except RunError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return b""
        raise
    _check_size(path, content)
    return content


def _check_size(path: Path, content: bytes) -> None:
    if len(content) > _LARGEST:
        raise RunError(f"{path} is too large for notes: it may have {_LARGEST:,} bytes")


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = len(_NEWLINE.findall(content[: error.start].decode())) + 1
        found = f"byte 0x{content[error.start]:02x}"
        raise RunError(f"{path}:{line}: {found} is not UTF-8; save the notes in that encoding") from error


def _normalized(line: str) -> str:
    return " ".join(printable(line).split())


def _parsed(text: str, headings: Mapping[str, str], former: Mapping[str, str]) -> tuple[Notes, set[str]]:
    """Return ``text`` as notes, and which of the ``headings``, given by comment, it has in any wording.

    ``former`` has the current heading of each earlier one.
    """
    lines = _NEWLINE.split(text.removeprefix("\N{BYTE ORDER MARK}"))
    fenced = _fenced(lines)
    comments = {heading: name for name, heading in reversed(list(headings.items()))}
    fields, start = _head(lines)
    introduction = fields.pop("", [])
    answers: dict[str, list[str]] = {}
    own: list[tuple[re.Match[str], str, list[str]]] = []
    current, after = introduction, ""
    for number, line in enumerate(lines[start:], start=start):
        heading = _HEADING.fullmatch(line) if number not in fenced else None
        question = _normalized(line) if number not in fenced and line.startswith("##") else ""
        question = question if question in comments else former.get(question, "")
        if question:
            after = comments[question]
            current = answers.setdefault(question, [])
            current.append("")
        elif heading:
            current = []
            own.append((heading, after, current))
        else:
            current.append(line)
    sections = [
        OwnSection(_title(heading), text, after)
        for heading, after, body in own
        if (text := _joined(body)) or heading["marks"] == "#"
    ]
    known = {heading: _joined(answer) for heading, answer in answers.items()}
    return (
        Notes(
            title=" ".join(fields.get("title", [])),
            author=", ".join(fields.get("author", [])),
            date=" ".join(fields.get("date", [])),
            introduction=_joined(introduction),
            answers={name: known.get(heading, "") for name, heading in headings.items()},
            sections=tuple(sections),
        ),
        set(known),
    )


def _head(lines: Sequence[str]) -> tuple[dict[str, list[str]], int]:
    """Return the fields at the beginning of the notes, and the number of the line after them.

    They are in a block between lines of three hyphens, or on the first lines, where ``# TITLE`` is a title too.
    Lines of a block that are not fields belong to the introduction, which is under "".
    """
    fields: dict[str, list[str]] = {}
    block = bool(lines) and lines[0].rstrip() == "---"
    if block and "---" not in (line.rstrip() for line in lines[1:]):
        return fields, 0
    for number, line in enumerate(lines):
        if block and line.rstrip() == "---":
            if number:
                return fields, number + 1
        elif found := _FIELD.fullmatch(line):
            name = found["name"].lower()
            if value := found["value"].strip().strip("\"'"):
                fields.setdefault(_FIELDS.get(name, name), []).append(value)
        elif (
            not block
            and "title" not in fields
            and (heading := _HEADING.fullmatch(line))
            and heading["marks"] == "#"
        ):
            fields["title"] = [_title(heading)]
        elif block:
            fields.setdefault("", []).append(line)
        elif line.strip():
            return fields, number
    return fields, len(lines)


def _title(heading: re.Match[str]) -> str:
    """Return the text of a heading, without the hash signs that may close it."""
    text = heading["title"].rstrip()
    bare = text.rstrip("#")
    return bare.rstrip() if bare and bare != bare.rstrip() else text


def _joined(lines: Sequence[str]) -> str:
    """Return ``lines`` without the empty ones at both ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while start < end and not lines[end - 1].strip():
        end -= 1
    return "\n".join(lines[start:end])


def _fenced(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines between fences, where no line is a heading.

    A fence that is never closed is ignored: otherwise headings added below it would not be found again.
    """
    found: set[int] = set()
    opening, start = "", 0
    for number, line in enumerate(lines):
        fence = _FENCE.fullmatch(line)
        if fence and not opening:
            opening, start = fence["marks"], number
            if opening[0] == "`" and "`" in fence["rest"]:  # code within a line
                opening = ""
        elif fence and fence["marks"].startswith(opening) and not fence["rest"].strip():
            found.update(range(start, number))
            opening = ""
    return found


def _addition(text: str, headings: Sequence[str]) -> str:
    """Return the lines to append to ``text``, with its kind of newlines; an empty file gets a head as well."""
    newline = match[0] if (match := _NEWLINE.search(text)) else "\n"
    parts = [f"{heading}{newline}" for heading in headings]
    if not text:
        parts.insert(0, "".join(f"{line}{newline}" for line in _HEAD))
    if text.removeprefix("\N{BYTE ORDER MARK}"):
        parts[0] = (newline if _NEWLINE.fullmatch(text[-1]) else 2 * newline) + parts[0]
    return newline.join(parts)
