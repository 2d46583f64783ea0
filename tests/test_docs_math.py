"""The pages with the mathematics: complete, linked, and true.

The Python blocks of a section make one program. It is executed in float64; its gradients are compared with
finite differences of its own forward pass, and all it computes with the code that the section explains.
"""

import inspect
import re
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from support.layer_cases import CASES, case_shape, case_spec

from nnlab.nn.schedules import Clock
from nnlab.registry import INITIALIZERS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("layers/*.md"))] + [
    DOCS / f"{name}.md" for name in ("losses", "optimizers", "initializers", "gradcheck")
]
LINKED = [(registry, name) for registry in (LAYERS, LOSSES, OPTIMIZERS, SCHEDULES) for name in registry.names()]


def programs():
    """Return, per heading, the code of the Python blocks below it."""
    found = {}
    for page in PAGES:
        for section in re.split(r"^## ", page.read_text(), flags=re.MULTILINE)[1:]:
            heading, text = section.split("\n", 1)
            if blocks := re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE):
                assert heading not in found
                found[heading] = "\n".join(blocks)
    return found


PROGRAMS = programs()

APART = ["dropout", "residual", "concat", "squeeze_excite"]
LAYER_CASES = {CASES[key][0]: key for key in CASES if CASES[key][0] not in APART}
LAYER_CASES |= {"conv2d": "conv2d-1", "dense": "dense-0", "depthwise_conv2d": "depthwise_conv2d-1"}
LAYER_CASES |= {"groupnorm": "groupnorm-1", "maxpool2d": "maxpool2d-1"}
"""Of each layer that a section computes alone, the case that its program can be given."""

LOSS_CASES = {
    "softmax_cross_entropy": {"label_smoothing": 0.1},
    "cross_entropy": {},
    "sigmoid_binary_cross_entropy": {},
    "mean_squared_error": {},
}
SGD_CASES = [
    {"momentum": 0.0, "dampening": 0.0, "nesterov": False},
    {"momentum": 0.9, "dampening": 0.9, "nesterov": False},
    {"momentum": 0.9, "dampening": 0.0, "nesterov": False},
    {"momentum": 0.9, "dampening": 0.9, "nesterov": True},
]
LABELS = np.array([0, 1, 3, 3, 2])


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def run(heading_or_code, **given):
    """Return the names that a program leaves behind when it starts from ``given``, which stays as it is."""
    names = {"np": np, **deepcopy(given)}
    exec(PROGRAMS.get(heading_or_code, heading_or_code), names)  # noqa: S102 -- the pages are part of the project
    return names


def objective(code, given):
    names = run(code, **given)
    return names["loss"] if "loss" in names else (given["grad_y"] * names["y"]).sum()


def slopes(code, given, name, step=1e-6):
    """Return the measured slope of a program's loss in each entry of the input ``name``."""
    measured = np.empty_like(given[name])
    for i in np.ndindex(measured.shape):
        nudge = np.zeros_like(measured)
        nudge[i] = step
        up, down = (objective(code, given | {name: given[name] + sign * nudge}) for sign in (1, -1))
        measured[i] = (up - down) / (2 * step)
    return measured


def gradient_errors(code, given):
    """Return the largest error of each gradient that a program computes of its inputs."""
    names = run(code, **given)
    inputs = [name for name in given if f"grad_{name}" in names]
    return {name: np.abs(names[f"grad_{name}"] - slopes(code, given, name)).max() for name in inputs}


def layer_case(name, rng):
    """Return a layer with random float64 parameters, and what the program of its section starts from."""
    key = LAYER_CASES[name]
    options, shape = CASES[key][1].options, (CASES[key][1].batch, *case_shape(key))
    layer = LAYERS.build(case_spec(key), shape[1:], rng)
    layer.bind({key: rng.standard_normal(value.shape) for key, value in layer.params.items()})
    grad_y = rng.standard_normal((shape[0], *layer.output_shape))
    return layer, {"x": rng.standard_normal(shape), "grad_y": grad_y, **layer.params, **options}


