"""A document of every kind of block, with names that want to be markup, for the tests of all formats."""

import numpy as np

from nnlab.drawing.calibration import calibration
from nnlab.drawing.curves import curves
from nnlab.drawing.filters import filters
from nnlab.evaluation import wilson
from nnlab.report.content import Code, Comment, Document, Facts, Matrix, Picture, Prose, Section, Table, TableCell
from nnlab.runs.curve import Curve

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %}",
    r"\input{/etc/passwd} $x_1$ 100% #1 & ~ ^",
    "| a | [b](javascript:alert(1)) `c` *d* _e_",
    "\x1b[31mred\x1b[0m \u202eright to left",
    "</title></style><!--",
    "\ud800 \x00 \ufdd0",
    "日本語 😀 Größe",
    "",
)
NOTE = f"""# Cats and dogs

They **look alike**: see [a paper](https://arxiv.org/abs/1311.2524), {SCRIPT},
[this](javascript:alert(1)), ![that](https://example.org/spy.png) and <b onclick=alert(1)>bold</b>.

1. first
2. second

> quoted, with `code`

    a = "<script>"
"""


def document(classes=10, pictures=True):
    """Return a document of ``classes`` classes, the first ten of which have hostile names."""
    names = (*HOSTILE, *(f"class {number}" for number in range(10, classes)))[:classes]
    return Document(
        title=f"Report on {SCRIPT}",
        subtitle=f"run 20261121-093156-{SCRIPT}-7678, trained on 21 November 2026",
        sections=(
            _words(),
            _tables(names),
            *((_pictures(names[:4]),) if pictures else ()),
            _confusions(names),
        ),
    )


def _words():
    return Section(
        "overview",
        "Network",
        (
            Prose("A network of two convolutions and a dense layer learns to tell ten kinds of image apart. " * 4),
            Prose(f"The test set was looked at three times, by {SCRIPT}.", warning=True),
            Facts(
                (("seed", "0"), ("steps", "3,000"), (SCRIPT, SCRIPT), ("path", "/a/long/path/" + "of/parts/" * 30))
            ),
            Code(f"nnlab train mnist.yaml name='{SCRIPT}' \\\n    training.steps=3000\n{'x' * 300}"),
        ),
    )


def _tables(names):
    rng = np.random.default_rng(1)
    rows = tuple(
        (
            TableCell(name),
            TableCell(f"{recall:.1%}", float(recall)),
            TableCell(f"{support:,}", float(support), marked=support < 20),
            TableCell("report", address=f"../{name}/report.html"),
        )
        for name, recall, support in zip(
            names, rng.random(len(names)), rng.integers(0, 50, len(names)), strict=True
        )
    )
    total = (TableCell("all"), TableCell("50.0 %", 0.5), TableCell("1,000", 1000.0), TableCell(""))
    columns = ("class", "recall", "examples", SCRIPT)
    odd = (
        (TableCell("a"), TableCell("NaN", float("nan"))),
        (TableCell("b"), TableCell("—")),
        (TableCell("c"), TableCell("10", 10.0)),
        (TableCell("d"), TableCell("9", 9.0)),
    )
    return Section(
        "results",
        f"Results {SCRIPT}",
        (
            Table("per-class", f"Each class, {SCRIPT}.", columns, (*rows, total), total=True),
            Table("odd", "Numbers that are none.", ("name", "value"), odd),
            Table("empty", "Nothing at all.", ("name", "value"), ()),
            Comment("confused", "Which classes are confused, and why?", NOTE),
            Comment("unanswered", f"What would you try next, {SCRIPT}?"),
        ),
    )


def _pictures(names):
    rng = np.random.default_rng(2)
    steps = np.arange(1, 301)
    training = Curve(steps, np.exp(-steps / 100) + 0.1 * rng.random(300), 1 - np.exp(-steps / 80))
    weight = rng.normal(size=(5, 5, 3, 16))
    return Section(
        "pictures",
        "Curves and filters",
        (
            Picture("curves", curves(training), f"Loss and accuracy, {SCRIPT}.", f'The "loss" falls, {SCRIPT}.'),
            Picture("reliability", _reliability(), "How sure it is.", "Accuracy over confidence."),
            Picture("filters", filters(weight), "Filters.", "Sixteen filters of 5 by 5.", drawn=False),
        ),
    )


def _reliability():
    counts = np.array([0, 0, 2, 5, 20])
    intervals = np.array([wilson(count // 2, count) for count in counts.tolist()])
    accuracy, confidence = counts // 2 / np.maximum(counts, 1), np.arange(0.1, 1, 0.2)
    return calibration(counts, accuracy, confidence, intervals, error=0.5)


def _confusions(names):
    rng = np.random.default_rng(3)
    counts = rng.binomial(2000, 0.001, (len(names), len(names))) + np.diag(rng.integers(0, 1200, len(names)))
    counts[0] = 0
    return Section(
        "confusion",
        "Confusion",
        (
            Matrix("confusion", f"What was taken for what, {SCRIPT}.", counts.astype(np.int64), names),
            Comment("pairs", "Which pairs look alike?"),
        ),
    )
