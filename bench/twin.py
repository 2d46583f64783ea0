"""An nnlab network in PyTorch: the same layers with the same weights."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from nnlab.arrays import Array, Named, Rng
from nnlab.errors import UsageError
from nnlab.nn.layers.base import Layer
from nnlab.nn.layers.batchnorm import BatchNorm
from nnlab.nn.layers.conv2d import Conv2d
from nnlab.nn.layers.dense import Dense
from nnlab.nn.layers.depthwise_conv2d import DepthwiseConv2d
from nnlab.nn.layers.dropout import Dropout
from nnlab.nn.layers.elu import Elu
from nnlab.nn.layers.gelu import Gelu
from nnlab.nn.layers.groupnorm import GroupNorm
from nnlab.nn.layers.maxpool2d import MaxPool2d
from nnlab.nn.layers.relu import Relu
from nnlab.nn.layers.sigmoid import Sigmoid
from nnlab.nn.layers.silu import Silu
from nnlab.nn.network import Network

Format: TypeAlias = Literal["eager", "channels_last"]
"""PyTorch's memory layout of images: its default, or channels last."""

Operation: TypeAlias = Callable[[Tensor], Tensor]

_NAMES = {"gamma": "weight", "beta": "bias"}


@dataclass(frozen=True)
class Twin:
    """A sequence of PyTorch operations; ``params`` have nnlab's names."""

    operations: Sequence[Operation]
    params: Mapping[str, nn.Parameter]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the scores of x, as in training."""
        for operation in self.operations:
            x = operation(x)
        return x

    def predict(self, x: Tensor) -> Tensor:
        """Return the scores of x, as at inference."""
        modules = nn.ModuleList(each for each in self.operations if isinstance(each, nn.Module))
        modules.eval()
        with torch.no_grad():
            scores = self(x)
        modules.train()
        return scores

    def values(self) -> Named:
        """Return copies of the parameters."""
        return {name: param.detach().numpy().copy() for name, param in self.params.items()}

    def gradients(self) -> Named:
        """Return the gradients of the last step."""
        return {name: param.grad.numpy() for name, param in self.params.items() if param.grad is not None}


def twin_of(network: Network, form: Format, *, dropout: Callable[[Dropout], Operation] | None = None) -> Twin:
    """Return ``network`` in PyTorch, with copies of its weights.

    Dropout is PyTorch's own unless ``dropout`` constructs it. Raises UsageError for a layer without a counterpart.
    """
    operations: list[Operation] = []
    params: dict[str, nn.Parameter] = {}
    precision = torch.from_numpy(network.weights).dtype
    for i, layer in enumerate(network.layers):
        if isinstance(layer, Dense) and len(layer.input_shape) > 1:
            operations.append(nn.Flatten())
        if isinstance(layer, Dropout) and dropout is not None:
            operations.append(dropout(layer))
            continue
        module = _module(layer).to(precision)
        for name, param in layer.params.items():
            twin: nn.Parameter = getattr(module, _NAMES.get(name, name))
            twin.data = _laid_out(torch.from_numpy(in_torch_layout(layer, name, param).copy()), form)
            params[f"{i}.{name}"] = twin
        operations.append(module)
    return Twin(operations, params)


def _module(layer: Layer) -> nn.Module:
    """Return PyTorch's counterpart of ``layer``, newly initialized; raises UsageError if there is none."""
    module: nn.Module | None = None
    match layer:
        case Dense():
            module = nn.Linear(*layer.params["weight"].shape)
        case Conv2d() if layer.windows.before == layer.windows.after and layer.turn.step == 1:
            module = _convolution(layer, groups=1)
        case DepthwiseConv2d() if layer.windows.before == layer.windows.after:
            module = _convolution(layer, groups=layer.input_shape[2])
        case MaxPool2d():
            module = nn.MaxPool2d(layer.windows.size, layer.windows.stride, layer.windows.before)
        case BatchNorm():
            norm = nn.BatchNorm2d if len(layer.input_shape) == 3 else nn.BatchNorm1d
            module = norm(layer.input_shape[-1], eps=layer.epsilon, momentum=layer.momentum)
        case Dropout():
            module = nn.Dropout(layer.rate)
        case GroupNorm():
            module = nn.GroupNorm(layer.groups, layer.input_shape[-1], layer.epsilon)
        case _:
            module = _activation(layer)
    if module is None:
        raise UsageError(f"the benchmark has no PyTorch counterpart of this {type(layer).__name__}")
    return module


def _activation(layer: Layer) -> nn.Module | None:
    """Return PyTorch's counterpart of an activation, None if there is none."""
    match layer:
        case Relu():
            return nn.ReLU()
        case Sigmoid():
            return nn.Sigmoid()
        case Elu():
            return nn.ELU(layer.alpha)
        case Gelu():
            return nn.GELU(layer.approximate)
        case Silu():
            return nn.SiLU()
    return None


def _convolution(layer: Conv2d | DepthwiseConv2d, groups: int) -> nn.Module:
    """Return PyTorch's convolution over the same windows, newly initialized."""
    windows, filters, bias = layer.windows, layer.output_shape[2], "bias" in layer.params
    channels, stride, padding, dilation = layer.input_shape[2], windows.stride, windows.before, windows.dilation
    return nn.Conv2d(channels, filters, windows.size, stride, padding, dilation, groups, bias=bias)


def in_torch_layout(layer: Layer, name: str, array: Array) -> Array:
    """Return a parameter of ``layer``, or its gradient, with the axes in PyTorch's order."""
    if name != "weight":
        return array
    if isinstance(layer, Conv2d | DepthwiseConv2d):
        return array.transpose(3, 2, 0, 1)
    if len(layer.input_shape) == 3:
        array = array.reshape(*layer.input_shape, -1).transpose(2, 0, 1, 3).reshape(array.shape)
    return array.T


def in_torch_layouts(network: Network, named: Named) -> Named:
    """Return arrays named after the parameters of ``network``, with the axes in PyTorch's order."""
    layers = {name: network.layers[int(name.partition(".")[0])] for name in named}
    return {name: in_torch_layout(layers[name], name.partition(".")[2], array) for name, array in named.items()}


def tensor_of(x: Array, form: Format) -> Tensor:
    """Return x (N, ..., C) in PyTorch's order (N, C, ...), in the memory layout ``form``."""
    tensor = torch.from_numpy(np.ascontiguousarray(x))
    return _laid_out(tensor.permute(0, 3, 1, 2), form) if x.ndim == 4 else tensor


def _laid_out(tensor: Tensor, form: Format) -> Tensor:
    last = form == "channels_last" and tensor.ndim == 4
    return tensor.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def array_of(tensor: Tensor) -> Array:
    """Return a tensor (N, C, ...) in nnlab's order (N, ..., C)."""
    array: Array = (tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor).detach().numpy()
    return array


def same_masks(layer: Dropout) -> Operation:
    """Return a dropout operation that draws the same masks as ``layer``."""
    rng: Rng = np.random.Generator(type(layer.streams["mask"].bit_generator)())
    rng.bit_generator.state = layer.streams["mask"].bit_generator.state

    def drop(x: Tensor) -> Tensor:
        kept = torch.from_numpy(rng.random(tuple(x.shape), np.float32) >= layer.rate)
        return x * kept / (1 - layer.rate)

    return drop
