"""Formulas: drawn as outlines for HTML, and let into LaTeX only if they are known to compile."""

import pytest

from nnlab.report.formats import formulas
from nnlab.report.formats.formulas import Formulas, latex


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{\partial L}{\partial w} = \sum_{i=1}^n \delta_i x_i",
        r"\mathbb{E}[\log p_\theta(y \mid x)] \le 0",
        r"\operatorname{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}",
        r"y' = \hat{y} \cdot 10\,\%",
        r"\left( \sqrt{x} \right) \to \infty",
    ],
)
def test_formulas_of_machine_learning_are_drawn_and_let_into_latex(formula):
    outline = Formulas().outline(formula)
    assert outline.path.startswith("M")
    assert 1 < outline.width < 20
    assert 0 <= outline.depth < outline.height
    assert latex(formula) == formula


def test_a_formula_has_the_size_of_the_text():
    small, fraction = Formulas().outline("x"), Formulas().outline(r"\frac{a}{b}")
    assert 0.4 < small.width < 0.6
    assert small.depth < 0.1
    assert fraction.height > 2 * small.height
    assert fraction.depth > 0.2


@pytest.mark.parametrize(
    "formula",
    [
        r"\input{/etc/passwd}", r"\write18{ls}", "x^^5cinput", r"\def\x{1}", r"\csname input\endcsname", "a % b",
        "a # b", r"\catcode`\%=12", "x^2'", r"\text{a_b}", "{", "}", "x^2^3", r"\left( x", "é", "",
        r"\begin{matrix} a \end{matrix}",
    ],
)  # fmt: skip
def test_what_may_not_compile_or_does_more_is_not_let_into_latex(formula):
    assert latex(formula) is None


@pytest.mark.parametrize("name", sorted(formulas._NAMES.split()))
def test_every_command_let_into_latex_can_be_drawn(name):
    pairs = {"langle": "rangle", "lfloor": "rfloor", "lceil": "rceil"} | {"left": "right"}
    if name in pairs or name in pairs.values():
        source = r"\left\langle x \right\rangle \lfloor x \rfloor \lceil x \rceil"
    else:
        source = rf"\{name}{{a}}{{b}}"
    assert latex(source) == source


@pytest.mark.parametrize("opening", ["{", r"\frac{", "x^{", r"\sqrt{", r"\left("])
def test_deep_nesting_is_refused(opening):
    assert Formulas().outline(opening * 60 + "}" * 60) is None


def test_a_document_draws_a_limited_number_of_formulas(monkeypatch):
    monkeypatch.setattr(formulas, "_MOST", 2)
    found = Formulas()
    assert all(found.outline(formula) for formula in ("a", "b", "a"))
    assert found.outline("c") is None
