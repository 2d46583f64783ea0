import pytest
from matplotlib.colors import to_hex

from bench.figure import comparison_figure
from nnlab.drawing import style
from nnlab.drawing.saving import save


def test_times_and_ratios_are_drawn(make_report):
    times, ratios = comparison_figure(make_report(0.5, 2.0)).axes
    mine, theirs = (line.get_xdata().tolist() for line in times.lines)
    assert mine == [1.5, 1.5]
    assert theirs == [0.75, 3.0]
    assert [label.get_text() for label in times.get_yticklabels()] == ["net0 (16)", "net1 (16)"]
    assert [to_hex(bar.get_facecolor()).upper() for bar in ratios.patches] == [style.ORANGE, style.BLUE]
    assert [(bar.get_x(), bar.get_width()) for bar in ratios.patches] == [(1, -0.5), (1, 1.0)]
    assert [text.get_text() for text in ratios.texts] == ["0.50", "2.00"]


def test_disturbed_results_are_marked(make_report):
    _, ratios = comparison_figure(make_report(0.5, disturbed=True)).axes
    assert ratios.texts[0].get_text() == "0.50 ?"


def test_nnlab_alone_has_no_ratios(make_report):
    (times,) = comparison_figure(make_report(1.0, kernels=[(1.0, 0)], torch=None)).axes
    assert [label.get_text() for label in times.get_yticklabels()] == ["net0 (16)", "relu, 2x3: forward"]


@pytest.mark.slow
def test_a_figure_of_many_rows_fits_a_page(make_report, tmp_path):
    figure = comparison_figure(make_report(kernels=[(1.5, 0)] * 60))
    assert figure.get_figheight() < 10
    save(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size
