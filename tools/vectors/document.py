"""The documents: a file of vectors, its schema, and their text.

    {"$schema": "schema.json", "format": "manual-backprop/vectors/1", "theme", "seed", "class",
     "notes": {flag: {"description", "catches"}},
     "vectors": [{"id", "comment", "flags", "problem", "kinks",
                  "gradient": {"loss", "weights", "biases"},
                  "enclosure": {"lower": {"loss", "weights", "biases"}, "upper"},
                  "allowed": {"midpoint": {"weights", "biases"}, "bound"}}]}

Problems are as in problem files. Numbers are JSON numbers that round-trip in the dtype; the ends of
an enclosure have more digits than a float64, so they are decimal strings.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from manual_backprop.files import to_document

from .decimals import above, below
from .flags import FLAGS
from .proof import Entries, Proof

FORMAT = "manual-backprop/vectors/1"

Document = dict[str, Any]


def vector(name: str, comment: str, flags: Sequence[str], proof: Proof) -> Document:
    """One vector."""
    return {
        "id": name,
        "comment": comment,
        "flags": list(flags),
        "problem": to_document(proof.problem),
        "kinks": [
            {"layer": each.layer, "sample": each.sample, "unit": each.unit}
            for each in sorted(proof.enclosure.kinks, key=attrgetter("layer", "sample", "unit"))
        ],
        "gradient": {"loss": _number(proof.rounded.loss), **_lists(proof, "rounded", _number)},
        "enclosure": {
            "lower": {"loss": below(proof.loss[0]), **_lists(proof, "lower", below)},
            "upper": {"loss": above(proof.loss[1]), **_lists(proof, "upper", above)},
        },
        "allowed": {
            "midpoint": _lists(proof, "midpoint", _finite),
            "bound": _lists(proof, "bound", _finite),
        },
    }


def _lists(proof: Proof, part: str, written: Any) -> Document:
    """One part of every entry, in the shapes of the weights and biases."""

    def nested(entries: Entries | None) -> Any:
        if entries is None:
            return None
        array = getattr(entries, part)
        return _nested([written(each) for each in array.flat], array.shape)

    return {
        "weights": [nested(each) for each in proof.weights],
        "biases": [nested(each) for each in proof.biases],
    }


def _nested(values: list[Any], shape: tuple[int, ...]) -> list[Any]:
    if len(shape) == 1:
        return values
    return [values[k : k + shape[1]] for k in range(0, len(values), shape[1])]


def _number(value: Any) -> float | str | None:
    """A rounded value; null where there is none, beyond the dtype's range the word."""
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return None if np.isnan(value) else float(value)


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def file_of(theme: str, seed: int, vectors: Sequence[Document]) -> Document:
    """The file of one theme, with a note for each flag that it has."""
    used = {flag for each in vectors for flag in each["flags"]}
    return {
        "$schema": "schema.json",
        "format": FORMAT,
        "theme": theme,
        "seed": seed,
        "class": "reverse",
        "notes": {
            flag.name: {"description": flag.description, "catches": flag.catches}
            for flag in FLAGS
            if flag.name in used
        },
        "vectors": list(vectors),
    }


# ── text ──


def text(document: Document) -> str:
    """The document as JSON text: a vector's keys a line each, so that it can be looked at."""
    lines = [f" {json.dumps(key)}: {_value(key, each)}" for key, each in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(key: str, value: Any) -> str:
    if key == "notes":
        return "{\n" + ",\n".join(_entries(value, "  ")) + "\n }"
    if key == "vectors":
        return "[\n" + ",\n".join(map(_object, value)) + "\n ]"
    return _compact(value)


def _object(value: Document) -> str:
    return "  {" + ",\n".join(_entries(value, "   "))[3:] + "}"


def _entries(value: Document, indent: str) -> Iterable[str]:
    return (f"{indent}{json.dumps(key)}: {_compact(each)}" for key, each in value.items())


def _compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)
