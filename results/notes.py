"""Notes on the copies of data sets that runs were trained on, identified by the digest of the test examples."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A note on one copy of a data set."""

    data: str
    digest: str
    text: str


NOTES = (
    Note(
        "mnist",
        "1153a1cd436486415ca2af9273c0df1f674a99071cb96d2acafc148b96c23677",
        "MNIST: identical pixels and labels.",
    ),
    Note(
        "fashion_mnist",
        "808c832bae6eabd33a71101847291c5721e526f868386dfcc03a9b1ac66bd11e",
        "Fashion-MNIST: identical labels; the pixels were restored from copies with 182 grey levels and differ "
        "by at most 1-2 of 255.",
    ),
    Note(
        "cifar10",
        "515b5529afc6a0a717ca28f542433b0f8f7d145a8d3151c98227e18fc3f9e1fd",
        "CIFAR-10: all 60,000 images, in another order, and each was once compressed as JPEG (8x8 blocks are "
        "visible). Accuracies on this copy differ slightly from those on the original.",
    ),
)


def notes_on(copies: Iterable[tuple[str, str]]) -> list[str]:
    """Return the notes on ``copies``, pairs of a data set's name and the digest of its test examples.

    Generated data sets have no notes.
    """
    copies = set(copies)
    known = {note.digest: note.text for note in NOTES}
    texts = [note.text for note in NOTES if (note.data, note.digest) in copies]
    unknown = sorted((data, digest) for data, digest in copies if digest not in known)
    return texts + [
        f"{data}: an unknown copy (SHA-256 of its test examples: {digest[:12]}...)."
        for data, digest in unknown
        if data in {note.data for note in NOTES}
    ]
