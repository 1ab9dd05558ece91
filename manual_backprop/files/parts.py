"""The sound parts of a problem file: what can be checked further while other parts are broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arrays import Array
from manual_backprop.files.errors import Error, Place, shown, value_at
from manual_backprop.files.vocabulary import number, rounded
from manual_backprop.losses import LOSSES, Loss


@dataclass(frozen=True)
class Parts:
    """The parts of a document in which no error was found.

    Attributes:
        depth: the number of layers; 0 where there is no list of them.
        dtype: the file's; float64 where that is broken, so that shapes can be checked.
        loss: the loss, or None.
        reduction: "mean", "sum" or None.
        arrays: the matrices and vectors by place, rounded to the dtype.
    """

    depth: int
    dtype: str
    loss: Loss | None
    reduction: str | None
    arrays: dict[Place, Array]

    def weights(self, k: int) -> Array | None:
        """W_k, if there is such a layer and its weights are sound."""
        return self.arrays.get(("layers", k, "weights"))

    def biases(self, k: int) -> Array | None:
        """b^(k), if there is such a layer, and it has biases, and they are sound."""
        return self.arrays.get(("layers", k, "biases"))


def sound_parts(document: dict[str, Any], broken: frozenset[Place]) -> tuple[Parts, list[Error]]:
    """The parts without errors, and the errors that appear as numbers become arrays.

    Args:
        document: as JSON reads it; an object.
        broken: the places where its structure is wrong.

    >>> parts, errors = sound_parts({"inputs": [[1.0], [2.0, 3.0]]},
    ...     frozenset((key,) for key in ("layers", "dtype", "loss", "reduction", "targets")))
    >>> errors
    [(('inputs', 1), 'the row has 2 entries, row 0 has 1')]
    """
    sound = {key: value for key, value in document.items() if (key,) not in broken}
    dtype = sound.get("dtype", "float64")
    arrays: dict[Place, Array] = {}
    errors: list[Error] = []
    for place, values in _number_lists(sound, broken):
        if ragged := list(_ragged_rows(place, values)):
            errors += ragged
            continue
        array = _array(values, dtype)
        if beyond := list(_out_of_range(place, values, array, dtype)):
            errors += beyond
            continue
        arrays[place] = array
    depth, loss = len(sound.get("layers", [])), LOSSES.get(sound.get("loss", ""))
    return Parts(depth, dtype, loss, sound.get("reduction"), arrays), errors


def _number_lists(
    document: dict[str, Any], broken: frozenset[Place]
) -> Iterator[tuple[Place, list[Any]]]:
    """Each matrix and vector with no error at it, above it or in it."""
    touched = {place[:n] for place in broken for n in range(len(place) + 1)}
    layers = [("layers", k) for k in range(len(document.get("layers", [])))]
    sound = [place for place in layers if place not in broken]
    places: list[Place] = [(*at, part) for at in sound for part in ("weights", "biases")]
    for place in [*places, ("inputs",), ("targets",)]:
        if place not in touched:
            values = value_at(document, place)
            if values is not None:
                yield place, values


def _ragged_rows(place: Place, values: list[Any]) -> Iterator[Error]:
    """The rows of another length than the first."""
    if not values or not isinstance(values[0], list):
        return
    for i, row in enumerate(values):
        if len(row) != len(values[0]):
            yield (*place, i), f"the row has {len(row)} entries, row 0 has {len(values[0])}"


def _array(values: list[Any], dtype: str) -> Array:
    """The matrix or vector in the dtype."""
    rows = [[number(x) for x in row] if isinstance(row, list) else number(row) for row in values]
    return rounded(np.array(rows, dtype=np.float64), dtype)


def _out_of_range(place: Place, values: list[Any], array: Array, dtype: str) -> Iterator[Error]:
    """The numbers that round to no finite number of the dtype."""
    largest = float_format(dtype).largest
    for index in np.argwhere(~np.isfinite(array)).tolist():
        value = shown(value_at(values, index))
        yield (*place, *index), f"{value} is beyond {dtype}, which ends at {largest!r}"
