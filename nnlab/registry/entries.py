"""Registries, the entries of a config that name a registered class, and components built from such entries."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    create_model,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from nnlab.errors import OptionError, UsageError, suggest
from nnlab.registry.documentation import documentation, explanations

C = TypeVar("C")


def _complete(schema: dict[str, Any], model: type["Spec"]) -> None:
    """Require the ``type`` in a JSON Schema, which only Python code may leave out, and describe the defaults."""
    schema["properties"]["type"].pop("default", None)
    schema["required"] = ["type", *schema.get("required", [])]
    describe_defaults(schema, model)


def describe_defaults(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Write the components among the defaults of ``model`` into its JSON Schema as a config has them.

    The explanations of the options become descriptions.
    """
    if model.__doc__:
        schema["description"] = documentation(model)
    for name, text in explanations(model).items():
        if name in schema["properties"]:
            schema["properties"][name].setdefault("description", text)
    defaults = {name: field.default for name, field in model.model_fields.items()}
    for name, default in defaults.items():
        if isinstance(default, Component):
            schema["properties"][name]["default"] = default.registry.describe(default)


class Spec(BaseModel):
    """One component as a config describes it: its ``type`` and its options, validated and frozen.

    Options:
        type: The name of the component.
    """

    # Models of entries that contain entries (residual) refer to each other, so they are built when first used.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,
        json_schema_extra=_complete,
    )

    type: str


class Registry:
    """Classes of one kind by name.

    ``home`` is the module in which they register. It is imported when the registry is first used, so that
    importing a registry costs nothing.
    """

    def __init__(self, kind: str, home: str) -> None:
        self.kind = kind
        self._home = home
        self._classes: dict[str, type[Any]] = {}
        self._models: dict[tuple[str, type[Spec]], type[Spec]] = {}

    def register(self, name: str) -> Callable[[type[C]], type[C]]:
        """Return a class decorator that registers under ``name``; raises ValueError if it is taken."""

        def add(cls: type[C]) -> type[C]:
            if name in self._classes:
                raise ValueError(f"{self.kind} {name!r} is registered already, by {self._classes[name]}")
            self._classes[name] = cls
            return cls

        return add

    def names(self) -> list[str]:
        """Return the registered names, sorted."""
        import_module(self._home)
        return sorted(self._classes)

    def __getitem__(self, name: str) -> type[Any]:
        """Return the class called ``name``; raises UsageError if there is none."""
        if name not in self.names():
            raise UsageError(f"unknown {self.kind} {name!r} ({suggest(name, self.names())})")
        return self._classes[name]

    def options(self, name: str) -> dict[str, Any]:
        """Return the options of ``name``, each as pydantic's pair (type, default); ``...``: required."""
        constructor = self[name].__init__
        hints = get_type_hints(constructor, include_extras=True)
        return {
            option.name: (hints[option.name], ... if option.default is option.empty else option.default)
            for option in inspect.signature(constructor).parameters.values()
            if option.kind is option.KEYWORD_ONLY
        }

    def spec(self, name: str, base: type[Spec] = Spec) -> type[Spec]:
        """Return the model of an entry of type ``name``: the fields of ``base``, then the options."""
        if (name, base) not in self._models:
            explained = explanations(self[name])
            options = {
                option: (Annotated[kind, Field(description=explained.get(option))], default)
                for option, (kind, default) in self.options(name).items()
            }
            fields: dict[str, Any] = {"type": (Literal[name], name), **options}
            model = create_model(name, __base__=base, __doc__=documentation(self[name]), **fields)
            self._models[name, base] = model
        return self._models[name, base]

    def schema(self, base: type[Spec], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema that validates an entry by the model of its ``type``."""
        models = {name: handler.generate_schema(self.spec(name, base)) for name in self.names()}
        return core_schema.tagged_union_schema(models, "type")

    def json_schema(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema of an ``entry`` or the bare name of one that requires no options."""
        names = [
            name for name in self.names() if all(given is not ... for _, given in self.options(name).values())
        ]
        return {"anyOf": [{"enum": names}, entry] if names else [entry]}

    def build(self, spec: Spec, *context: Any) -> Any:
        """Construct what ``spec`` describes, from ``context`` (positional) and its options."""
        cls = self[spec.type]
        return cls(*context, **{option: getattr(spec, option) for option in self.options(spec.type)})

    def name_of(self, instance: Any) -> str:
        """Return the name under which the class of ``instance`` is registered."""
        return next(name for name, cls in self._classes.items() if cls is type(instance))

    def describe(self, component: Any) -> dict[str, Any]:
        """Return the type and options of a built ``component``, which stores each under its own name.

        Options of the value None that have it by default are left out, so that configs are written as they were
        before an option was added.
        """
        name = self.name_of(component)
        values = {
            option: getattr(component, option)
            for option, (_, default) in self.options(name).items()
            if default is not None or getattr(component, option) is not None
        }
        return {"type": name, **{key: _described(value) for key, value in values.items()}}


def _described(value: Any) -> Any:
    return value.registry.describe(value) if isinstance(value, Component) else value


def _as_mapping(entry: Any) -> Any:
    """Return the bare name of an entry as a mapping, any other entry as it is."""
    return {"type": entry} if isinstance(entry, str) else entry


@dataclass(frozen=True)
class SpecOf:
    """Marks a field, ``Annotated[Spec, SpecOf(LAYERS)]``, as an entry that names a class in ``registry``."""

    registry: Registry

    def __get_pydantic_core_schema__(self, source: type[Spec], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_mapping, self.registry.schema(source, handler))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.registry.json_schema(handler(schema))


@dataclass(frozen=True)
class DefaultType:
    """Marks a field whose entries are of the type ``name`` unless they give one.

    An example is ``Annotated[Schedule, DefaultType("constant")]``.
    """

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def complete(entry: Any) -> Any:
            return {"type": self.name, **entry} if isinstance(entry, dict) else entry

        return core_schema.no_info_before_validator_function(complete, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        forms = handler(schema)["anyOf"]
        reference = next(form["discriminator"]["mapping"][self.name] for form in forms if "discriminator" in form)
        model = handler.resolve_ref_schema({"$ref": reference})
        options = {name: option for name, option in model["properties"].items() if name != "type"}
        return {"anyOf": [*forms, {**model, "properties": options, "required": model["required"][1:]}]}


class Component:
    """A value that a config names: read from a name or a mapping, written back as a mapping.

    A subclass is a frozen dataclass whose fields are its options; two components are equal if their types and
    options are.
    """

    registry: ClassVar[Registry]

    @property
    def type(self) -> str:
        """The name under which the component is registered."""
        return self.registry.name_of(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def accept(value: Any, parse: core_schema.ValidatorFunctionWrapHandler) -> Any:
            if isinstance(value, cls):
                return value
            try:
                return cls.registry.build(parse(_as_mapping(value)))
            except OptionError as error:
                context = {"message": str(error), "option": error.option, "hint": error.hint}
                raise PydanticCustomError("option", "{message}", context) from error

        return core_schema.no_info_wrap_validator_function(
            accept,
            cls.registry.schema(Spec, handler),
            serialization=core_schema.plain_serializer_function_ser_schema(cls.registry.describe),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return cls.registry.json_schema(handler(schema))
