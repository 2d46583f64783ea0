"""What is to be known of the data that runs were trained on, told by the digest of their test examples."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """What is known of one copy of a data set."""

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
        "Fashion-MNIST: identical labels; the pixels were restored from copies with 182 grey levels and are off "
        "by at most 1-2 of 255.",
    ),
    Note(
        "cifar10",
        "515b5529afc6a0a717ca28f542433b0f8f7d145a8d3151c98227e18fc3f9e1fd",
        "CIFAR-10: all 60,000 images, but each was once compressed as JPEG (visible at 8x8 blocks), and put in "
        "another order. Accuracies measured on them are not quite those of the original.",
    ),
)


def notes_on(copies: Iterable[tuple[str, str]]) -> list[str]:
    """Return what is known of ``copies``, each a data set's name and the digest of its test examples.

    Of data sets that are generated there is nothing to tell.
    """
    copies = set(copies)
    known = {note.digest: note.text for note in NOTES}
    told = [note.text for note in NOTES if (note.data, note.digest) in copies]
    strangers = sorted((data, digest) for data, digest in copies if digest not in known)
    return told + [
        f"{data}: a copy of which nothing is known here (its test examples have the SHA-256 {digest[:12]}...)."
        for data, digest in strangers
        if data in {note.data for note in NOTES}
    ]
