"""Mistakes around the gradient, which is right in itself: state, arguments, form, precision.

Most are functions of their own, not seams: no set of results says that a call changed its inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from conformance.mistakes.kinds import ARGUMENTS, FORM, FRAGILE, PRECISION, STATE
from conformance.mistakes.mistake import Mistake, Sets, function_of, of_class, sets_of
from conformance.mistakes.seams import Backprop, Gradients
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import FORMATS, Format
from manual_backprop.oracle.admissible import AdmissibleSet
from manual_backprop.oracle.verdict import Verdict

right = function_of(Backprop)


def right_sets(problem: Problem, float_format: Format) -> AdmissibleSet:
    """What the right code may return."""
    return sets_of(Backprop, problem, float_format)


class Manner:
    """A function with a mistake that is not in the recursion; one object for one run."""

    kind: ClassVar[str] = ""
    origin: ClassVar[str] = "coursework"
    of: ClassVar[tuple[str, ...]] = ()
    verdict: ClassVar[Verdict] = Verdict.WRONG
    sets: ClassVar[Sets | None] = None

    def __call__(self, *arguments: Any) -> Any:
        """The function under test."""
        return right(*arguments)


# ── arguments ──


class CentersInputs(Manner):
    """Subtracting the inputs' mean from them in place."""

    kind, verdict = ARGUMENTS, Verdict.CHANGED_INPUTS
    origin = "https://github.com/pytorch/pytorch/issues/81417"

    def __call__(self, *arguments: Any) -> Any:
        inputs = arguments[4]
        inputs -= inputs.mean(axis=0)
        return right(*arguments)


class UpdatesInPlace(Manner):
    """Updating the weights and biases that it was given, with a rate of 0.1."""

    kind, verdict = ARGUMENTS, Verdict.CHANGED_INPUTS

    def __call__(self, *arguments: Any) -> Any:
        gradients = right(*arguments)
        for given, found in zip(arguments[:2], gradients, strict=True):
            for array, gradient in zip(given, found, strict=True):
                array -= array.dtype.type(0.1) * gradient
        return gradients


# ── state ──


class Remembers(Manner):
    """What the mistakes have in common that keep something of the call before."""

    kind = STATE

    def __init__(self) -> None:
        self.before: dict[Any, Any] = {}

    def __call__(self, *arguments: Any) -> Any:
        shapes = tuple(array.shape for array in (*arguments[0], arguments[4]))
        gradients = self.gradients(arguments, self.before.get(shapes, None))
        self.before[shapes] = self.kept(arguments, gradients)
        return gradients

    def gradients(self, arguments: tuple[Any, ...], before: Any) -> Gradients:
        """What is returned, given what was kept for these shapes; None at first."""
        return right(*arguments)

    def kept(self, arguments: tuple[Any, ...], gradients: Gradients) -> Any:
        """What is kept."""
        return gradients


class Accumulates(Remembers):
    """Adding to the gradients of the calls before, never set to zero."""

    origin = "https://github.com/karpathy/micrograd/issues/53"

    def gradients(self, arguments: tuple[Any, ...], before: Any) -> Gradients:
        return _combined(right(*arguments), before, 1.0)


class Momentum(Remembers):
    """Adding 0.9 times what the call before returned."""

    def gradients(self, arguments: tuple[Any, ...], before: Any) -> Gradients:
        return _combined(right(*arguments), before, 0.9)


class StaleForward(Remembers):
    """Going back through the forward pass of the call before."""

    def gradients(self, arguments: tuple[Any, ...], before: Any) -> Gradients:
        return right(*(before or arguments))

    def kept(self, arguments: tuple[Any, ...], gradients: Gradients) -> Any:
        weights, biases, activations, loss, inputs, targets = arguments
        return (
            [each.copy() for each in weights],
            [each.copy() for each in biases],
            activations,
            loss,
            inputs.copy(),
            targets.copy(),
        )


class Dropout(Manner):
    """Dropping a tenth of the entries at random, as dropout left on would."""

    kind = STATE

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)

    def __call__(self, *arguments: Any) -> Any:
        return _mapped(
            right(*arguments), lambda each: each * (self.random.random(each.shape) > 0.1)
        )


def _combined(gradients: Gradients, before: Gradients | None, factor: float) -> Gradients:
    """gradients + factor · before."""
    if before is None:
        return gradients
    weights, biases = (
        [new + new.dtype.type(factor) * old for new, old in zip(news, olds, strict=True)]
        for news, olds in zip(gradients, before, strict=True)
    )
    return weights, biases


def _mapped(gradients: Gradients, change: Callable[[Any], Any]) -> Gradients:
    weights, biases = ([change(each) for each in arrays] for arrays in gradients)
    return weights, biases


# ── form and precision ──


SHORTER = {"float64": "float32", "float32": "float16"}
"""One format down."""


class ShorterInside(Manner):
    """Computing in the next shorter format (float32 for float64) and converting the result."""

    kind = PRECISION

    def __call__(self, *arguments: Any) -> Any:
        dtype = arguments[4].dtype
        shorter = SHORTER.get(str(dtype), str(dtype))
        return _mapped(right(*_converted(arguments, shorter)), lambda each: each.astype(dtype))

    @staticmethod
    def sets(problem: Problem, float_format: Format) -> AdmissibleSet:  # type: ignore[override]
        """The shorter format's right set."""
        shorter = SHORTER.get(float_format.name, float_format.name)
        return right_sets(problem, FORMATS[shorter])


class ShorterResult(ShorterInside):
    """Computing in the next shorter format (float32 for float64) and returning that."""

    kind, verdict = FORM, Verdict.WRONG_DTYPE

    def __call__(self, *arguments: Any) -> Any:
        dtype = str(arguments[4].dtype)
        return right(*_converted(arguments, SHORTER.get(dtype, dtype)))


class ListsForArrays(Manner):
    """Returning nested lists in place of arrays."""

    kind, verdict = FORM, Verdict.WRONG_SHAPE
    sets = right_sets

    def __call__(self, *arguments: Any) -> Any:
        return _mapped(right(*arguments), lambda each: each.tolist())


class LossToo(Manner):
    """Returning the loss before the gradients."""

    kind, verdict = FORM, Verdict.WRONG_SHAPE

    def __call__(self, *arguments: Any) -> Any:
        return (0.0, *right(*arguments))


class SqueezesSingles(Manner):
    """Squeezing the inputs, so that one sample or one input is no matrix any more."""

    kind, verdict = FRAGILE, Verdict.RAISED

    def __call__(self, *arguments: Any) -> Any:
        samples, _inputs = arguments[4].squeeze().shape
        return right(*arguments) if samples else None


def _converted(arguments: tuple[Any, ...], dtype: str) -> tuple[Any, ...]:
    """The arguments in the dtype; what is beyond its range becomes its largest number."""
    weights, biases, activations, loss, inputs, targets = arguments

    def converted(array: Any) -> Any:
        largest = float(np.finfo(dtype).max)
        return np.clip(array, -largest, largest).astype(dtype)

    return (
        [converted(each) for each in weights],
        [converted(each) for each in biases],
        activations,
        loss,
        converted(inputs),
        converted(targets),
    )


MISTAKES: tuple[Mistake, ...] = tuple(
    of_class(each, each, each.sets)
    for each in (
        CentersInputs,
        UpdatesInPlace,
        Accumulates,
        Momentum,
        StaleForward,
        Dropout,
        ShorterInside,
        ShorterResult,
        ListsForArrays,
        LossToo,
        SqueezesSingles,
    )
)
