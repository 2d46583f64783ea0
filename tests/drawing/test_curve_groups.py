"""Bands are means and standard deviations over seeds; settings can be told apart, however many there are."""

import numpy as np
import pytest

from nnlab.drawing.curve_groups import CurveGroup, curve_groups
from nnlab.runs.curve import Curve


def curve(rng, steps):
    steps = np.asarray(steps)
    return Curve(steps, 1 + rng.random(len(steps)), rng.random(len(steps)))


def group(rng, label="", seeds=3, count=20, every=5):
    training = tuple(curve(rng, range(1, count + 1)) for _ in range(seeds))
    evaluation = tuple(curve(rng, range(every, count + 1, every)) for _ in range(seeds))
    return CurveGroup(label, training, evaluation)


def losses(curves):
    return np.array([each.loss for each in curves])


def outline(band):
    """The lower and the upper edge of a band, by x."""
    x, y = band.get_paths()[0].vertices.T
    return [(y[x == at].min(), y[x == at].max()) for at in np.unique(x)]


def test_one_setting_has_mean_and_deviation_over_seeds(rng, readable):
    seeds = group(rng)
    figure = curve_groups([seeds], window=1, title="three seeds", note="one left out")
    texts = readable(figure)
    heading = "three seeds one left out; mean ± standard deviation over 3 seeds"
    assert {heading, "training (n = 3)", "validation (n = 3)"} <= set(texts)
    assert {"loss (nats per example)", "accuracy (%)", "step"} <= set(texts)
    for index, curves in enumerate([seeds.training, seeds.evaluation]):
        line, band = figure.axes[0].lines[index], figure.axes[0].collections[index]
        mean, deviation = losses(curves).mean(axis=0), losses(curves).std(axis=0, ddof=1)
        assert line.get_xdata().tolist() == curves[0].x.tolist()
        assert line.get_ydata() == pytest.approx(mean)
        assert np.array(outline(band)) == pytest.approx(np.stack([mean - deviation, mean + deviation], axis=1))
    drawn = figure.axes[1].lines[0].get_ydata()
    assert drawn == pytest.approx(100 * np.mean([each.accuracy for each in seeds.training], axis=0))


def test_one_seed_has_no_band(rng, readable):
    figure = curve_groups([group(rng, seeds=1)])
    assert {"training", "validation"} <= set(readable(figure))
    assert not figure.axes[0].collections


def test_settings_have_a_colour_each_and_panels_for_training_and_validation(rng, readable):
    figure = curve_groups(
        [group(rng, f"learning_rate = {rate}", seeds) for rate, seeds in ((0.1, 5), (0.01, 3), (1, 1))]
    )
    texts = readable(figure)
    assert {"training", "validation", "learning_rate = 0.1 (n = 5)", "learning_rate = 1"} <= set(texts)
    assert any(text.endswith("mean ± standard deviation over 3 to 5 seeds") for text in texts)
    assert len(figure.axes) == 4
    for axes in figure.axes:
        assert len({line.get_color() for line in axes.lines}) == 3
    colours = [[line.get_color() for line in axes.lines] for axes in figure.axes[:2]]
    assert colours[0] == colours[1]


def test_without_evaluations_there_is_one_column(rng, readable):
    settings = [CurveGroup(label, group(rng).training, (curve(rng, []),) * 3) for label in "ab"]
    figure = curve_groups(settings)
    readable(figure)
    assert len(figure.axes) == 2
    readable(curve_groups(settings[:1]))


def test_seeds_are_drawn_as_far_as_all_have_come(rng, readable):
    seeds = CurveGroup("", (curve(rng, range(1, 21)), curve(rng, range(1, 13))), (curve(rng, [5, 10]),) * 2)
    figure = curve_groups([seeds])
    assert any("up to the last step that all seeds of a setting have reached" in text for text in readable(figure))
    assert figure.axes[0].lines[0].get_xdata().tolist() == list(range(1, 13))
    readable(curve_groups([CurveGroup("", (curve(rng, [1, 3]), curve(rng, [2, 4])), (curve(rng, []),) * 2)]))
    readable(curve_groups([CurveGroup("", (curve(rng, []),), (curve(rng, []),))], loss_scale="log"))


