"""Options that repeat a literal type of the library offer the same values."""

from typing import get_args

from nnlab.cli import arguments as shared
from nnlab.drawing.saving import _UNDATED
from nnlab.evaluation import SplitName
from nnlab.report.formats import FormatName
from nnlab.runs.checkpoints import Which


def test_each_option_offers_what_the_library_takes():
    assert set(get_args(shared.SplitName)) == set(get_args(SplitName))
    assert set(get_args(shared.CheckpointName)) == set(get_args(Which))
    assert set(get_args(shared.FigureFormat)) == set(_UNDATED)
    assert get_args(shared.ReportFormat) == get_args(FormatName)


def test_a_value_that_is_not_offered_is_refused_with_those_that_are(nnlab_):
    for arguments, known in (
        (("eval", "x", "--split", "foo"), "'foo' is not one of 'test', 'validation', 'train'"),
        (("eval", "x", "--checkpoint", "foo"), "'foo' is not one of 'best', 'last'"),
        (("report", "x", "--format", "foo"), "'foo' is not one of 'html', 'md', 'tex'"),
    ):
        code, out, err = nnlab_(*arguments)
        assert (code, out) == (2, "")
        assert known in err
