"""Checkpoints with a flipped bit or without their end, and whether that is noticed."""

from nnlab.errors import RunError
from nnlab.runs import read_checkpoint
from nnlab.runs.checkpoint import encode


def silent_changes(content, folder, flips):
    """Return those of ``flips``, (byte, bit), after which something else is loaded from ``content``."""
    path = folder / "flipped.safetensors"
    path.write_bytes(content)
    original = b"".join(encode(read_checkpoint(path)))
    found = []
    for place, bit in flips:
        changed = bytearray(content)
        changed[place] ^= 1 << bit
        if not _is_noticed(path, bytes(changed), original):
            found.append((place, bit))
    return found


def silent_cuts(content, folder, lengths):
    """Return those of ``lengths`` to which a checkpoint's ``content`` can be cut with nobody noticing."""
    path = folder / "cut.safetensors"
    return [length for length in lengths if not _is_noticed(path, content[:length], b"")]


def _is_noticed(path, content, original):
    path.write_bytes(content)
    try:
        # The white space in a header may be other white space.
        return b"".join(encode(read_checkpoint(path))) == original
    except RunError:
        return True
