"""Train a config in PyTorch, to see whether an accuracy is due to nnlab or to the settings and the data.

    python -m bench.accuracy configs/cifar10_vgg.yaml --seeds 3

PyTorch starts from the initial weights that nnlab draws from the seed and sees the same batches in the same order.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from bench.torch_training import TorchTraining, torch_loss, torch_optimizer
from bench.twin import Format, Twin, tensor_of, twin_of
from nnlab.cli.output import print_table, say
from nnlab.config import Experiment, load_config
from nnlab.data import Dataset
from nnlab.errors import UsageError
from nnlab.runs.formatting import percent
from nnlab.training.state import prepare

_AT_ONCE = 500  # images


def accuracies(config: Experiment) -> Iterator[tuple[int, float]]:
    """Train ``config`` in PyTorch; yield the step and the test accuracy (0-1) at each evaluation and at the end.

    Raises UsageError if the config has a setting that is not supported here.
    """
    if config.schedule.type != "constant" or config.training.clip_norm or config.data.augment:
        raise UsageError("the benchmark trains without schedule, clipping and augmentation only")
    state = prepare(config)
    torch.set_num_threads(config.compute.threads or torch.get_num_threads())
    form: Format = "channels_last" if len(state.dataset.input_shape) == 3 else "eager"
    twin = twin_of(state.network, form)
    optimizer = torch_optimizer(state.optimizer, list(twin.params.values()), fused=False)
    training = TorchTraining(twin, torch_loss(state.loss), optimizer, [], form)
    train, total = state.dataset.train, int(state.clock.total_steps)
    every = config.training.evaluate_every or state.clock.steps_per_epoch
    for step in range(1, total + 1):
        indices = state.batches.draw()
        x = tensor_of(state.dataset.normalize(train.inputs[indices]), form)
        training.learn(x, torch.from_numpy(train.labels[indices]))
        if step % every == 0 or step == total:
            yield step, _test_accuracy(twin, state.dataset, form)


def _test_accuracy(twin: Twin, dataset: Dataset, form: Format) -> float:
    test, correct = dataset.test, 0
    for start in range(0, len(test.labels), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        scores = twin.predict(tensor_of(dataset.normalize(test.inputs[part]), form))
        correct += int(np.count_nonzero(scores.numpy().argmax(axis=1) == test.labels[part]))
    return correct / len(test.labels)


def main(
    config: Annotated[Path, typer.Argument(help="A YAML file.")],
    seeds: Annotated[int, typer.Option(min=1, help="Number of seeds, counted from 0.")] = 1,
) -> None:
    """Train a config in PyTorch and print its accuracies on the test set: the last one and the best one."""
    rows = []
    for seed in range(seeds):
        found = []
        for step, accuracy in accuracies(load_config(config, f"seed={seed}")):
            found.append(accuracy)
            say(f"seed {seed}, step {step:,}: {percent(accuracy)}")
        rows.append([str(seed), percent(found[-1]), percent(max(found)), str(len(found))])
    print_table(["seed", "at the end", "at best", "evaluations"], rows)


if __name__ == "__main__":
    typer.run(main)
