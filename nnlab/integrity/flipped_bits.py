"""Find the one bit that was flipped in some bytes, where a check proves which one it was."""

from collections.abc import Callable

_LONGEST = 2**16  # bytes, of which each of 8 bits is tried


def flipped_back(content: bytes, proof: Callable[[bytes], bool]) -> bytes | None:
    """Return ``content`` with the one bit flipped for which ``proof`` holds; None if there is none.

    Every bit is tried, so ``proof`` has to be a digest: of 64 bits, another content than the original passes a
    line of 200 bytes with a probability below 1e-16. Longer contents than 64 KiB are not searched.
    """
    if len(content) > _LONGEST:
        return None
    tried = bytearray(content)
    for place in range(len(tried)):
        for bit in range(8):
            tried[place] ^= 1 << bit
            if proof(bytes(tried)):
                return bytes(tried)
            tried[place] ^= 1 << bit
    return None
