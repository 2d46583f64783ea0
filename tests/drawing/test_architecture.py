"""Every layer has its box, in order, and every residual connection its way around."""

from dataclasses import replace

import pytest
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from nnlab.drawing.architecture import Block, architecture

CONV = Block("conv2d", ("filters 16", "kernel 3", "padding 1"), "28x28x16", 2320, "trained")
RELU = Block("relu", (), "28x28x16", 0, "leaves the shape")


def numbered(count):
    return [Block(f"{i} relu", (), "28x28x16", 0, "leaves the shape") for i in range(count)]


def residual(*body, projection=None, name="3 residual"):
    return Block(name, (), "28x28x16", 1, "trained", body, projection)


def of_kind(figure, kind):
    return [patch for patch in figure.axes[0].patches if type(patch) is kind]


@pytest.mark.parametrize("count", [1, 3, 10, 19, 20, 40, 54])
def test_all_layers_stand_in_order_in_columns(readable, count):
    figure = architecture(numbered(count), title="net", note="0 parameters")
    texts = readable(figure)
    assert sorted(text for text in texts if "relu" in text) == sorted(f"{i} relu 28x28x16" for i in range(count))
    boxes = of_kind(figure, Rectangle)
    places = [(round(box.get_x(), 3), -box.get_y()) for box in boxes]
    assert places == sorted(places)
    columns = len({x for x, _ in places})
    assert columns == (1 if count < 19 else 2 if count < 38 else 3)
    assert len(of_kind(figure, FancyArrowPatch)) == count - 1


def test_what_does_not_fit_is_told(readable):
    told = readable(architecture(numbered(80)))
    assert any("layers that do not fit, left out: 26" in text for text in told)


@pytest.mark.parametrize("projection", [None, CONV])
def test_a_residual_connection_has_a_way_around(readable, projection):
    figure = architecture([RELU, residual(CONV, RELU, CONV, projection=projection), RELU])
    texts = readable(figure)
    assert "3 residual" in texts
    assert sum(text.startswith("conv2d") for text in texts) == (3 if projection else 2)
    (circle,) = of_kind(figure, Circle)
    around = max(of_kind(figure, FancyArrowPatch), key=lambda arrow: arrow.get_path().vertices[:, 0].max())
    path = around._path_original.vertices
    boxes = of_kind(figure, Rectangle)
    body = boxes[1:4]
    assert path[0][1] > max(box.get_y() + box.get_height() for box in body)
    assert path[1][0] > max(box.get_x() + box.get_width() for box in body)
    assert tuple(path[-1]) == pytest.approx((circle.center[0] + circle.radius, circle.center[1]))
    assert circle.center[1] < min(box.get_y() for box in body)


def test_residual_connections_within_one_another(readable):
    inner = residual(CONV, RELU, name="residual")
    figure = architecture(
        [RELU, residual(inner, CONV, inner, projection=CONV), residual(CONV, name="4 residual")] * 3
    )
    readable(figure)
    circles = of_kind(figure, Circle)
    assert len(circles) == 12


def test_branches_stand_side_by_side_above_the_box_that_joins_them(readable):
    narrow = replace(CONV, options=())
    joined = Block("3 concat", (), "28x28x48", 4640, "trained", branches=((narrow, RELU), (narrow,), ()))
    figure = architecture([RELU, joined, residual(joined, RELU)])
    assert "3 concat 28x28x48, 4,640 parameters" in readable(figure)
    first, *branches, box = of_kind(figure, Rectangle)[:5]
    assert len({boxed.get_x() for boxed in branches}) == 2
    assert branches[0].get_x() == branches[1].get_x()
    assert branches[0].get_y() == branches[2].get_y() < first.get_y()
    assert box.get_y() + box.get_height() < min(boxed.get_y() for boxed in branches)
    ends = {tuple(arrow._path_original.vertices[-1]) for arrow in of_kind(figure, FancyArrowPatch)}
    assert sum(y == pytest.approx(box.get_y() + box.get_height()) for _, y in ends) == 3


def test_a_network_may_begin_and_end_with_a_residual_connection(readable):
    readable(architecture([residual(CONV)]))
    readable(architecture([residual(CONV, RELU) for _ in range(12)]))


def test_hostile_names(readable, hostile):
    blocks = [Block(name, (name, name), name, 10**12, "trained") for name in hostile]
    readable(architecture([*blocks, residual(*blocks, projection=blocks[7], name=hostile[7])], title=hostile[0]))
