"""The test vectors as a user of the files reads them, and the decision that the files offer."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import conformance
from manual_backprop import Problem
from manual_backprop.files import from_document

FOLDER = Path(conformance.__file__).parent / "vectors"

Vector = dict[str, Any]


@cache
def files() -> dict[str, dict[str, Any]]:
    """Every file of vectors, by name."""
    names = sorted(path for path in FOLDER.glob("*.json") if path.name != "schema.json")
    return {path.name: json.loads(path.read_text("utf-8")) for path in names}


def vectors(flag: str | None = None) -> list[Vector]:
    """Every vector, or those with a flag."""
    every = [each for file in files().values() for each in file["vectors"]]
    return [each for each in every if flag is None or flag in each["flags"]]


@cache
def problems() -> dict[str, Problem]:
    """The problem of each vector, by its id, read as a problem file is."""
    return {each["id"]: from_document(each["problem"]) for each in vectors()}


def problem_of(vector: Vector) -> Problem:
    """Its problem."""
    return problems()[vector["id"]]


def flat(weights: Any, biases: Any) -> list[Any]:
    """The entries of arrays or nested lists, nulls included; null biases are no entries."""
    arrays = [each for each in (*weights, *biases) if each is not None]
    return [entry for each in arrays for entry in np.asarray(each, dtype=object).flat]


def entries(part: dict[str, Any]) -> list[Any]:
    """The entries of a part of a vector, weights first."""
    return flat(part["weights"], part["biases"])


def ends(vector: Vector) -> list[tuple[Fraction, Fraction]]:
    """Lower and upper end of each entry of the gradient."""
    parts = (entries(vector["enclosure"][side]) for side in ("lower", "upper"))
    return [(Fraction(low), Fraction(high)) for low, high in zip(*parts, strict=True)]


def is_wrong(vector: Vector, weights: Any, biases: Any) -> bool:
    """What the README says: some entry is farther from its midpoint than its bound, or no number.

    Biases where the problem has none are not looked at.
    """
    none = [layer["biases"] is None for layer in vector["problem"]["layers"]]
    biases = [None if missing else b for missing, b in zip(none, biases, strict=True)]
    midpoints, bounds = (entries(vector["allowed"][part]) for part in ("midpoint", "bound"))
    rows = zip(flat(weights, biases), midpoints, bounds, strict=True)
    return any(bound is not None and not abs(y - m) <= bound for y, m, bound in rows)
