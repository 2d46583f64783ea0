import pytest

from bench.kernels import LAYER_CASES, OPTIMIZER_CASES, LayerCase, OptimizerCase, time_kernels
from bench.rivals import Nobody, rival
from nnlab.nn.layers.relu import Relu
from nnlab.nn.optimizers import Adam

LAYERS = (
    LayerCase("conv2d", {"filters": 3, "kernel": 3, "padding": 1}, 2, (5, 5, 2)),
    LayerCase("conv2d", {"filters": 3, "kernel": 3, "padding": 1}, 2, (5, 5, 1), first=True),
    LayerCase("dropout", {"rate": 0.5}, 3, (4,)),
    LayerCase("relu", {}, 3, (4,)),
    LayerCase("maxpool2d", {"size": 2}, 3, (4, 4, 2)),
    LayerCase("batchnorm", {}, 3, (4, 4, 2)),
    LayerCase("dense", {"units": 4}, 3, (6,)),
)
OPTIMIZERS = (OptimizerCase("sgd", {"learning_rate": 0.1, "momentum": 0.9}, 10), OptimizerCase("adam", {}, 10))


def timed(other, layers=LAYERS, optimizers=OPTIMIZERS):
    return list(time_kernels(other, steps=5, seconds=0, threads=1, layers=layers, optimizers=optimizers))


def test_every_verb_of_every_case_is_timed():
    results = timed(Nobody())
    assert [(r.name, r.shape, r.verb) for r in results[:4]] == [
        ("conv2d 3x3 to 3", "2x5x5x2", "forward"),
        ("conv2d 3x3 to 3", "2x5x5x2", "backward"),
        ("conv2d 3x3 to 3", "2x5x5x1", "forward"),
        ("conv2d 3x3 to 3", "2x5x5x1", "gradients"),
    ]
    assert [r.verb for r in results[4:]] == ["forward", "backward"] * 5 + ["update"] * 2
    assert results[0].operations == 2 * 2 * 25 * 3 * 3 * 2 * 3
    assert results[1].operations == 2 * results[0].operations
    assert results[3].operations == results[2].operations
    assert all(r.ratio is None and r.difference is None for r in results)


def test_pytorch_computes_the_same():
    pytest.importorskip("torch")
    results = timed(rival(1))
    assert all(r.ratio for r in results)
    assert [r.name for r in results if r.difference is None] == ["dropout", "dropout"]
    assert max(r.difference for r in results if r.difference is not None) < 1e-5
    assert set(results[0].comparison.torch) == {"eager", "channels_last"}
    assert set(results[-1].comparison.torch) == {"default", "fused"}


def test_a_wrong_result_is_noticed(monkeypatch):
    pytest.importorskip("torch")
    exact = Relu.backward
    monkeypatch.setattr(Relu, "backward", lambda self, g, cache: (1.01 * exact(self, g, cache)[0], {}))
    results = timed(rival(1), layers=[LayerCase("relu", {}, 3, (4,))], optimizers=())
    assert results[0].difference == pytest.approx(0.01, rel=1e-3)


def test_a_wrong_update_is_noticed(monkeypatch):
    pytest.importorskip("torch")
    exact = Adam.update
    monkeypatch.setattr(Adam, "update", lambda self, w, g, factor: exact(self, w, g, 1.01 * factor))
    results = timed(rival(1), layers=(), optimizers=[OptimizerCase("adam", {}, 10)])
    assert results[0].difference == pytest.approx(0.01, rel=1e-2)


def test_the_shapes_are_those_of_the_networks():
    assert {case.size for case in OPTIMIZER_CASES} >= {14_682, 9_231_114}
    assert sum(case.type == "conv2d" for case in LAYER_CASES) == 10
