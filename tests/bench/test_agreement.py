import numpy as np
import pytest

from nnlab.nn.layers.batchnorm import BatchNorm
from nnlab.nn.layers.conv2d import Conv2d
from nnlab.nn.layers.dense import Dense
from nnlab.nn.optimizers import Adam, Sgd

pytest.importorskip("torch")
comparing = pytest.importorskip("bench.agreement")


def test_nnlab_and_pytorch_agree(config):
    found = comparing.agreement(config)
    assert found.holds, found
    assert max(found.loss, found.gradient, found.movement) < 1e-9
    assert found.single_loss < 1e-4


@pytest.mark.parametrize(("layer", "name"), [(Dense, "features"), (Conv2d, "images"), (BatchNorm, "images")])
def test_a_gradient_that_is_wrong_by_one_percent_is_noticed(layer, name, small, monkeypatch):
    exact = layer.backward

    def wrong(self, grad_y, cache):
        grad_x, grads = exact(self, grad_y, cache)
        return grad_x, {name: 1.01 * grad for name, grad in grads.items()}

    monkeypatch.setattr(layer, "backward", wrong)
    found = comparing.agreement(small(name))
    assert found.gradient == pytest.approx(0.01, rel=1e-3)
    assert not found.holds


@pytest.mark.parametrize(("optimizer", "name"), [(Sgd, "features"), (Adam, "images")])
def test_an_optimizer_of_another_form_is_noticed(optimizer, name, small, monkeypatch):
    exact = optimizer.update
    monkeypatch.setattr(optimizer, "update", lambda self, w, g, factor: exact(self, w, g, 1.01 * factor))
    found = comparing.agreement(small(name))
    assert found.gradient < 1e-9
    assert 0.009 < found.movement < 0.1  # more than 0.01 where the gradients change on the way
    assert not found.holds


def test_a_drift_in_single_precision_is_noticed(config, monkeypatch):
    exact = comparing._differences

    def wrong(config, dtype, *, examples):
        loss, gradient, movement = exact(config, dtype, examples=examples)
        return (0.02 if np.dtype(dtype) == np.float32 else loss), gradient, movement

    monkeypatch.setattr(comparing, "_differences", wrong)
    assert not comparing.agreement(config).holds
