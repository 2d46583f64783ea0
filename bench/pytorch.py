"""PyTorch as a rival."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bench import agreement
from bench.race import Contender, race
from bench.results import Agreement
from bench.rivals import Verb
from bench.torch_training import TorchTraining, torch_loss, torch_optimizer
from bench.trainings import Batch
from bench.twin import Format, Twin, array_of, in_torch_layouts, tensor_of, twin_of
from nnlab.arrays import Array
from nnlab.config import Experiment
from nnlab.nn.network import Network
from nnlab.nn.optimizers import Optimizer
from nnlab.training.state import TrainingState

_UPDATES = 3
_HEAT_STEPS = 60


class PyTorch:
    """PyTorch with ``threads`` threads, set for the whole process."""

    frameworks = ("torch",)

    def __init__(self, threads: int) -> None:
        torch.set_num_threads(threads)
        self.version = f"PyTorch {torch.__version__}"

    def agreement(self, config: Experiment) -> Agreement:
        """Return how closely nnlab and PyTorch agree in the first steps of ``config``."""
        return agreement.agreement(config)

    def training(self, state: TrainingState, batches: Sequence[Batch], *, seconds: float) -> dict[str, Contender]:
        """Return the faster memory layout with PyTorch's default optimizer, and with its ``fused`` one."""
        form = _faster_form(state, batches, seconds)
        plain, fused = (torch_training(state, batches, form, fused=fused) for fused in (False, True))
        return {form: Contender(plain.step), "fused": Contender(fused.step)}

    def layer(self, network: Network, verb: Verb, x: Array, grad_y: Array) -> dict[str, Contender]:
        """Return the layer in both memory layouts, or in one if its input is not images."""
        forms: tuple[Format, ...] = ("eager", "channels_last") if x.ndim == 4 else ("eager",)
        return {form: _layer_contender(twin_of(network, form), verb, x, grad_y, form) for form in forms}

    def layer_difference(self, network: Network, x: Array, grad_y: Array) -> float:
        """Return the largest relative difference in y, dL/dx or a parameter's gradient."""
        layer, twin = network.layers[0], twin_of(network, "eager")
        y, cache = layer.forward(x)
        grad_x, grads = layer.backward(grad_y, cache)
        inputs = tensor_of(x, "eager").requires_grad_()
        outputs = twin(inputs)
        torch.autograd.backward(outputs, tensor_of(grad_y, "eager"))
        named = in_torch_layouts(network, {f"0.{name}": grad for name, grad in grads.items()})
        gradient = np.empty(0) if inputs.grad is None else array_of(inputs.grad)
        return agreement.largest_difference(
            {"y": y, "x": grad_x, **named}, {"y": array_of(outputs), "x": gradient, **twin.gradients()}
        )

    def optimizer(self, optimizer: Optimizer, weights: Array, gradient: Array) -> dict[str, Contender]:
        """Return PyTorch's default form and its ``fused`` one."""
        plain, fused = (_update(optimizer, weights, gradient, fused=fused)[0] for fused in (False, True))
        return {"default": plain, "fused": fused}

    def optimizer_difference(self, optimizer: Optimizer, weights: Array, gradient: Array) -> float:
        """Return the relative difference of the movement in a few updates, both from a new state."""
        optimizer, ended = copy.deepcopy(optimizer), weights.copy()
        contender, tensor = _update(optimizer, weights, gradient, fused=False)
        for _ in range(_UPDATES):
            optimizer.update(ended, gradient, 1.0)
            contender.step()
        return agreement.largest_difference({"": ended - weights}, {"": tensor.detach().numpy() - weights})


def torch_training(state: TrainingState, batches: Sequence[Batch], form: Format, *, fused: bool) -> TorchTraining:
    """Return ``state`` in PyTorch, from its current weights and with a new optimizer state."""
    twin = twin_of(state.network, form)
    optimizer = torch_optimizer(state.optimizer, list(twin.params.values()), fused=fused)
    return TorchTraining(twin, torch_loss(state.loss), optimizer, batches, form)


def _faster_form(state: TrainingState, batches: Sequence[Batch], seconds: float) -> Format:
    if len(state.dataset.input_shape) < 3:
        return "eager"
    forms: tuple[Format, Format] = ("eager", "channels_last")
    contenders = {form: Contender(torch_training(state, batches, form, fused=False).step) for form in forms}
    heat = race(contenders, steps=_HEAT_STEPS, seconds=seconds)
    return min(forms, key=lambda form: heat[form].median)


def _update(optimizer: Optimizer, weights: Array, gradient: Array, *, fused: bool) -> tuple[Contender, Tensor]:
    param = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    param.grad = torch.from_numpy(gradient)
    return Contender(torch_optimizer(optimizer, [param], fused=fused).step), param


def _layer_contender(twin: Twin, verb: Verb, x: Array, grad_y: Array, form: Format) -> Contender:
    inputs, grads = tensor_of(x, form).requires_grad_(verb != "gradients"), tensor_of(grad_y, form)
    if verb == "forward":
        return Contender(lambda: twin(inputs))
    outputs = twin(inputs)
    wanted = [*([inputs] if verb == "backward" else []), *twin.params.values()]
    return Contender(lambda: torch.autograd.grad(outputs, wanted, grads, retain_graph=True))