def test_an_evaluation_of_every_seed_shows_its_deviation(rng, readable):
    figure = curve_groups([group(rng, label, every=20) for label in "ab"])
    readable(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a (n = 3)", "b (n = 3)"]
    assert len(figure.axes[1].containers) == 2


def test_of_many_settings_the_best_have_a_colour(rng, readable):
    settings = [group(rng, f"optimizer.learning_rate = {rate}", seeds=2) for rate in range(12)]
    for each in (settings[2], settings[11]):
        each.evaluation[0].loss[-1] = 0
    for each in (settings[0], settings[5]):
        each.evaluation[1].loss[-1] = 9
    figure = curve_groups(settings)
    texts = readable(figure)
    named = [text for text in texts if text.startswith("optimizer.learning_rate")]
    assert len(named) == 8
    assert {f"optimizer.learning_rate = {rate} (n = 2)" for rate in (2, 11)} <= set(named)
    assert not {f"optimizer.learning_rate = {rate} (n = 2)" for rate in (0, 5)} & set(named)
    assert "the other 4, whose loss ends higher" in texts
    assert len(figure.axes[0].lines) == 12
    assert "the one whose loss ends higher" in readable(curve_groups(settings[:9]))
    eight = curve_groups(settings[:8])
    assert len({line.get_color() for line in eight.axes[0].lines}) == 8
    assert not any("ends higher" in text for text in readable(eight))


def test_training_values_are_running_means(rng, readable):
    figure = curve_groups([group(rng, count=500)])
    assert any("training: running mean of 11 records" in text for text in readable(figure))
    figure = curve_groups([group(rng, "a", count=1000), group(rng, "b", count=100)])
    assert any("training: running mean of 21 records" in text for text in readable(figure))
    figure = curve_groups([group(rng, count=60)])
    assert any("training: running mean of 7 records" in text for text in readable(figure))
    seeds = group(rng, count=500)
    figure = curve_groups([seeds], window="so far")
    assert any("training: mean since the first step" in text for text in readable(figure))
    assert figure.axes[0].lines[0].get_ydata()[-1] == pytest.approx(losses(seeds.training).mean())


def test_epochs(rng, readable):
    texts = readable(curve_groups([group(rng, seeds=1)], unit="epoch", window=1))
    assert {"epoch", "training: mean of each epoch"} <= set(texts)


def test_parts_of_an_epoch_have_ticks_of_their_own(rng, readable):
    x = np.array([0.125, 0.25])
    figure = curve_groups([CurveGroup("", (Curve(x, x, x),), (Curve(x, x, x),))], unit="epoch")
    assert {"0.1", "0.2"} <= set(readable(figure))


def test_a_log_scale_bears_bands_that_reach_below_zero(rng, readable):
    seeds = group(rng, seeds=2)
    seeds.training[0].loss[:] = 100
    figure = curve_groups([seeds], loss_scale="log")
    readable(figure)
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_ylim()[0] > 0.01


@pytest.mark.parametrize("accuracies", [(0.2, 1), (0, 0.6)])
def test_accuracies_end_at_0_and_100_percent(rng, readable, accuracies):
    seeds = group(rng, seeds=2)
    for each, accuracy in zip(seeds.training, accuracies, strict=True):
        each.accuracy[:] = accuracy
    figure = curve_groups([seeds])
    readable(figure)
    low, high = figure.axes[1].get_ylim()
    assert -2 <= low < high <= 102
    edges = np.array(outline(figure.axes[1].collections[0]))
    assert edges.min() >= 0
    assert edges.max() <= 100


def test_hostile_labels(rng, readable, hostile):
    readable(curve_groups([group(rng, label, seeds=1) for label in hostile], title="$\\frac{1}{2}$"))
    readable(curve_groups([group(rng, "_underscored", seeds=1), group(rng, "b", seeds=1)]))


def test_less_than_an_epoch_is_said(rng, readable):
    x = np.array([0.125, 0.25])
    texts = readable(curve_groups([CurveGroup("", (Curve(x, x, x),), (Curve(x, x, x),))], unit="epoch", window=1))
    assert "training: mean of the first 0.25 epochs, less than one" in texts
    x = np.array([1, 1.5])
    texts = readable(curve_groups([CurveGroup("", (Curve(x, x, x),), (Curve(x, x, x),))], unit="epoch", window=1))
    assert "training: mean of each epoch, the last incomplete" in texts


def test_the_accuracies_fill_the_axis(rng, readable):
    near = group(rng, seeds=1, count=200)
    for each in (*near.training, *near.evaluation):
        each.accuracy[:] = 0.97 + 0.02 * each.accuracy
    figure = curve_groups([near], window=1)
    readable(figure)
    low, high = figure.axes[1].get_ylim()
    assert 96 < low < 97.1
    assert 98.9 < high < 100
