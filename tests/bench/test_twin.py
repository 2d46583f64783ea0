import numpy as np
import pytest

from bench.race import Contender
from bench.trainings import batches_of
from nnlab.errors import UsageError
from nnlab.nn.losses import MeanSquaredError
from nnlab.nn.network import build_network
from nnlab.nn.optimizers import AdamW, Sgd
from nnlab.registry import LAYERS
from nnlab.training.state import prepare

torch = pytest.importorskip("torch")
pytorch = pytest.importorskip("bench.pytorch")
training = pytest.importorskip("bench.torch_training")
twins = pytest.importorskip("bench.twin")


def network(shape, *entries):
    return build_network([LAYERS.spec(entry["type"]).model_validate(entry) for entry in entries], shape)


@pytest.mark.parametrize("form", ["eager", "channels_last"])
def test_both_layouts_give_the_scores_of_nnlab(form, config):
    state = prepare(config)
    net = state.network
    (x, _), *_ = batches_of(state, 1)
    scores = twins.twin_of(net, form, dropout=lambda layer: lambda x: x)(twins.tensor_of(x, form))
    layers = [layer for layer in net.layers if type(layer).__name__ != "Dropout"]
    for layer in layers:
        x, _ = layer.forward(x)
    np.testing.assert_allclose(scores.detach().numpy(), x, atol=1e-5)


def test_layers_for_variants_of_a_network_have_counterparts(rng):
    conv = {"type": "conv2d", "filters": 4, "kernel": 3, "padding": 2, "dilation": 2}
    deep = {"type": "depthwise_conv2d", "kernel": 3, "stride": 2, "multiplier": 2}
    smooth = [{"type": "gelu", "approximate": "tanh"}, {"type": "gelu"}, {"type": "silu"}, {"type": "elu"}]
    net = network((9, 8, 3), conv, {"type": "groupnorm", "groups": 2}, deep, *smooth)
    x = rng.standard_normal((2, 9, 8, 3), np.float32)
    scores = twins.twin_of(net, "eager")(twins.tensor_of(x, "eager"))
    np.testing.assert_allclose(twins.array_of(scores.detach()), net.predict(x), atol=1e-5)


def test_the_twin_has_copies_of_the_weights():
    net = network((3,), {"type": "dense", "units": 2})
    twin = twins.twin_of(net, "eager")
    before = twin.values()
    net.weights += 1
    for name, value in twin.values().items():
        np.testing.assert_array_equal(value, before[name])


def test_channels_last_is_a_view_of_the_images(rng):
    x = rng.standard_normal((2, 4, 5, 3), np.float32)
    tensor = twins.tensor_of(x, "channels_last")
    assert tensor.is_contiguous(memory_format=torch.channels_last)
    assert np.shares_memory(tensor.numpy(), x)
    np.testing.assert_array_equal(twins.array_of(twins.tensor_of(x, "eager")), x)


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "leaky_relu"},
        {"type": "conv2d", "filters": 2, "kernel": 2, "padding": "same"},
        {"type": "conv2d", "filters": 2, "kernel": 3, "flip": True},
    ],
)
def test_a_layer_without_counterpart_is_an_error(entry):
    with pytest.raises(UsageError, match="no PyTorch counterpart"):
        twins.twin_of(network((5, 5, 1), entry), "eager")


def test_a_loss_without_counterpart_is_an_error():
    with pytest.raises(UsageError, match="MeanSquaredError"):
        training.torch_loss(MeanSquaredError())


@pytest.mark.parametrize("make", [AdamW, lambda *a, **o: Sgd(*a, **o, weight_decay=0.1, decay="weights")])
def test_an_optimizer_without_counterpart_is_an_error(make):
    optimizer = make(np.zeros(2), np.array([True, False]), learning_rate=0.1)
    with pytest.raises(UsageError, match="no PyTorch counterpart"):
        training.torch_optimizer(optimizer, [torch.nn.Parameter(torch.zeros(2))], fused=False)


def test_the_fused_optimizer_does_the_same(config):
    state = prepare(config)
    batches = batches_of(state, 3)
    trainings = [pytorch.torch_training(state, batches, "eager", fused=fused) for fused in (False, True)]
    for run in trainings:
        torch.manual_seed(0)
        for _ in range(3):
            run.step()
    plain, fused = (run.twin.values() for run in trainings)
    for name, value in plain.items():
        np.testing.assert_allclose(fused[name], value, atol=1e-5)


def test_the_faster_layout_is_used(config, monkeypatch):
    state = prepare(config)
    forms = pytorch.PyTorch(1).training(state, batches_of(state, 2), seconds=0)
    first, second = forms
    images = len(state.dataset.input_shape) == 3
    assert first in ({"eager", "channels_last"} if images else {"eager"})
    assert second == "fused"
    assert all(isinstance(form, Contender) for form in forms.values())
