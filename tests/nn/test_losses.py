"""Losses against their definitions, PyTorch's, and central differences."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlab.errors import OptionError
from nnlab.nn.losses.mean_squared_error import nearest_probabilities
from nnlab.nn.losses.sigmoid_binary_cross_entropy import sigmoid
from nnlab.registry import LOSSES

CASES = [
    ("softmax_cross_entropy", {}),
    ("softmax_cross_entropy", {"label_smoothing": 0.2}),
    ("cross_entropy", {}),
    ("sigmoid_binary_cross_entropy", {}),
    ("mean_squared_error", {}),
    ("focal", {}),
    ("focal", {"gamma": 0.5}),
    ("focal", {"gamma": 0.0}),
]
WEIGHTS = (0.5, 3.0, 1.0, 0.25, 2.0)
CASES += [(name, {"class_weights": WEIGHTS}) for name in LOSSES.names()]


def build(name, **options):
    return LOSSES.build(LOSSES.spec(name)(type=name, **options))


def probabilities(rng, n, classes, dtype=np.float64):
    """Rows that every loss takes: positive, summing to 1."""
    return rng.dirichlet(np.ones(classes) * 2, n).astype(dtype)


def numeric_gradient(loss, scores, labels, step=1e-6):
    gradient = np.zeros_like(scores)
    for index in np.ndindex(*scores.shape):
        values = []
        for sign in (1, -1):
            moved = scores.copy()
            moved[index] += sign * step
            values.append(loss.forward(moved, labels)[0])
        gradient[index] = (values[0] - values[1]) / (2 * step)
    return gradient


def test_every_registered_loss_has_a_case():
    assert sorted({name for name, _ in CASES}) == LOSSES.names()


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("n", "classes"), [(5, 4), (1, 2)])
def test_backward_matches_central_differences(name, options, reduction, n, classes):
    rng = np.random.default_rng(0)
    loss = build(name, reduction=reduction, **options)
    scores, labels = probabilities(rng, n, classes), rng.integers(0, classes, n)
    _, cache = loss.forward(scores, labels)
    np.testing.assert_allclose(loss.backward(cache), numeric_gradient(loss, scores, labels), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_reductions_are_mean_and_sum_of_the_examples(name, options):
    rng = np.random.default_rng(1)
    scores, labels = probabilities(rng, 6, 3), rng.integers(0, 3, 6)
    losses = build(name, **options).per_example(scores, labels)
    assert losses.shape == (6,)
    for reduction, expected in (("mean", losses.mean()), ("sum", losses.sum())):
        value, _ = build(name, reduction=reduction, **options).forward(scores, labels)
        assert isinstance(value, float)
        assert value == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_that_of_the_scores_and_the_cache_survives(name, options, dtype):
    rng = np.random.default_rng(2)
    scores, labels = probabilities(rng, 4, 3, dtype), rng.integers(0, 3, 4)
    before = scores.copy()
    loss = build(name, **options)
    _, cache = loss.forward(scores, labels)
    gradient = loss.backward(cache)
    assert gradient.dtype == loss.per_example(scores, labels).dtype == loss.probabilities(scores).dtype == dtype
    np.testing.assert_array_equal(loss.backward(cache), gradient)
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_class_is_the_one_of_highest_probability(name, options):
    scores = probabilities(np.random.default_rng(3), 20, 5)
    loss = build(name, **options)
    assert loss.classify(scores).dtype == np.int64
    np.testing.assert_array_equal(loss.classify(scores), scores.argmax(axis=1))
    np.testing.assert_array_equal(loss.classify(scores), loss.probabilities(scores).argmax(axis=1))


def test_softmax_cross_entropy_by_hand():
    loss = build("softmax_cross_entropy")
    scores, labels = np.array([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]]), np.array([0, 2])
    total = exp(1) + exp(2) + exp(0.5)
    np.testing.assert_allclose(loss.per_example(scores, labels), [-1 + log(total), log(3)])
    _, cache = loss.forward(scores, labels)
    expected = np.array([[exp(1) / total - 1, exp(2) / total, exp(0.5) / total], [1 / 3, 1 / 3, -2 / 3]]) / 2
    np.testing.assert_allclose(loss.backward(cache), expected)


@given(
    scores=st.lists(st.floats(-1e4, 1e4, width=32), min_size=3, max_size=3),
    label=st.integers(0, 2),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_large_scores_stay_finite(scores, label, dtype):
    scores, labels = np.array([scores], dtype), np.array([label])
    losses = (
        ("softmax_cross_entropy", {}),
        ("sigmoid_binary_cross_entropy", {}),
        ("focal", {}),
        ("focal", {"gamma": 0.5}),
    )
    for name, options in losses:
        loss = build(name, **options)
        value, cache = loss.forward(scores, labels)
        gradient = loss.backward(cache)
        assert np.isfinite(value)
        assert value >= -1e-3
        assert (np.abs(gradient) <= (2 if name == "focal" else 1)).all()
        assert ((loss.probabilities(scores) >= 0) & (loss.probabilities(scores) <= 1)).all()


@given(scores=st.lists(st.floats(-50, 50), min_size=2, max_size=6), shift=st.floats(-1000, 1000))
def test_softmax_does_not_see_a_common_shift(scores, shift):
    loss, scores, labels = build("softmax_cross_entropy"), np.array([scores]), np.array([1])
    np.testing.assert_allclose(
        loss.per_example(scores + shift, labels), loss.per_example(scores, labels), atol=1e-9
    )


def test_label_smoothing_mixes_in_the_mean_over_all_classes():
    rng = np.random.default_rng(4)
    scores, labels = rng.standard_normal((5, 4)), rng.integers(0, 4, 5)
    plain = build("softmax_cross_entropy")
    every = np.mean([plain.per_example(scores, np.full(5, c)) for c in range(4)], axis=0)
    smooth = build("softmax_cross_entropy", label_smoothing=0.3).per_example(scores, labels)
    np.testing.assert_allclose(smooth, 0.7 * plain.per_example(scores, labels) + 0.3 * every)


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 87.3365), (np.float64, 708.396)])
def test_a_likelihood_of_zero_costs_much_but_not_infinitely(dtype, most):
    loss = build("cross_entropy")
    value, cache = loss.forward(np.array([[0.0, 1.0]], dtype), np.array([0]))
    assert value == pytest.approx(most, rel=1e-5)
    assert np.isfinite(loss.backward(cache)).all()
    assert (loss.backward(cache)[0] < [-1e37, 1]).all()


@pytest.mark.parametrize("value", [-0.3, 2.5])
def test_cross_entropy_refuses_what_is_no_probability(value):
    with pytest.raises(OptionError, match=f"the network returned {value}") as caught:
        build("cross_entropy").forward(np.array([[0.5, 0.5], [value, 0.1]]), np.array([1, 0]))
    assert "softmax" in caught.value.hint


def test_one_sigmoid_answers_for_two_classes():
    loss = build("sigmoid_binary_cross_entropy")
    scores, labels = np.array([[2.0], [-1.0], [0.5]]), np.array([1, 1, 0])
    p = 1 / (1 + np.exp(-scores[:, 0]))
    np.testing.assert_allclose(loss.per_example(scores, labels), -np.log(np.where(labels == 1, p, 1 - p)))
    np.testing.assert_allclose(loss.probabilities(scores), np.stack([1 - p, p], axis=1))
    assert loss.classify(scores).tolist() == [1, 0, 1]
    _, cache = loss.forward(scores, labels)
    np.testing.assert_allclose(loss.backward(cache), numeric_gradient(loss, scores, labels), rtol=1e-7)


def test_many_sigmoids_add_up_their_losses():
    loss = build("sigmoid_binary_cross_entropy")
    scores, labels = np.array([[2.0, -1.0, 0.3]]), np.array([2])
    p = 1 / (1 + np.exp(-scores[0]))
    expected = -log(1 - p[0]) - log(1 - p[1]) - log(p[2])
    assert loss.forward(scores, labels)[0] == pytest.approx(expected)
    np.testing.assert_allclose(loss.probabilities(scores), [p])


def test_squared_error_is_the_mean_over_outputs_without_a_half():
    value, cache = build("mean_squared_error", reduction="sum").forward(
        np.array([[0.5, 0.5], [1.0, 3.0]]), np.array([0, 1])
    )
    assert value == pytest.approx((0.25 + 0.25) / 2 + (1 + 4) / 2)
    np.testing.assert_allclose(
        build("mean_squared_error", reduction="sum").backward(cache), [[-0.5, 0.5], [1.0, 2.0]]
    )


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.integers(0, 2**31))
def test_nearest_probabilities_are_nearer_than_any_others(scores, seed):
    scores = np.array([scores])
    nearest = nearest_probabilities(scores)
    assert nearest.sum() == pytest.approx(1)
    assert (nearest >= 0).all()
    others = np.random.default_rng(seed).dirichlet(np.full(scores.size, 0.5), 50)
    assert np.linalg.norm(nearest - scores) <= np.linalg.norm(others - scores, axis=1).min() + 1e-9
    np.testing.assert_allclose(nearest_probabilities(nearest), nearest, atol=1e-12)


def test_the_sigmoid_keeps_its_precision_far_out():
    np.testing.assert_allclose(sigmoid(np.array([-700.0, 0.0, 700.0])), [exp(-700), 0.5, 1.0], rtol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize(("shape", "given"), [((84,), "84"), ((7, 7, 16), "7x7x16"), ((1,), "1")])
def test_an_output_that_does_not_fit_is_named(name, options, shape, given):
    loss = build(name, **options)
    loss.check((10,), 10)
    with pytest.raises(OptionError, match=rf" {given} .* 10 ") as caught:
        loss.check(shape, 10)
    assert "units: 10" in caught.value.hint


def test_one_output_fits_two_classes_of_the_binary_loss_only():
    build("sigmoid_binary_cross_entropy").check((1,), 2)
    build("sigmoid_binary_cross_entropy").check((2,), 2)
    with pytest.raises(OptionError):
        build("softmax_cross_entropy").check((1,), 2)


def test_focal_by_hand():
    """p is 3/4: the loss is (1/4)^2 log(4/3)."""
    value, cache = build("focal").forward(np.array([[log(3.0), 0.0]]), np.array([0]))
    assert value == pytest.approx(log(4 / 3) / 16)
    slope = 1 / 16 + 2 * 0.75 * 0.25 * log(4 / 3)
    np.testing.assert_allclose(build("focal").backward(cache), [[-slope / 4, slope / 4]])


def test_focal_without_gamma_is_the_cross_entropy():
    rng = np.random.default_rng(6)
    scores, labels = 5 * rng.standard_normal((6, 4)), rng.integers(0, 4, 6)
    plain, focal = build("softmax_cross_entropy"), build("focal", gamma=0)
    (value, cache), (other, other_cache) = plain.forward(scores, labels), focal.forward(scores, labels)
    assert other == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(focal.backward(other_cache), plain.backward(cache), rtol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_focal_is_precise_where_the_network_is_certain(gamma):
    """With float32 the error 1 - p of e^-30 would be lost in p."""
    loss = build("focal", gamma=gamma)
    value, cache = loss.forward(np.array([[30.0, 0.0]]), np.array([0]))
    error = exp(-30.0) / (1 + exp(-30.0))
    assert value == pytest.approx(error ** (gamma + 1), rel=2e-3)  # log p itself is lost below 1e-16
    np.testing.assert_allclose(loss.backward(cache)[0, 1], (1 + gamma) * error ** (gamma + 1), rtol=2e-3)
    value, cache = loss.forward(np.array([[200.0, 0.0]], np.float32), np.array([0]))
    assert value == 0
    assert (loss.backward(cache) == 0).all()


@pytest.mark.parametrize("name", LOSSES.names())
def test_class_weights_multiply_loss_and_gradient_of_each_example(name):
    rng = np.random.default_rng(7)
    scores, labels = probabilities(rng, 12, 5), np.arange(12) % 5
    plain, weighted = build(name), build(name, class_weights=WEIGHTS)
    factors = np.array(WEIGHTS)[labels]
    np.testing.assert_allclose(
        weighted.per_example(scores, labels), factors * plain.per_example(scores, labels), rtol=1e-14
    )
    gradients = [loss.backward(loss.forward(scores, labels)[1]) for loss in (plain, weighted)]
    np.testing.assert_allclose(gradients[1], factors[:, None] * gradients[0], rtol=1e-13)
    assert weighted.fitted(labels, 5) == weighted


def test_a_weighted_mean_is_pytorchs_times_the_mean_weight():
    """Written out from PyTorch's definition of ``CrossEntropyLoss(weight=...)``: sum w l / sum w."""
    rng = np.random.default_rng(8)
    scores, labels = rng.standard_normal((9, 5)), rng.integers(0, 5, 9)
    losses, factors = build("softmax_cross_entropy").per_example(scores, labels), np.array(WEIGHTS)[labels]
    torch_mean = (factors * losses).sum() / factors.sum()
    value, _ = build("softmax_cross_entropy", class_weights=WEIGHTS).forward(scores, labels)
    assert value == pytest.approx(torch_mean * factors.mean(), rel=1e-14)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_balanced_classes_count_the_same_and_the_mean_weight_is_one(labels):
    labels = np.array(labels)
    weights = np.array(build("focal", class_weights="balanced").fitted(labels, 7).class_weights)
    counts = np.bincount(labels, minlength=7)
    sums = (weights * counts)[counts > 0]
    np.testing.assert_allclose(sums, sums[0])
    assert weights[labels].mean() == pytest.approx(1)
    assert (weights[counts == 0] == 1).all()