def loss_case(name, rng):
    scores = rng.standard_normal((5, 4))
    return {"scores": scores, "targets": np.eye(4)[LABELS], "Z": 5, **LOSS_CASES[name]}


def gradient_case(name, rng):
    if name in LOSS_CASES:
        return loss_case(name, rng)
    if name == "dropout":
        return {"x": rng.standard_normal((5, 4)), "grad_y": rng.standard_normal((5, 4)), "rate": 0.3, "rng": rng}
    if name == "residual":
        return {
            "x": rng.standard_normal((5, 4)),
            "weight": rng.standard_normal((4, 3)),
            "projection": rng.standard_normal((4, 3)),
            "grad_y": rng.standard_normal((5, 3)),
        }
    if name == "concat":
        x, weight = rng.standard_normal((5, 4)), rng.standard_normal((4, 3))
        return {"x": x, "weight": weight, "grad_y": rng.standard_normal((5, 7))}
    if name == "squeeze_excite":
        x, grad_y = rng.standard_normal((2, 3, 2, 3, 4))
        weights = {"reduce": rng.standard_normal((4, 2)), "expand": rng.standard_normal((2, 4))}
        return {"x": x, "grad_y": grad_y, **weights}
    return layer_case(name, rng)[1]


GRADIENT_CASES = [*LAYER_CASES, *APART, *LOSS_CASES]


def page_of(component):
    """Return the page that the docstring of a class, or else that of its module, links to."""
    for text in (inspect.getdoc(component), sys.modules[component.__module__].__doc__):
        if link := re.search(r"docs/[\w/]+\.md", text or ""):
            return ROOT / link[0]
    raise AssertionError(f"{component} links to no page")


@pytest.mark.parametrize(("registry", "name"), LINKED, ids=lambda value: getattr(value, "kind", value))
def test_everything_registered_stands_on_the_page_that_its_docstring_links(registry, name):
    page = page_of(registry[name])
    assert page in PAGES
    assert re.search(rf"^## {name}$|`{name}`", page.read_text(), flags=re.MULTILINE), f"{name} is not on {page}"


