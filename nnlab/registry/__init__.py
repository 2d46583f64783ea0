"""Registries of the classes that a config can name, whose options are read from their constructors.

A class is registered under a name; its annotated keyword-only parameters *are* its options. From
them the registry makes a pydantic model, and from the model come validation, error messages,
``nnlab layers`` and the JSON Schema.

    @LAYERS.register("leaky_relu")
    class LeakyRelu(Layer):
        def __init__(self, input_shape: Shape, rng: Rng, *, slope: float = 0.01) -> None: ...

    - {type: leaky_relu, slope: 0.1}        # in a config; or the bare name, - leaky_relu

A ``Spec`` is such an entry of a config: validated and frozen, but not built, because building takes more
than options (an input shape, a random stream). A ``Component`` needs nothing but its options: a loss, a
schedule, an initializer, a normalization or an augmentation. It stands in a model as itself.
"""

from nnlab.registry.documentation import documentation, explanations
from nnlab.registry.entries import Component, DefaultType, Registry, Spec, SpecOf, describe_defaults

LAYERS = Registry("layer", home="nnlab.nn.layers")
INITIALIZERS = Registry("initializer", home="nnlab.nn.initializers")
LOSSES = Registry("loss", home="nnlab.nn.losses")
OPTIMIZERS = Registry("optimizer", home="nnlab.nn.optimizers")
SCHEDULES = Registry("schedule", home="nnlab.nn.schedules")
DATASETS = Registry("data set", home="nnlab.data")
NORMALIZATIONS = Registry("normalization", home="nnlab.data.normalization")
AUGMENTATIONS = Registry("augmentation", home="nnlab.data.augmentation")

__all__ = [
    "AUGMENTATIONS",
    "DATASETS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "NORMALIZATIONS",
    "OPTIMIZERS",
    "SCHEDULES",
    "Component",
    "DefaultType",
    "Registry",
    "Spec",
    "SpecOf",
    "describe_defaults",
    "documentation",
    "explanations",
]
