"""A small reader of JSON Schema: as much of it as the schema of configs uses, and nothing else."""

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
SILENT = {"title", "description", "default", "discriminator", "$defs"}


def accepts(schema, value, root):
    """Return whether ``value`` is what ``schema`` asks for; raises KeyError for a keyword it does not know."""
    return all(CHECKS[key](schema, value, root) for key in schema if key not in SILENT)


def _reference(schema, value, root):
    target = root
    for step in schema["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return accepts(target, value, root)


def _type(schema, value, root):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    wanted = schema["type"]
    return (
        number and isinstance(value, TYPES[wanted])
        if wanted in {"integer", "number"}
        else isinstance(value, TYPES[wanted])
    )


def _properties(schema, value, root):
    if not isinstance(value, dict):
        return True
    return all(accepts(each, value[key], root) for key, each in schema["properties"].items() if key in value)


def _items(schema, value, root):
    if not isinstance(value, list):
        return True
    return all(accepts(schema["items"], each, root) for each in value[len(schema.get("prefixItems", ())) :])


CHECKS = {
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "items": _items,
    "anyOf": lambda s, v, root: any(accepts(each, v, root) for each in s["anyOf"]),
    "oneOf": lambda s, v, root: sum(accepts(each, v, root) for each in s["oneOf"]) == 1,
    "enum": lambda s, v, root: v in s["enum"],
    "const": lambda s, v, root: v == s["const"],
    "required": lambda s, v, root: not isinstance(v, dict) or set(s["required"]) <= v.keys(),
    "additionalProperties": lambda s, v, root: (
        not isinstance(v, dict) or v.keys() <= s.get("properties", {}).keys()
    ),
    "prefixItems": lambda s, v, root: (
        not isinstance(v, list)
        or all(accepts(each, item, root) for each, item in zip(s["prefixItems"], v, strict=False))
    ),
    "minItems": lambda s, v, root: not isinstance(v, list) or len(v) >= s["minItems"],
    "maxItems": lambda s, v, root: not isinstance(v, list) or len(v) <= s["maxItems"],
    "minLength": lambda s, v, root: not isinstance(v, str) or len(v) >= s["minLength"],
    "maxLength": lambda s, v, root: not isinstance(v, str) or len(v) <= s["maxLength"],
    "minimum": lambda s, v, root: not isinstance(v, (int, float)) or v >= s["minimum"],
    "maximum": lambda s, v, root: not isinstance(v, (int, float)) or v <= s["maximum"],
    "exclusiveMinimum": lambda s, v, root: not isinstance(v, (int, float)) or v > s["exclusiveMinimum"],
    "exclusiveMaximum": lambda s, v, root: not isinstance(v, (int, float)) or v < s["exclusiveMaximum"],
}
