"""Registries: names to classes, constructors to models, models to validation and JSON Schema."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from support import planting

from nnlab.config import Experiment
from nnlab.data.section import DataSpec
from nnlab.errors import OptionError, UsageError
from nnlab.nn.initializers import Initializer
from nnlab.nn.losses import CrossEntropy, Loss, SoftmaxCrossEntropy
from nnlab.nn.schedules import Step
from nnlab.registry import (
    AUGMENTATIONS,
    DATASETS,
    INITIALIZERS,
    LAYERS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    Component,
    DefaultType,
    Registry,
    Spec,
    SpecOf,
)
from nnlab.registry.options import Offsets, Sizes

REGISTRIES = [LAYERS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES, DATASETS, NORMALIZATIONS, AUGMENTATIONS]


class Toy:
    """A thing with a place, which is no option, and two options, one of them required."""

    def __init__(
        self, place: str, *, size: Annotated[int, Field(gt=0)], tone: Literal["low", "high"] = "low"
    ) -> None:
        self.place, self.size, self.tone = place, size, tone


@pytest.fixture
def toys():
    """A registry of a single name."""
    toys = Registry("toy", home="nnlab.registry")
    toys.register("toy")(Toy)
    return toys


def test_options_are_the_keyword_only_parameters(toys):
    assert list(toys.options("toy")) == ["size", "tone"]
    assert toys.options("toy")["size"][1] is ...
    assert toys.options("toy")["tone"] == (Literal["low", "high"], "low")


def test_a_spec_builds_what_it_describes(toys):
    toy = toys.build(toys.spec("toy")(type="toy", size=3), "shelf")
    assert (toy.place, toy.size, toy.tone) == ("shelf", 3, "low")
    assert toys.name_of(toy) == "toy"
    assert toys.describe(toy) == {"type": "toy", "size": 3, "tone": "low"}
    assert toys.spec("toy") is toys.spec("toy")
    assert toys.spec("toy").__doc__ == Toy.__doc__


def test_a_spec_is_strict_and_frozen(toys):
    spec = toys.spec("toy")(type="toy", size=3)
    for wrong in (
        {"size": 3.0},
        {"size": "3"},
        {"size": 0},
        {"size": True},
        {},
        {"size": 3, "sise": 3},
        {"size": 3, "tone": "mid"},
    ):
        with pytest.raises(ValidationError):
            toys.spec("toy")(type="toy", **wrong)
    with pytest.raises(ValidationError):
        spec.size = 4
    with pytest.raises(ValidationError):
        toys.spec("toy")(type="boy", size=3)


def test_a_registry_of_one_name_is_read_like_any(toys):
    adapter = TypeAdapter(Annotated[Spec, SpecOf(toys)])
    assert adapter.validate_python({"type": "toy", "size": 3}).size == 3
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        adapter.validate_python({"type": "boy", "size": 3})


def test_a_name_is_taken_once(toys):
    with pytest.raises(ValueError, match=r"^toy 'toy' is registered already, by <class .*Toy'>$"):
        toys.register("toy")(Toy)


def test_an_unknown_name_is_refused_with_the_likeliest_one():
    with pytest.raises(UsageError, match=r"^unknown layer 'covn2d' \(did you mean conv2d\?\)$"):
        LAYERS["covn2d"]


@pytest.mark.slow
def test_naming_a_registry_imports_nothing():
    code = "import sys; import nnlab.registry; print([m for m in sys.modules if m.startswith('nnlab.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout.strip()
        == "['nnlab.registry.documentation', 'nnlab.errors', 'nnlab.registry.entries', 'nnlab.registry']"
    )


def test_entries_are_named_shortly_or_in_full():
    adapter = TypeAdapter(Annotated[Loss, DefaultType("softmax_cross_entropy")])
    full = adapter.validate_python({"type": "softmax_cross_entropy", "reduction": "sum"})
    assert full == SoftmaxCrossEntropy(reduction="sum")
    assert adapter.validate_python({"reduction": "sum"}) == full
    with pytest.raises(ValidationError, match="union_tag_not_found"):
        TypeAdapter(Loss).validate_python({"reduction": "sum"})
    assert adapter.validate_python("cross_entropy").type == "cross_entropy"
    assert adapter.validate_python(full) is full
    for wrong in (5, None, (), "no", {"type": 5}, {"type": "cross_entropy", "reduction": "sum", "x": 1}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


def test_entries_hold_entries_to_any_depth():
    spec = "relu"
    for _ in range(20):
        spec = {"type": "residual", "body": (spec, "tanh"), "projection": {"type": "dense", "units": 3}}
    entry = TypeAdapter(Annotated[Spec, SpecOf(LAYERS)]).validate_python(spec)
    depth = 0
    while entry.type == "residual":
        entry, depth = entry.body[0], depth + 1
    assert (entry.type, depth) == ("relu", 20)


@pytest.mark.parametrize("annotation", [Sizes, Offsets])
def test_a_number_stands_for_a_pair(annotation):
    adapter = TypeAdapter(annotation)
    assert adapter.validate_python(3) == adapter.validate_python((3, 3)) == (3, 3)
    for wrong in (3.0, True, "3", None, (3,), (3, 3, 3), -1, {}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


KINDS = (INITIALIZERS, SCHEDULES, LOSSES, NORMALIZATIONS, AUGMENTATIONS)
COMPONENTS = [(kind, name) for kind in KINDS for name in kind.names()]
EXAMPLES = {
    "normal": {"std": 0.5},
    "uniform": {"low": -1.5, "high": 2.5},
    "values": {"values": ((1, 2.5), (3, 4))},
    "step": {"every": 2.5, "gamma": 0.5, "unit": "epochs"},
    "linear_warmup": {
        "duration": 3.5,
        "then": {"type": "linear_warmup", "duration": 1.5, "then": {"type": "cosine"}},
    },
    "scale": {"divide": 2.5},
    "softmax_cross_entropy": {"reduction": "sum", "label_smoothing": 0.25},
    "mean_squared_error": {"reduction": "sum"},
    "focal": {"gamma": 1.5, "class_weights": (0.5, 2.0)},
    "cosine_restarts": {"period": 2.5, "growth": 2, "unit": "epochs"},
    "exponential": {"gamma": 0.25},
    "rotation": {"degrees": 12.5, "fill": "zero"},
    "random_erasing": {"area": (0.25, 0.5), "fill": "zero"},
    "mixup": {"alpha": 1.5},
    "shift": {"pixels": 2, "fill": "zero"},
    "cutout": {"size": 3},
}


@pytest.mark.parametrize(("kind", "name"), COMPONENTS)
def test_describing_and_building_are_inverse(kind, name):
    options = {"value": 2.5} if (kind, name) == (INITIALIZERS, "constant") else EXAMPLES.get(name, {})
    component = kind.build(kind.spec(name).model_validate({"type": name, **options}))
    described = kind.describe(component)
    assert kind.build(kind.spec(name).model_validate(described)) == component
    assert described["type"] == name == component.type
    assert options.items() <= described.items() or name == "linear_warmup"


def test_components_are_equal_if_their_types_and_options_are():
    one, same, other = Step(every=2, gamma=0.5), Step(every=2, gamma=0.5), Step(every=3, gamma=0.5)
    assert (one == same, hash(one) == hash(same), one == other) == (True, True, False)
    assert CrossEntropy() != SoftmaxCrossEntropy()


def test_components_are_values_of_models():
    class Holder(BaseModel):
        init: Initializer

    held = Holder(init={"type": "normal", "std": 2.0})
    assert held.model_dump() == {"init": {"type": "normal", "std": 2.0}}
    assert Holder(init=held.init).init is held.init
    assert Holder(init="zeros").model_dump() == {"init": {"type": "zeros"}}
    with pytest.raises(ValidationError) as caught:
        Holder(init={"type": "uniform", "low": 2.0, "high": 1.0})
    (error,) = caught.value.errors()
    assert error["type"] == "option"
    assert error["ctx"]["option"] == "low"


def test_an_option_error_of_a_component_keeps_its_hint():
    kinds = Registry("kind", home="nnlab.registry")

    class Kind(Component):
        registry = kinds

    @kinds.register("odd")
    @dataclass(frozen=True, kw_only=True)
    class Odd(Kind):
        number: int

        def __post_init__(self) -> None:
            if self.number % 2 == 0:
                raise OptionError("number must be odd", option="number", hint=f"write {self.number + 1}")

    adapter = TypeAdapter(Kind)
    assert adapter.validate_python({"type": "odd", "number": 3}) == Odd(number=3)
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python({"type": "odd", "number": 4})
    assert caught.value.errors()[0]["ctx"] == {
        "message": "number must be odd",
        "option": "number",
        "hint": "write 5",
    }


SCHEMA = Experiment.model_json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SOURCES = planting.sources()


def listed(data):
    return planting.thawed(data)


def test_the_schema_holds_together():
    VALIDATOR.check_schema(SCHEMA)

    def references(value):
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from references(each)

    assert {reference.removeprefix("#/$defs/") for reference in references(SCHEMA)} == SCHEMA["$defs"].keys()


@pytest.mark.parametrize("name", SOURCES)
def test_the_schema_accepts_what_the_models_do(name):
    assert VALIDATOR.is_valid(listed(SOURCES[name]))


def test_the_schema_knows_the_short_forms_and_asks_for_types():
    def ok(**changes):
        return VALIDATOR.is_valid({**listed(SOURCES["mnist"]), **changes})

    dense = {"type": "dense", "units": 10}
    assert ok(network=["relu", {"type": "maxpool2d", "size": 2}, {"type": "maxpool2d", "size": [2, 3]}, dense])
    assert ok(loss="cross_entropy")
    assert ok(loss={"reduction": "sum"})
    assert ok(loss={"type": "cross_entropy"})
    assert ok(network=[{**dense, "init": "zeros"}])
    assert ok(network=[{**dense, "init": {"type": "normal", "std": 1}}])
    assert not ok(network=["dense"])
    assert not ok(network=[{"units": 10}])
    assert not ok(network=[{**dense, "init": {"std": 1}}])
    assert not ok(network=[{**dense, "init": "normal"}])
    assert not ok(loss={"redction": "sum"})
    assert not ok(optimizer={"learning_rate": 0.1})
    assert not ok(network=[{"type": "maxpool2d", "size": [2]}])
    assert not ok(network=[{"type": "maxpool2d", "size": 0}])


def test_the_schema_describes_defaults_as_a_config_has_them():
    assert SCHEMA["properties"]["loss"]["default"] == {
        "type": "softmax_cross_entropy",
        "reduction": "mean",
        "label_smoothing": 0.0,
    }
    assert SCHEMA["$defs"]["random"]["properties"]["normalize"]["default"] == {"type": "standard"}
    dense = SCHEMA["$defs"]["dense"]
    assert dense["properties"]["init"]["default"] == {"type": "he_normal", "gain": 1.0}
    assert "default" not in dense["properties"]["type"]
    before, _, _ = LAYERS["dense"].__doc__.partition("\n\n    Options:")
    assert dense["description"] == before.replace("\n    ", "\n")
    assert dense["properties"]["units"]["description"] == "The number of output values."


@pytest.mark.slow
@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
def test_the_schema_refuses_planted_mistakes(data):
    """What an editor underlines: misspelt keys and types, missing options, numbers out of range."""
    config = planting.thawed(SOURCES[data.draw(st.sampled_from(sorted(SOURCES)))])
    kinds = [planting.misspelt_key, planting.misspelt_type, planting.misspelt_literal, planting.out_of_range]
    planting.plant(data.draw, config, [data.draw(st.sampled_from([*kinds, planting.missing_option]))])
    assert not VALIDATOR.is_valid(unmarked(config))


def unmarked(data):
    if isinstance(data, planting.At):
        return unmarked(data.value)
    if isinstance(data, dict):
        return {str(key): unmarked(value) for key, value in data.items()}
    return [unmarked(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_everything_registered_has_a_model_with_a_summary(registry):
    assert registry.names() == sorted(registry.names())
    for name in registry.names():
        model = registry.spec(name, DataSpec if registry is DATASETS else Spec)
        assert model.__name__ == name
        assert model.__doc__
        assert set(registry.options(name)) <= model.model_fields.keys()
        assert not set(registry.options(name)) & {"type", "name"}