def test_balanced_weights_are_counted_before_they_are_used():
    with pytest.raises(OptionError):
        build("focal", class_weights="balanced").forward(np.zeros((2, 2)), np.array([0, 1]))


def test_there_is_a_weight_for_each_class():
    for weights in (None, "balanced", WEIGHTS):
        build("focal", class_weights=weights).check_weights(5)
    with pytest.raises(OptionError, match="5 weights for 4 classes") as caught:
        build("focal", class_weights=WEIGHTS).check_weights(4)
    assert caught.value.option == "class_weights"


def test_torch_agrees():
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    rng = np.random.default_rng(5)
    raw, labels = rng.standard_normal((8, 5)) * 3, rng.integers(0, 5, 8)
    targets = torch.tensor(np.eye(5)[labels])

    def torch_focal(scores, gamma):
        log_p = functional.log_softmax(scores, dim=1).gather(1, torch.tensor(labels)[:, None])[:, 0]
        weights = torch.tensor(WEIGHTS, dtype=torch.float64)[labels]
        return (-weights * (1 - log_p.exp()) ** gamma * log_p).mean()

    pairs = [
        (build("softmax_cross_entropy"), raw, lambda s: functional.cross_entropy(s, torch.tensor(labels))),
        (
            build("softmax_cross_entropy", label_smoothing=0.1, reduction="sum"),
            raw,
            lambda s: functional.cross_entropy(s, torch.tensor(labels), label_smoothing=0.1, reduction="sum"),
        ),
        (
            build("sigmoid_binary_cross_entropy", reduction="sum"),
            raw,
            lambda s: functional.binary_cross_entropy_with_logits(s, targets, reduction="sum"),
        ),
        (
            build("softmax_cross_entropy", class_weights=WEIGHTS, reduction="sum"),
            raw,
            lambda s: functional.cross_entropy(
                s, torch.tensor(labels), weight=torch.tensor(WEIGHTS, dtype=torch.float64), reduction="sum"
            ),
        ),
        (
            build("focal", gamma=1.5, class_weights=WEIGHTS),
            raw,
            lambda s: torch_focal(s, 1.5),
        ),
        (build("mean_squared_error"), raw, lambda s: functional.mse_loss(s, targets)),
        (
            build("cross_entropy"),
            probabilities(rng, 8, 5),
            lambda s: functional.nll_loss(s.log(), torch.tensor(labels)),
        ),
    ]
    for loss, scores, reference in pairs:
        tensor = torch.tensor(scores, requires_grad=True)
        expected = reference(tensor)
        expected.backward()
        value, cache = loss.forward(scores, labels)
        assert value == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(loss.backward(cache), tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_central_differences_notice_a_one_percent_mistake(name, options, monkeypatch):
    cls = LOSSES[name]
    exact = cls.backward
    monkeypatch.setattr(cls, "backward", lambda self, cache: exact(self, cache) * 1.01)
    with pytest.raises(AssertionError):
        test_backward_matches_central_differences(name, options, "mean", 5, 4)
