"""What is in a network: its layers as a diagram, its weights, and what it makes of one example."""

import numpy as np
from matplotlib.figure import Figure

from nnlab import drawing
from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.data import Dataset, Source, load_dataset
from nnlab.drawing import Block, Spread, Stage, style
from nnlab.errors import RunError, UsageError
from nnlab.evaluation import SplitName, load_network
from nnlab.nn.kernels import threads
from nnlab.nn.layers import Layer
from nnlab.nn.network import outline_layers
from nnlab.registry import DATASETS, Spec
from nnlab.runs import Run
from nnlab.runs.checkpoints import Which
from nnlab.training.state import batches_of

_ALONE = (8, 10)  # columns and rows of maps where one layer has the page to itself


def draw_architecture(config: Experiment) -> Figure:
    """Return the network of ``config`` as a diagram, from its input to its loss."""
    source: Source = DATASETS.build(config.data)
    layers = outline_layers(config.network, source.input_shape)
    blocks = [_block(f"{i} ", *pair) for i, pair in enumerate(zip(config.network, layers, strict=True))]
    classes = f"{len(source.class_names)} class{'es' * (len(source.class_names) > 1)}"
    first = Block("input:", (config.data.type,), _dimensions(source.input_shape), 0)
    last = Block("loss:", (config.loss.type,), classes, 0)
    total = sum(param.size for layer in layers for param in layer.params.values())
    return drawing.architecture([first, *blocks, last], title=config.name, note=f"{total:,} parameters")


def _block(place: str, spec: Spec, layer: Layer) -> Block:
    """Return how a diagram shows ``layer``, which ``spec`` describes; ``place`` comes before its name."""
    size = sum(param.size for param in layer.params.values())
    unchanged = "leaves the shape" if layer.output_shape == layer.input_shape else "changes the shape"
    kind, shape = "trained" if size else unchanged, _dimensions(layer.output_shape)
    if not layer.parts:
        return Block(place + spec.type, _options(spec), shape, size, kind)
    parts = {name: _block("", _part(spec, name), part) for name, part in layer.parts.items()}
    projection = parts.pop("projection", None)
    return Block(place + spec.type, (), shape, size, kind, tuple(parts.values()), projection)


def _part(spec: Spec, name: str) -> Spec:
    """Return the entry of a layer's part, such as ``projection`` or ``body.0``."""
    option, _, index = name.partition(".")
    entry = getattr(spec, option)
    part: Spec = entry[int(index)] if index else entry
    return part


def _options(spec: Spec) -> tuple[str, ...]:
    """Return the numbers in ``spec`` that are not the defaults, such as ``filters 16`` and ``kernel 5``."""
    told = []
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if value == field.default or isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            told.append(f"{name} {value:g}")
        elif isinstance(value, tuple) and all(isinstance(each, int) for each in value):
            told.append(f"{name} {value[0] if len(set(value)) == 1 else _dimensions(value)}")
    return tuple(told)


def draw_weights(
    run: Run, config: Experiment, checkpoint: Which = "best", *, dataset: Dataset | None = None
) -> list[Figure]:
    """Return histograms of the weights of each layer, and of their gradients on the first batch of the training.

    ``dataset`` has the data of ``config``, if they were loaded already. Raises RunError if no layer has weights,
    DataError if the data are missing.
    """
    saved = run.load(checkpoint)
    network = load_network(config, saved)
    names = [name for name, role in network.roles.items() if role == "weight"]
    if not names:
        raise RunError(f"no layer of {run.name} has weights to draw")
    before = {name: network.params[name].copy() for name in names}
    dataset = dataset or load_dataset(config.data, config.seed)
    loss = config.loss
    x, labels = dataset.batch(batches_of(config, len(dataset.train)).draw(), 1)
    with threads.compute(config.compute.threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        scores, caches = network.forward(x)
        _, cache = loss.forward(scores, labels)
        network.backward(loss.backward(cache), caches)
    spreads, start = [], 0
    for name, param in network.params.items():
        gradient = network.gradient[start : start + param.size]
        start += param.size
        if name in before:
            index, _, rest = name.partition(".")
            inner = rest.removesuffix("weight").rstrip(".").replace(".", " ")
            label = f"{index} {config.network[int(index)].type} {inner}".strip()
            spreads.append(Spread(f"{label} {_dimensions(param.shape)}", before[name].ravel(), gradient.copy()))
    examples = f"{len(labels)} training example{'s' * (len(labels) > 1)}"
    title = f"{config.name}, weights after {saved.step:,} steps, and gradients on {examples}"
    return drawing.weights(spreads, title=title, note="biases, scales and shifts left out")


def draw_activations(
    run: Run,
    config: Experiment,
    *,
    image: int = 0,
    split: SplitName = "test",
    layer: int | None = None,
    checkpoint: Which = "best",
    rows: int = 2,
    dataset: Dataset | None = None,
) -> list[Figure]:
    """Return what each layer of a run's network, or one of them, makes of example number ``image`` of a split.

    Of all layers, each has at most ``rows`` rows of maps; one alone has the page to itself. ``dataset`` has the
    data of ``config``, if they were loaded already. Raises UsageError if there is no such example or layer,
    DataError if the data are missing.
    """
    network = load_network(config, run.load(checkpoint))
    if layer is not None and layer >= len(network.layers):
        raise UsageError(f"--layer {layer}: the network has {len(network.layers)} layers, of which the first is 0")
    dataset = dataset or load_dataset(config.data, config.seed)
    examples = dataset.split(split)
    if image >= len(examples):
        raise UsageError(f"--image {image}: the {split} split has {len(examples):,} examples, the first of them 0")
    raw = examples.inputs[image : image + 1]
    stages = []
    with threads.compute(config.compute.threads), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        y = dataset.normalize(raw)
        for index, (spec, each) in enumerate(zip(config.network, network.layers, strict=True)):
            y = each.predict(y)
            stages.append(Stage(f"{index} {spec.type}", y[0]))
        loss = config.loss
        note = _answer(dataset, loss.probabilities(y)[0], int(loss.classify(y)[0]), int(examples.labels[image]))
    kind = {"train": "training"}.get(split, split)
    title = f"{config.name}, {kind} example {image:,}"
    if layer is None:
        return drawing.activations(raw[0], stages, rows=rows, title=title, note=note)
    columns, most = _ALONE
    return drawing.activations(raw[0], [stages[layer]], columns=columns, rows=most, title=title, note=note)


def _answer(dataset: Dataset, probabilities: np.ndarray, predicted: int, label: int) -> str:
    """Return what an example is and what it is taken for, in words."""
    true, taken = dataset.class_names[label], dataset.class_names[predicted]
    share = style.percent(float(probabilities[predicted]))
    return f"true class: {true}; predicted: {taken} ({share})"


def _dimensions(shape: Shape) -> str:
    return "x".join(map(str, shape))
