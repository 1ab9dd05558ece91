"""A problem as the nested lists of its JSON document, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from manual_backprop.activations import ACTIVATIONS
from manual_backprop.arrays import Array
from manual_backprop.files.consistency import disagreements
from manual_backprop.files.errors import Error, Place, ProblemFileError, path
from manual_backprop.files.parts import Parts, sound_parts
from manual_backprop.files.vocabulary import DTYPES, FORMAT, rounded
from manual_backprop.losses import LOSSES
from manual_backprop.network import Layer, Network, Problem


@dataclass(frozen=True)
class ProblemFile:
    """What a problem file holds.

    Attributes:
        problem: the problem.
        dtype: float16, bfloat16, float32 or float64; bfloat16 is the one that the arrays, which
            are float32, do not tell.
    """

    problem: Problem
    dtype: str


def to_document(problem: Problem, dtype: str | None = None) -> dict[str, Any]:
    """The problem as JSON has it: dictionaries, lists, strings, floats and None.

    Args:
        problem: of dtype float16, float32 or float64, with activations and a loss of the catalogue.
        dtype: what the document calls the numbers; the problem's own dtype unless given, and
            "bfloat16" for a float32 problem whose numbers all are bfloat16.
    Returns:
        The document. One sample given as vectors becomes one row, and comes back as one.
    Raises:
        ValueError: if a document cannot say the same as the problem.

    >>> problem = Problem(Network([Layer([[2.0]], None, "relu")]), [[3.0]], [[5.0]])
    >>> to_document(problem)["layers"]
    [{'weights': [[2.0]], 'biases': None, 'activation': 'relu'}]
    """
    name = _dtype_name(problem, dtype)
    _require_catalogue(problem)
    layers = [
        {
            "weights": layer.weights.tolist(),
            "biases": None if layer.biases is None else layer.biases.tolist(),
            "activation": layer.activation.name,
        }
        for layer in problem.network.layers
    ]
    return {
        "format": FORMAT,
        "dtype": name,
        "layers": layers,
        "loss": problem.loss.name,
        "reduction": problem.reduction,
        "inputs": problem.inputs.tolist(),
        "targets": problem.targets.tolist(),
    }


def from_document(document: Any) -> Problem:
    """The problem that a document describes.

    Args:
        document: as `json.loads` returns it.
    Raises:
        ProblemFileError: a ValueError that has every error, each with its path.
        ImportError: without pydantic, which checks the structure.

    >>> document = to_document(Problem.random((2, 1), seed=7))
    >>> from_document(document).network.widths
    (2, 1)
    >>> document["layers"][0]["activation"] = "tahn"
    >>> from_document(document | {"reduction": None})
    Traceback (most recent call last):
        ...
    manual_backprop.files.errors.ProblemFileError: document: 2 errors
      layers[0].activation: unknown activation 'tahn': did you mean 'tanh'?
      reduction: a name in quotes is expected, found null
    """
    return checked(document, "document").problem


def checked(document: Any, source: str, errors: Iterable[Error] = ()) -> ProblemFile:
    """The problem and its dtype, if nothing is wrong; errors found earlier may be added."""
    errors = [*errors, *_model().structure_errors(document)]
    broken = [place for place, _ in errors]
    if () in broken:
        raise ProblemFileError(source, errors)
    parts, unfit = sound_parts(document, frozenset(broken))
    errors += [*unfit, *disagreements(parts)]
    if errors:
        raise ProblemFileError(source, errors)
    return ProblemFile(_problem(document, parts), parts.dtype)


def problem_schema() -> dict[str, Any]:
    """The JSON Schema of problem files, as published in `problem.schema.json`.

    It states keys, types and names. That shapes fit each other and that targets suit the loss is
    beyond JSON Schema; reading a file checks it.

    >>> problem_schema()["properties"]["reduction"]["enum"]
    ['mean', 'sum']
    """
    schema: dict[str, Any] = _model().json_schema()
    return schema


def _model() -> ModuleType:
    """The pydantic model, imported on first use: a base install goes without."""
    try:
        from manual_backprop.files import model
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("pydantic"):
            raise
        raise ImportError(
            "checking a problem file needs pydantic, which is not installed: "
            'pip install "manual-backprop[conformance]"',
            name="pydantic",
        ) from error
    return model


def _problem(document: dict[str, Any], parts: Parts) -> Problem:
    """The problem of a document without errors."""
    network = Network(
        Layer(
            parts.arrays["layers", k, "weights"],
            parts.arrays.get(("layers", k, "biases")),
            layer["activation"],
        )
        for k, layer in enumerate(document["layers"])
    )
    X, Y = parts.arrays["inputs",], parts.arrays["targets",]
    return Problem(
        network,
        X.reshape(len(X), network.widths[0]),  # no samples: the list [] does not tell the width
        Y.reshape(len(Y), network.widths[-1]),
        document["loss"],
        document["reduction"],
    )


def _dtype_name(problem: Problem, dtype: str | None) -> str:
    """What a document calls the problem's numbers."""
    own = problem.dtype.name
    if own not in DTYPES:
        what = "exact rationals" if problem.dtype == object else own
        raise ValueError(
            f"the problem holds {what}: a problem file holds float16, bfloat16, float32 or "
            "float64; convert its arrays first, array.astype(float) makes float64"
        )
    if dtype not in (None, own, "bfloat16") or (dtype == "bfloat16" and own != "float32"):
        fits = "'float32', or 'bfloat16' if all its numbers are," if own == "float32" else repr(own)
        raise ValueError(f"dtype {dtype!r} for a problem of {own}: {fits} fits")
    if dtype == "bfloat16":
        _require_bfloat16(problem)
    return dtype or own


def _require_bfloat16(problem: Problem) -> None:
    """Raise ValueError, naming the first, if a number is no bfloat16."""
    for place, array in _arrays(problem):
        nearest = rounded(array, "bfloat16")
        for index in np.argwhere(nearest != array).tolist():
            value, near = float(array[tuple(index)]), float(nearest[tuple(index)])
            raise ValueError(
                f"{path((*place, *index))}: {value!r} is no bfloat16, {near!r} is the nearest: "
                'round the problem first, or save it as "float32"'
            )


def _arrays(problem: Problem) -> Iterator[tuple[Place, Array]]:
    """Each array of the problem with its place in a document."""
    for k, layer in enumerate(problem.network.layers):
        yield ("layers", k, "weights"), layer.weights
        if layer.biases is not None:
            yield ("layers", k, "biases"), layer.biases
    yield ("inputs",), problem.inputs
    yield ("targets",), problem.targets


def _require_catalogue(problem: Problem) -> None:
    """Raise ValueError if an activation or the loss is the user's own: a file has only names."""
    tail = "is not the catalogue's: a problem file has names only, those of the catalogue"
    for k, layer in enumerate(problem.network.layers):
        if ACTIVATIONS.get(layer.activation.name) is not layer.activation:
            raise ValueError(f"activation {layer.activation.name!r} of layer {k} {tail}")
    if LOSSES.get(problem.loss.name) is not problem.loss:
        raise ValueError(f"loss {problem.loss.name!r} {tail}")
