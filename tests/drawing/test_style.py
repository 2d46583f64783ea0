"""Text is shown as it was given, cut where it must be, and never interpreted."""

import subprocess
import sys

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnlab.drawing import style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", "a b"),
        ("$x_1$", r"\$x_1\$"),
        (r"\$", r"\\$"),
        (" new\nline\ttab ", "new line tab"),
        ("猫 cat", "\ufffd cat"),
        ("\ud800\x00", "\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_plain(text, expected):
    assert style.plain(text) == expected


def rendered(text, **options):
    figure = Figure(figsize=(4, 0.5))
    figure.text(0, 0.5, text, **options)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


@pytest.mark.parametrize("text", ["$x_1$ costs $5", r"a\$b$c$", "50 % of $$", r"\alpha $", r"\\$", "$"])
def test_plain_text_looks_as_if_nothing_were_a_formula(text):
    assert rendered(style.plain(text)) == rendered(
        text.replace("$", "\uf8ff").replace("\uf8ff", "$"), parse_math=False
    )


@given(st.text(max_size=12))
def test_any_text_can_be_drawn_without_warnings(text):
    rendered(style.plain(text))


@given(st.text(max_size=40), st.floats(10, 200), st.sampled_from([5.5, 7.0, 9.0]))
def test_fitted_text_fits_and_is_cut_only_if_it_must(text, width, size):
    fitted = style.fitted(text, width, size)
    assert style.width_of(fitted, size) <= width or fitted == "…"
    whole = style.shown(text)
    assert fitted == whole if style.width_of(whole, size) <= width else fitted.endswith("…")


@pytest.mark.parametrize("text", ["Ankle boot", "WWWW", "illicit", "0123456789", "…→\ufffd"])
def test_widths_are_those_of_the_renderer(text):
    with style.styled():
        figure = Figure(figsize=(4, 1), dpi=400)
        drawn = figure.text(0, 0, text, fontsize=8)
        box = drawn.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert style.width_of(text, 8) == pytest.approx(box.width * 72 / 400, rel=0.06)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12))
def test_distinct_names_are_distinct_and_fit(names):
    labels = style.distinct(names, 60, 7)
    assert len(set(labels)) == len(names)
    assert all(label.strip() for label in labels)
    assert max(style.width_of(label, 7) for label in labels) <= 60


def test_names_that_look_alike_get_their_number():
    assert style.distinct(["猫", "犬", "dog"], 60, 7) == ["\ufffd (0)", "\ufffd (1)", "dog"]
    assert style.distinct(["", "b"], 60, 7) == ["(0)", "b"]


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.0004, "<0.1 %"),
        (0.0005, "0.1 %"),
        (0.5, "50.0 %"),
        (0.9994, "99.9 %"),
        (0.9999, ">99.9 %"),
        (float("nan"), "nan %"),
    ],
)
def test_percent(fraction, expected):
    assert style.percent(fraction) == expected


@given(st.text(max_size=100), st.floats(2, 7))
def test_wrapped_lines_fit_and_keep_the_words(text, width):
    lines = style.wrapped(text, width, 9)
    assert all(style.width_of(line, 9) <= 72 * width for line in lines)
    assert [word for line in lines for word in line.split()] == style.shown(text).split() or "…" in "".join(lines)


def test_the_users_settings_do_not_reach_a_figure():
    with mpl.rc_context({"font.size": 30, "axes.labelsize": 30, "text.usetex": True}), style.styled():
        figure = style.page(3, 2, "title")
        assert figure.add_subplot(xlabel="x").xaxis.label.get_fontsize() == style.TEXT
        assert not mpl.rcParams["text.usetex"]


def test_the_colours_are_the_seven_of_okabe_and_ito():
    assert len(set(style.PALETTE)) == 7


@pytest.mark.slow
def test_figures_leave_pyplot_alone():
    code = "import sys, nnlab.drawing; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_equal_names_are_told_apart_whatever_else_is_there():
    assert style.distinct(["a", "b"], 100, 7) == ["a", "b"]
    assert style.distinct(["cat", "dog", "cat"], 100, 7) == ["cat (0)", "dog", "cat (2)"]
    shown = style.distinct(["a", "a", "a (0)", "a (1)", "a (2) (2)"], 100, 7)
    assert len(set(shown)) == 5
    wide = style.distinct(["\u732b", "\u72ac", "W" * 50, "W" * 51], 60, 7)
    assert len(set(wide)) == 4
    assert all(style.width_of(label, 7) <= 60 for label in wide)
