"""What the author of a run has to say about it: a file with a heading for each question, and the answer below."""

import re
from collections.abc import Sequence
from pathlib import Path

from nnlab.errors import RunError, printable
from nnlab.files import reading, write_bytes
from nnlab.report.document import Comment

_LARGEST = 2**20  # bytes; a book has less
_NEWLINE = re.compile(r"\r\n?|\n")
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<rest>.*)", re.DOTALL)


def keep_notes(path: Path, comments: Sequence[Comment]) -> dict[str, str]:
    """Return what stands below the prompt of each comment in ``path``, by the comment's name; "" if nothing does.

    Headings that are missing are added at the end, and the file is made if need be; nothing else in it is ever
    changed. Only the headings of these prompts end an answer, which may have headings of its own. Answers below
    the same prompt belong together.

    Raises RunError if the file cannot be read, is not UTF-8 or has more than a megabyte, SystemFault if the
    machine refuses to write.
    """
    content = _read(path)
    text = _decoded(path, content)
    headings = {comment.name: " ".join(printable(f"## {comment.prompt}").split()) for comment in comments}
    answers = _answers(text, set(headings.values()))
    missing = [heading for heading in dict.fromkeys(headings.values()) if heading not in answers]
    if missing:
        content += _addition(text, missing).encode()
        _check_size(path, content)
        write_bytes(path, content)
    return {name: answers.get(heading, "") for name, heading in headings.items()}


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


def _answers(text: str, headings: set[str]) -> dict[str, str]:
    """Return what stands below each of the ``headings`` that ``text`` has."""
    lines = _NEWLINE.split(text.removeprefix("\N{BYTE ORDER MARK}"))
    fenced = _fenced(lines)
    answers: dict[str, list[str]] = {}
    current: list[str] = []
    for number, line in enumerate(lines):
        heading = " ".join(printable(line).split())
        if heading in headings and line.startswith("##") and number not in fenced:
            current = answers.setdefault(heading, [])
            current.append("")
        else:
            current.append(line)
    return {heading: _without_end(answer) for heading, answer in answers.items()}


def _without_end(answer: Sequence[str]) -> str:
    """Return an answer less the headings at its end without text: they are of questions that are asked no more."""
    end = len(answer)
    while end and (not answer[end - 1].strip() or answer[end - 1].startswith("## ")):
        end -= 1
    return "\n".join(answer[:end]).strip("\n")


def _fenced(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines between fences, where a heading is none.

    A fence that is never closed hides nothing: else the headings added below it would not be found again.
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
    """Return what is written after ``text`` to add ``headings``, with the newlines that it has."""
    newline = match[0] if (match := _NEWLINE.search(text)) else "\n"
    parts = [f"{heading}{newline}" for heading in headings]
    if text.removeprefix("\N{BYTE ORDER MARK}"):
        parts[0] = (newline if _NEWLINE.fullmatch(text[-1]) else 2 * newline) + parts[0]
    return newline.join(parts)
