"""Right implementations of other makes: none of them may ever be called wrong.

Each is the hand-written recursion with one step done in another way that people choose: by
einsum, by loops, sample by sample, in longer arithmetic inside, with sums in another order, with
the mean in another place, with another value at a kink, with the formulas of textbooks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.backends import Backend
from conformance.backends.base import Backprop as Function
from conformance.mistakes.mistake import function_of
from conformance.mistakes.seams import Backprop, Gradients
from manual_backprop import ACTIVATIONS, __version__
from manual_backprop.activations import Breakpoint
from manual_backprop.arrays import Array

# ── products ──


class Einsum(Backprop):
    """Every product by einsum."""

    def pre_activation(self, k: int, x: Array) -> Array:
        return np.einsum("sj,ij->si", x, self.layers[k].weights) + self.layers[k].biases

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return np.einsum("si,sj->ij", delta, self.x[k])

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return np.einsum("si->i", delta)

    def cotangent(self, k: int, delta: Array) -> Array:
        return np.einsum("si,ij->sj", delta, self.layers[k].weights)


def _by_loops(left: Array, right: Array, add: Callable[[Array], Any]) -> Array:
    """The matrix product, entry by entry, with sums of one's own."""
    product = np.empty((left.shape[0], right.shape[1]), left.dtype)
    for i, j in np.ndindex(product.shape):
        product[i, j] = add(left[i] * right[:, j])
    return product


class Summed(Backprop):
    """Sums in an order of one's own."""

    @staticmethod
    def add(terms: Array) -> Any:
        """The sum of a vector."""
        raise NotImplementedError

    def pre_activation(self, k: int, x: Array) -> Array:
        return _by_loops(x, self.layers[k].weights.T, self.add) + self.layers[k].biases

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return _by_loops(delta.T, self.x[k], self.add)

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return np.array([self.add(column) for column in delta.T])

    def cotangent(self, k: int, delta: Array) -> Array:
        return _by_loops(delta, self.layers[k].weights, self.add)


class Loops(Summed):
    """Sums from first to last, by loops."""

    @staticmethod
    def add(terms: Array) -> Any:
        return np.cumsum(terms)[-1]


class Backwards(Summed):
    """Sums from last to first."""

    @staticmethod
    def add(terms: Array) -> Any:
        return np.cumsum(terms[::-1])[-1]


class SmallestFirst(Summed):
    """Sums from the smallest term to the largest."""

    @staticmethod
    def add(terms: Array) -> Any:
        return np.cumsum(terms[np.argsort(np.abs(terms))])[-1]


class Exactly(Summed):
    """Sums of rounded products without further error, by `math.fsum`."""

    @staticmethod
    def add(terms: Array) -> Any:
        finite = bool(np.isfinite(terms).all())
        return terms.dtype.type(math.fsum(terms) if finite else terms.sum())


# ── where the mean is ──


class MeanAtTheEnd(Backprop):
    """1/S applied to the summed gradients."""

    def mean(self, slope: Array) -> Array:
        return slope

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        return [each / self.samples for each in weights], [each / self.samples for each in biases]


class ByReciprocal(Backprop):
    """1/S computed once and multiplied by."""

    def mean(self, slope: Array) -> Array:
        return slope * slope.dtype.type(1 / self.samples)


# ── kinks, and textbooks' formulas ──


class AtKinks(Backprop):
    """Another value of the hull at each kink."""

    @staticmethod
    def choice(at: Breakpoint) -> float:
        """What is taken at a breakpoint."""
        raise NotImplementedError

    def slope(self, k: int, p: Array) -> Array:
        slope = super().slope(k, p).copy()
        for at in ACTIVATIONS[self.names[k]].breakpoints:
            slope[p == p.dtype.type(float(at.at))] = self.choice(at)
        return slope


class LeftOfKinks(AtKinks):
    """The derivative from the left."""

    @staticmethod
    def choice(at: Breakpoint) -> float:
        return float(at.left)


class RightOfKinks(AtKinks):
    """The derivative from the right."""

    @staticmethod
    def choice(at: Breakpoint) -> float:
        return float(at.right)


class MiddleOfKinks(AtKinks):
    """The mean of the two."""

    @staticmethod
    def choice(at: Breakpoint) -> float:
        return float((at.left + at.right) / 2)


class Textbook(Backprop):
    """1 − tanh² and s(1 − s), which lose the tails."""

    def slope(self, k: int, p: Array) -> Array:
        f = self.layers[k].activation
        if self.names[k] == "tanh":
            return 1 - f.value(p) ** 2
        if self.names[k] == "sigmoid":
            return f.value(p) * (1 - f.value(p))
        return super().slope(k, p)


# ── around the recursion ──


def longer_inside(function: Function) -> Function:
    """Everything in longdouble, rounded at the end."""

    def backprop(*arguments: Any) -> Any:
        weights, biases, activations, loss, inputs, targets = arguments
        W, b = ([each.astype(np.longdouble) for each in part] for part in (weights, biases))
        x, y = inputs.astype(np.longdouble), targets.astype(np.longdouble)
        found = function(W, b, activations, loss, x, y)
        return tuple([each.astype(inputs.dtype) for each in part] for part in found)

    return backprop


def sample_by_sample(function: Function) -> Function:
    """One sample at a time, the mean taken over the gradients."""

    def backprop(*arguments: Any) -> Any:
        W, b, activations, loss, inputs, targets = arguments
        rows = [
            function(W, b, activations, loss, x[None], y[None])
            for x, y in zip(inputs, targets, strict=True)
        ]
        return tuple(
            [np.mean(each, axis=0, dtype=inputs.dtype) for each in zip(*part, strict=True)]
            for part in zip(*rows, strict=True)
        )

    return backprop


def flushing(function: Function) -> Function:
    """Subnormal numbers read as zero, in what comes and in what goes."""

    def flushed(array: Array) -> Array:
        return np.where(np.abs(array) < np.finfo(array.dtype).tiny, 0, array).astype(array.dtype)

    def backprop(*arguments: Any) -> Any:
        weights, biases, activations, loss, inputs, targets = arguments
        W, b = ([flushed(each) for each in part] for part in (weights, biases))
        found = function(W, b, activations, loss, flushed(inputs), flushed(targets))
        return tuple([flushed(each) for each in part] for part in found)

    return backprop


RIGHT = function_of(Backprop)

VARIANTS: dict[str, Backend] = {
    name: Backend(name, "reverse", __version__, function)
    for name, function in {
        "einsum": function_of(Einsum),
        "loops": function_of(Loops),
        "sums_backwards": function_of(Backwards),
        "sums_smallest_first": function_of(SmallestFirst),
        "sums_exact": function_of(Exactly),
        "mean_at_the_end": function_of(MeanAtTheEnd),
        "mean_by_reciprocal": function_of(ByReciprocal),
        "left_of_kinks": function_of(LeftOfKinks),
        "right_of_kinks": function_of(RightOfKinks),
        "middle_of_kinks": function_of(MiddleOfKinks),
        "textbook_slopes": function_of(Textbook),
        "longdouble_inside": longer_inside(RIGHT),
        "sample_by_sample": sample_by_sample(RIGHT),
        "subnormals_flushed": flushing(RIGHT),
    }.items()
}
"""By name, as backends."""