def test_every_relative_link_resolves():
    for page in DOCS.rglob("*.md"):
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
            linked = page.parent / target if target else page
            assert linked.exists(), f"{page}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", linked.read_text(), flags=re.MULTILINE)
                assert anchor in [heading.lower().replace(" ", "-") for heading in headings], f"{page}: #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_formulas_survive_markdown(page):
    """Markdown eats a backslash before punctuation, and GitHub shows a formula only between a pair of dollars."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    for formula in re.findall(r"\$\$(.*?)\$\$", text, flags=re.DOTALL) + re.findall(r"\$([^$]+)\$", text):
        assert not re.search(r"\\[^A-Za-z\s]", formula), formula
        assert formula.count("{") == formula.count("}"), formula
    assert re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).count("$") % 2 == 0


def test_every_program_is_checked():
    assert sorted(PROGRAMS) == sorted([
        *GRADIENT_CASES,
        *OPTIMIZERS.names(),
        "Gradient clipping",
        "schedules",
        "Variance through a layer",
        "The initializers",
        "Central differences",
        "The verdict",
        "Kinks",
    ])  # fmt: skip
    assert sorted([*LAYER_CASES, *APART]) == LAYERS.names()
    assert sorted(LOSS_CASES) == LOSSES.names()


@pytest.mark.parametrize("name", GRADIENT_CASES)
def test_gradients_match_central_differences(name, rng):
    errors = gradient_errors(PROGRAMS[name], gradient_case(name, rng))
    assert errors
    assert max(errors.values()) < 1e-7, errors


@pytest.mark.slow
@pytest.mark.parametrize("name", GRADIENT_CASES)
def test_the_check_notices_a_one_percent_mistake(name, rng):
    given = gradient_case(name, rng)
    for gradient in gradient_errors(PROGRAMS[name], given):
        wrong = f"{PROGRAMS[name]}\ngrad_{gradient} = 1.01 * grad_{gradient}"
        assert gradient_errors(wrong, given)[gradient] > 1e-4


@pytest.mark.parametrize("name", LAYER_CASES)
def test_layer_computes_what_its_section_says(name, rng):
    layer, given = layer_case(name, rng)
    names = run(name, **given)
    y, cache = layer.forward(given["x"])
    grad_x, grads = layer.backward(given["grad_y"], cache)
    np.testing.assert_allclose(y, names["y"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(grad_x, names["grad_x"], rtol=1e-9, atol=1e-12)
    for key, grad in grads.items():
        np.testing.assert_allclose(grad, names[f"grad_{key}"], rtol=1e-9, atol=1e-12)


def test_convolution_with_a_flipped_kernel_is_the_section_with_the_kernel_turned(rng):
    plain, given = layer_case("conv2d", rng)
    flipped = LAYERS["conv2d"](
        plain.input_shape, rng, filters=3, kernel=(3, 3), stride=(2, 2), padding=(1, 1), flip=True
    )
    flipped.bind(plain.params)
    names = run("conv2d", **given | {"weight": given["weight"][::-1, ::-1]})
    y, cache = flipped.forward(given["x"])
    grad_x, grads = flipped.backward(given["grad_y"], cache)
    np.testing.assert_allclose(y, names["y"], atol=1e-12)
    np.testing.assert_allclose(grad_x, names["grad_x"], atol=1e-12)
    np.testing.assert_allclose(grads["weight"], names["grad_weight"][::-1, ::-1], atol=1e-12)


def test_average_pooling_counts_the_padding_unless_told_otherwise(rng):
    layer, given = layer_case("avgpool2d", rng)
    counting = LAYERS["avgpool2d"](layer.input_shape, rng, size=(3, 3), stride=(2, 2), padding=(1, 1))
    names = run("avgpool2d", **given | {"count_include_pad": True})
    np.testing.assert_allclose(counting.predict(given["x"]), names["y"], atol=1e-12)
    assert not np.allclose(counting.predict(given["x"]), layer.predict(given["x"]))


def test_batchnorm_keeps_and_uses_running_averages_as_its_section_says(rng):
    layer, given = layer_case("batchnorm", rng)
    mean, variance, rate = 0.0, 1.0, layer.momentum
    for x in (given["x"], 3 * given["x"] + 1):
        layer.forward(x)
        values = x.reshape(-1, x.shape[-1])
        mean = (1 - rate) * mean + rate * values.mean(axis=0)
        variance = (1 - rate) * variance + rate * values.var(axis=0, ddof=1)
    y = given["gamma"] * (given["x"] - mean) / np.sqrt(variance + given["epsilon"]) + given["beta"]
    np.testing.assert_allclose(layer.predict(given["x"]), y, rtol=1e-5, atol=1e-5)


class SinglePrecision:
    """A stream that draws the numbers a layer in training draws: in float32."""

    def __init__(self, rng):
        self.rng = rng

    def random(self, shape):
        return self.rng.random(shape, np.float32)


def test_dropout_computes_what_its_section_says(rng):
    given = gradient_case("dropout", rng)
    names = run("dropout", **given | {"rng": SinglePrecision(rng)})
    layer = LAYERS["dropout"]((4,), rng, rate=0.3)
    y, cache = layer.forward(given["x"])
    np.testing.assert_allclose(y, names["y"])
    np.testing.assert_allclose(layer.backward(given["grad_y"], cache)[0], names["grad_x"])
    assert layer.predict(given["x"]) is given["x"]


def test_residual_computes_what_its_section_says(rng):
    given = gradient_case("residual", rng)
    entries = {"body": [{"type": "dense", "units": 3}, "tanh"], "projection": {"type": "dense", "units": 3}}
    spec = LAYERS.spec("residual").model_validate({"type": "residual", **entries}, strict=False)
    layer = LAYERS.build(spec, (4,), rng)
    weights = {"body.0.weight": given["weight"], "projection.weight": given["projection"]}
    layer.bind(weights | {"body.0.bias": np.zeros(3), "projection.bias": np.zeros(3)})
    names = run("residual", **given)
    y, cache = layer.forward(given["x"])
    grad_x, grads = layer.backward(given["grad_y"], cache)
    np.testing.assert_allclose(y, names["y"], rtol=1e-12)
    np.testing.assert_allclose(grad_x, names["grad_x"], rtol=1e-12)
    np.testing.assert_allclose(grads["body.0.weight"], names["grad_weight"], rtol=1e-12)
    np.testing.assert_allclose(grads["projection.weight"], names["grad_projection"], rtol=1e-12)


def test_concat_computes_what_its_section_says(rng):
    given = gradient_case("concat", rng)
    entry = {"type": "concat", "branches": [[{"type": "dense", "units": 3}], []]}
    layer = LAYERS.build(LAYERS.spec("concat").model_validate(entry, strict=False), (4,), rng)
    layer.bind({"branches.0.0.weight": given["weight"], "branches.0.0.bias": np.zeros(3)})
    agree(layer, {"branches.0.0.weight": "grad_weight"}, given, run("concat", **given))


def test_squeeze_excite_computes_what_its_section_says(rng):
    given = gradient_case("squeeze_excite", rng)
    layer = LAYERS["squeeze_excite"]((2, 3, 4), rng, reduction=2)
    weights = {f"{name}.weight": given[name] for name in ("reduce", "expand")}
    layer.bind(weights | {"reduce.bias": np.zeros(2), "expand.bias": np.zeros(4)})
    names = run("squeeze_excite", **given)
    agree(layer, {"reduce.weight": "grad_reduce", "expand.weight": "grad_expand"}, given, names)


def agree(layer, gradients, given, names):
    """Compare what a layer computes with the ``names`` that a program leaves behind."""
    y, cache = layer.forward(given["x"])
    grad_x, grads = layer.backward(given["grad_y"], cache)
    np.testing.assert_allclose(y, names["y"], rtol=1e-12)
    np.testing.assert_allclose(grad_x, names["grad_x"], rtol=1e-12)
    for key, name in gradients.items():
        np.testing.assert_allclose(grads[key], names[name], rtol=1e-12)


def test_exact_gelu_computes_what_its_section_says(rng):
    given = layer_case("gelu", rng)[1] | {"approximate": "none"}
    agree(LAYERS["gelu"](given["x"].shape[1:], rng), {}, given, run("gelu", **given))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", LOSS_CASES)
def test_loss_computes_what_its_section_says(name, reduction, rng):
    given = gradient_case(name, rng) | {"Z": 5 if reduction == "mean" else 1}
    names = run(name, **given)
    loss = LOSSES[name](reduction=reduction, **LOSS_CASES[name])
    value, cache = loss.forward(names["p"] if name == "cross_entropy" else given["scores"], LABELS)
    expected = names["grad_p" if name == "cross_entropy" else "grad_scores"]
    assert value == pytest.approx(names["loss"], rel=1e-12)
    np.testing.assert_allclose(loss.backward(cache), expected, rtol=1e-12, atol=1e-15)


def test_softmax_then_cross_entropy_has_the_gradient_of_the_fused_loss(rng):
    given = loss_case("softmax_cross_entropy", rng) | {"label_smoothing": 0.0}
    fused, apart = run("softmax_cross_entropy", **given), run("cross_entropy", **given)
    assert apart["loss"] == pytest.approx(fused["loss"], rel=1e-12)
    np.testing.assert_allclose(apart["grad_scores"], fused["grad_scores"], atol=1e-15)


def test_one_sigmoid_score_is_a_softmax_over_zero_and_the_score(rng):
    score, label = rng.standard_normal((5, 1)), np.array([[0], [1], [1], [0], [1]])
    one = run("sigmoid_binary_cross_entropy", scores=score, targets=label, Z=1)
    pair = np.hstack([np.zeros((5, 1)), score])
    two = run("softmax_cross_entropy", scores=pair, targets=np.hstack([1 - label, label]), Z=1, label_smoothing=0)
    assert one["loss"] == pytest.approx(two["loss"])
    np.testing.assert_allclose(one["grad_scores"][:, 0], two["grad_scores"][:, 1])


def test_stable_forms_hold_at_extreme_scores():
    extreme = np.array([[1e4, -1e4, 0.0]])
    assert np.array_equal(run("sigmoid", x=extreme, grad_y=extreme)["y"], [[1, 0, 0.5]])
    assert np.array_equal(run("softmax", x=extreme, grad_y=extreme)["y"], [[1, 0, 0]])
    losing = {"scores": extreme, "targets": np.array([[0.0, 1.0, 0.0]]), "Z": 1, "label_smoothing": 0}
    assert run("softmax_cross_entropy", **losing)["loss"] == 2e4
    assert run("softmax_cross_entropy", **losing)["grad_scores"].tolist() == [[1, -1, 0]]
    assert run("sigmoid_binary_cross_entropy", **losing)["loss"] == pytest.approx(2e4 + np.log(2))


def test_worked_examples_of_convolution_arithmetic(rng):
    names = run("conv2d", **layer_case("conv2d", rng)[1])
    assert (names["side"], names["filter_parameters"], names["dense_parameters"]) == (25, 168, 441_060_000)
    assert names["output_size"](99, kernel=3, stride=2, padding=1) == 50


def test_ties_of_a_maximum_go_to_the_first_entry():
    grads = run("maxpool2d", x=np.zeros((1, 2, 2, 1)), grad_y=np.ones((1, 1, 1, 1)), size=2, stride=2, padding=0)
    assert grads["grad_x"].ravel().tolist() == [1, 0, 0, 0]


def test_dropout_keeps_expectation_and_has_the_stated_variance(rng):
    y = run("dropout", x=np.full(100_000, 2.0), grad_y=np.ones(100_000), rate=0.3, rng=rng)["y"]
    assert y.mean() == pytest.approx(2, abs=0.02)
    assert y.var() == pytest.approx(0.3 / 0.7 * 4, rel=0.02)


def walk(name, gradients, w, **options):
    """Return the weights after the program of ``name`` has taken a step for each of ``gradients``."""
    memory = {key: np.zeros_like(w) for key in ("m", "v", "b")}
    for t, g in enumerate(gradients, start=1):
        names = run(name, w=w, g=g, t=t, **memory, **options)
        w, memory = names["w"], {key: names[key] for key in memory}
    return w


def walk_of_class(name, gradients, w, **options):
    w = w.copy()
    optimizer = OPTIMIZERS[name](w, np.ones(w.size, bool), **options)
    for g in gradients:
        optimizer.update(w, g, factor=0.5)
    return w


@pytest.mark.parametrize("options", SGD_CASES, ids=str)
def test_sgd_steps_as_its_section_says(options, rng):
    gradients, w = rng.standard_normal((6, 3)), rng.standard_normal(3)
    page = walk("sgd", gradients, w, rate=0.05, weight_decay=0.01, **options)
    code = walk_of_class("sgd", gradients, w, learning_rate=0.1, weight_decay=0.01, **options)
    np.testing.assert_allclose(code, page, rtol=1e-12)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_steps_as_its_section_says(name, rng):
    gradients, w = rng.standard_normal((6, 3)), rng.standard_normal(3)
    page = walk(name, gradients, w, rate=0.05, weight_decay=0.1, beta1=0.8, beta2=0.99, epsilon=1e-6)
    given = {"learning_rate": 0.1, "weight_decay": 0.1, "betas": (0.8, 0.99), "epsilon": 1e-6}
    np.testing.assert_allclose(walk_of_class(name, gradients, w, **given), page, rtol=1e-10)


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_rmsprop_steps_as_its_section_says(momentum, centered, rng):
    gradients, w = rng.standard_normal((6, 3)), rng.standard_normal(3)
    given = {"weight_decay": 0.1, "beta": 0.9, "epsilon": 1e-6, "momentum": momentum, "centered": centered}
    page = walk("rmsprop", gradients, w, rate=0.05, **given)
    np.testing.assert_allclose(
        walk_of_class("rmsprop", gradients, w, learning_rate=0.1, **given), page, rtol=1e-10
    )


def test_adagrad_steps_as_its_section_says(rng):
    gradients, w = rng.standard_normal((6, 3)), rng.standard_normal(3)
    page = walk("adagrad", gradients, w, rate=0.05, weight_decay=0.1, epsilon=1e-6)
    given = {"learning_rate": 0.1, "weight_decay": 0.1, "epsilon": 1e-6}
    np.testing.assert_allclose(walk_of_class("adagrad", gradients, w, **given), page, rtol=1e-10)


def test_the_two_forms_of_momentum_differ_by_their_learning_rate_only(rng):
    gradients, w = rng.standard_normal((6, 3)), rng.standard_normal(3)
    common = {"momentum": 0.9, "weight_decay": 0.0}
    for nesterov in (False, True):
        averaging = walk("sgd", gradients, w, rate=0.1, dampening=0.9, nesterov=nesterov, **common)
        other = walk("sgd", gradients, w, rate=0.01, dampening=0.0, nesterov=nesterov, **common)
        np.testing.assert_allclose(averaging, other, rtol=1e-12)


def test_nesterov_is_momentum_with_the_gradient_taken_ahead():
    rate, mu, w, m = 0.1, 0.9, np.array([3.0, -2.0]), np.zeros(2)
    u, memory = w, {"m": m, "v": m}
    for _ in range(5):
        ahead = w - rate * mu * m
        np.testing.assert_allclose(u, ahead, rtol=1e-12)
        m = mu * m + (1 - mu) * np.sin(ahead)
        w = w - rate * m
        step = {"g": np.sin(u), "rate": rate, "momentum": mu, "dampening": mu, "nesterov": True}
        names = run("sgd", w=u, weight_decay=0, **step, **memory)
        u, memory = names["w"], {"m": names["m"], "v": m}


def test_bias_correction_gives_a_constant_gradient_its_own_size():
    given = {"rate": 0.01, "weight_decay": 0.0, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-12}
    assert walk("adam", [np.array([5.0, -0.002])] * 4, np.zeros(2), **given) == pytest.approx([-0.04, 0.04])


def test_decay_is_the_same_in_and_beside_the_gradient_only_without_adam():
    step = {"w": np.array([2.0]), "g": np.array([10.0]), "rate": 0.1, "weight_decay": 0.3}
    sgd = run("sgd", m=np.zeros(1), momentum=0.0, dampening=0.0, nesterov=False, **step)
    assert sgd["w"] == pytest.approx((1 - 0.1 * 0.3) * 2 - 0.1 * 10)
    memory = {"m": np.zeros(1), "v": np.zeros(1), "t": 1, "beta1": 0.9, "beta2": 0.999, "epsilon": 0.0}
    assert run("adam", **memory, **step)["w"] == pytest.approx(2 - 0.1)
    assert run("adamw", **memory, **step)["w"] == pytest.approx((1 - 0.1 * 0.3) * 2 - 0.1)


def test_clipping_shortens_long_gradients_only():
    long, short = (
        run("Gradient clipping", g=g, clip_norm=1.0)["g"] for g in (np.array([3.0, 4.0]), np.array([0.6]))
    )
    np.testing.assert_allclose(long, [0.6, 0.8])
    assert short == [0.6]


def test_schedules_have_the_factors_of_their_section():
    options = {
        "constant": {},
        "step": {"every": 30, "gamma": 0.5},
        "cosine": {"final": 0.1},
        "linear_warmup": {"duration": 20, "start": 0.2},
        "one_cycle": {"peak": 0.4, "initial": 0.05, "final": 0.1},
    }
    given = {key: value for each in options.values() for key, value in each.items()}
    for step in range(100):
        factors = run("schedules", step=step, total_steps=100, **given)["factors"]
        assert sorted(factors) == SCHEDULES.names()
        for name, factor in factors.items():
            assert SCHEDULES[name](**options[name]).factor(step, Clock(100, 10)) == pytest.approx(factor), name


def test_he_variance_keeps_a_relu_network_alive_and_the_lecun_variance_does_not(rng):
    depth = 10
    given = {"inputs": rng.standard_normal((200, 400)), "rng": rng, "width": 400, "depth": depth}
    code = PROGRAMS["Variance through a layer"]
    assert 0.4 < run(code, **given)["growth"] < 2.5
    assert 0.4 < run(code.replace("2 / width", "1 / width"), **given)["growth"] * 2**depth < 2.5


def test_initializers_have_the_variance_of_their_section(rng):
    names = run("The initializers", kernel=3, channels=8, filters=256)
    shape, page = (3, 3, 8, 256), DOCS / "initializers.md"
    spread = {
        "he_normal": names["he_std"],
        "lecun_normal": names["lecun_std"],
        "glorot_uniform": names["glorot_limit"] / np.sqrt(3),
    }
    for name, std in spread.items():
        assert INITIALIZERS[name](gain=2.0)(rng, shape).std() == pytest.approx(2 * std, rel=0.02), name
    assert INITIALIZERS["uniform"](low=1.0, high=4.0)(rng, shape).var() == pytest.approx(9 / 12, rel=0.02)
    named = re.findall(r"^\| `(\w+)` \|", page.read_text(), flags=re.MULTILINE)
    assert sorted(named) == INITIALIZERS.names()


def test_central_differences_are_most_exact_near_the_stated_step():
    names = run("Central differences")
    x = np.linspace(0.1, 1, 40)

    def largest_error(step):
        measured = names["central_difference"](lambda v: np.exp(v).sum() / 40, x, step)
        return np.abs(measured - np.exp(x) / 40).max()

    best = names["best_step"]
    assert largest_error(best) < 1e-10 < min(largest_error(best / 100), largest_error(best * 100))


@pytest.mark.parametrize(("roundoff", "step", "error"), [(2.0**-53, 7e-6, 2e-11), (2.0**-24, 0.006, 2e-5)])
def test_the_stated_steps_and_errors_follow_from_the_formulas(roundoff, step, error):
    best = (3 * roundoff) ** (1 / 3)
    assert best == pytest.approx(step, rel=0.1)
    assert best**2 / 6 + roundoff / best == pytest.approx(best**2 / 2)
    assert best**2 / 2 == pytest.approx(error, rel=0.25)


def test_relative_differences_of_common_mistakes():
    relative = run("The verdict")["relative_difference"]
    assert relative(1.01, 1.0) == pytest.approx(0.005, rel=0.01)
    assert relative(2.0, 1.0) == pytest.approx(1 / 3)
    assert relative(-1.0, 1.0) == pytest.approx(1)
    assert relative(0.0, 0.0) == 0


@pytest.mark.parametrize("kappa", [0.01, 0.2, 2 / 7, 0.4, 0.5, 0.7, 0.99])
def test_a_kink_within_the_step_shows_in_slope_or_bend(kappa):
    step, jump = 0.25, 3.0
    names = run("Kinks", f=lambda x: jump * np.maximum(x, 0), x=-kappa * step, step=step)
    error, slope, bend = names["slope"], kappa / 2 * jump, (3 * kappa - 1) * jump
    if kappa > 0.5:
        slope, bend = (1 - kappa) / 2 * jump, (1 - kappa) * jump
    assert error == pytest.approx((1 - kappa) * jump / 2)
    assert names["slope"] - names["half_slope"] == pytest.approx(slope)
    assert names["bend"] - 2 * names["half_bend"] == pytest.approx(bend)
    assert names["suspicion"] >= 0.4 * error - 1e-12


def test_smooth_functions_are_not_suspected():
    x = np.linspace(-1, 1, 9)
    names = run("Kinks", f=np.exp, x=x, step=1e-3)
    np.testing.assert_allclose(names["slope"], np.exp(x), rtol=1e-6)
    np.testing.assert_allclose(names["bend"], 1e-3 * np.exp(x), rtol=1e-5)
    assert names["suspicion"].max() < 1e-6
    assert run("Kinks", f=np.abs, x=0.0, step=1e-3)["suspicion"] == pytest.approx(2)
