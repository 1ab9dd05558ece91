"""The JSON Schema of a file of vectors; the problem files' own schema is part of it."""

from __future__ import annotations

from typing import Any

from manual_backprop.files import problem_schema

from .document import FORMAT
from .flags import FLAGS

Schema = dict[str, Any]

DECIMAL = r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$"

NULL: Schema = {"type": "null"}
WORDS = {"enum": ["Infinity", "-Infinity"]}


def vectors_schema() -> Schema:
    """The schema, draft 2020-12.

    That the parts have the shapes of the problem's weights and biases is beyond JSON Schema.
    """
    problem = problem_schema()
    dialect, parts = problem.pop("$schema"), problem.pop("$defs")
    flags = [flag.name for flag in FLAGS]
    names = {"enum": flags}
    return {
        "$schema": dialect,
        "title": FORMAT,
        "description": "Problems with their gradients, proved; each says what it is there for.",
        **_object(
            {
                "$schema": {"const": "schema.json"},
                "format": {"const": FORMAT},
                "theme": {"type": "string", "description": "what the file is about"},
                "seed": {"type": "integer", "minimum": 0},
                "class": {"const": "reverse"},
                "notes": {
                    "description": "of each flag: what holds, and the mistake that it catches",
                    "type": "object",
                    "propertyNames": names,
                    "additionalProperties": {"$ref": "#/$defs/Note"},
                },
                "vectors": _list({"$ref": "#/$defs/Vector"}),
            }
        ),
        "$defs": {**parts, "Problem": problem, **_definitions(names)},
    }


def _definitions(flags: Schema) -> Schema:
    text, count = {"type": "string"}, {"type": "integer", "minimum": 0}
    decimal = {
        "description": "A decimal that may have more digits than a float64.",
        "type": "string",
        "pattern": DECIMAL,
    }
    rounded = {"anyOf": [{"type": "number"}, NULL, WORDS]}
    ends = _parts(decimal, loss=True)
    return {
        "Note": _object({"description": text, "catches": text}),
        "Vector": _object(
            {
                "id": text,
                "comment": text,
                "flags": {"type": "array", "items": flags, "uniqueItems": True},
                "problem": {"$ref": "#/$defs/Problem"},
                "kinks": _list(_object({"layer": count, "sample": count, "unit": count}), 0),
                "gradient": _parts(rounded, loss=True),
                "enclosure": _object({"lower": ends, "upper": ends}),
                "allowed": _object(
                    {
                        "midpoint": _parts({"type": ["number", "null"]}),
                        "bound": _parts({"type": ["number", "null"], "minimum": 0}),
                    }
                ),
            }
        ),
    }


def _parts(entry: Schema, loss: bool = False) -> Schema:
    """Weights and biases in the shapes of the layers', null where a layer has no biases."""
    row = _list(entry)
    arrays = {"weights": _list(_list(row)), "biases": _list({"anyOf": [row, NULL]})}
    return _object(({"loss": entry} if loss else {}) | arrays)


def _list(items: Schema, least: int = 1) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
