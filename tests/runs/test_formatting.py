"""Text forms of numbers and names."""

from nnlab.runs.formatting import distinct


def test_equal_and_blank_class_names_get_their_number():
    assert distinct(["cat", "dog", "cat", "", " cat"]) == ["cat (0)", "dog", "cat (2)", "(3)", " cat (4)".strip()]
    assert distinct(["a", "b"]) == ["a", "b"]
