"""The regime "kinks": units exactly on breakpoints, found in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from conformance.drawing.numbers import Floats, Numbers, Source
from conformance.vocabulary import Architecture
from manual_backprop import ACTIVATIONS


def onto_kinks(
    source: Source, numbers: Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Biases that put units exactly on a breakpoint, and outputs on their targets, in one sample.

    Where the units before have no exact value, the unit's weights become 0 and its bias the
    breakpoint: then it sits there in every sample. So it is, for a breakpoint at 0 alone, where
    there are no biases.
    """
    sample = source.randint(0, architecture.samples - 1)
    if not architecture.biases:
        numbers.biases = [np.zeros_like(b) for b in numbers.biases]
    x: list[Fraction] | None = [Fraction(each) for each in numbers.inputs[sample]]
    for k, name in enumerate(architecture.activations):
        W, b = numbers.weights[k], numbers.biases[k]
        for i in range(len(b)):
            places = [each.at for each in ACTIVATIONS[name].breakpoints]
            if _shows_its_kink(architecture) and k == architecture.depth - 1:
                places = [Fraction(numbers.targets[sample, i])]
            if not architecture.biases:
                places = [at for at in places if at == 0]
            if len(places) > 0 and source.randint(0, 1):
                exact = x if architecture.biases else None
                _onto(source.choice(places), W[i], b, i, exact, dtype)
        x = _exact_outputs(W, b, name, x)


def _shows_its_kink(architecture: Architecture) -> bool:
    """Whether the loss has a kink where an output is its target, and the outputs are linear."""
    at_targets = architecture.loss in ("absolute_error", "hinge")
    return at_targets and architecture.activations[-1] == "identity"


def _onto(
    at: Fraction, row: Floats, b: Floats, i: int, x: list[Fraction] | None, dtype: np.dtype[Any]
) -> None:
    """Choose b_i, or else the whole neuron, so that its pre-activation is `at`."""
    if x is not None:
        bias = at - _dot(row, x)
        if abs(bias) < 2**10 and Fraction(float(dtype.type(float(bias)))) == bias:
            b[i] = float(bias)
            return
    row[:] = 0.0
    b[i] = float(at)


def _dot(row: Floats, x: list[Fraction]) -> Fraction:
    return sum((Fraction(w) * each for w, each in zip(row, x, strict=True)), Fraction(0))


def _exact_outputs(
    W: Floats, b: Floats, name: str, x: list[Fraction] | None
) -> list[Fraction] | None:
    """x^(k+1) in rationals; None where the activation has none."""
    if x is None or not ACTIVATIONS[name].rational:
        return None
    p = np.empty(len(b), dtype=object)
    p[:] = [_dot(row, x) + Fraction(each) for row, each in zip(W, b, strict=True)]
    return [Fraction(each) for each in ACTIVATIONS[name].value(p)]
