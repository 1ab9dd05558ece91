"""Mistakes after the gradient is there: factors, signs, changes, and the form of the result."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np

from conformance.mistakes.kinds import CHANGED, FORM, PRECISION, SCALE, SIGN
from conformance.mistakes.seams import Backprop, Gradients
from manual_backprop.arrays import Array
from manual_backprop.oracle.verdict import Verdict


class OfEach(Backprop):
    """What the mistakes have in common that change each array of the result by itself."""

    kind = CHANGED

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        return [self.changed(each) for each in weights], [self.changed(each) for each in biases]

    def changed(self, gradient: Array) -> Array:
        """What becomes of one array."""
        return gradient


# ── factors and signs ──


class Doubled(OfEach):
    """Adding the gradient up twice."""

    kind = SCALE

    def changed(self, gradient: Array) -> Array:
        return gradient * 2


class Halved(OfEach):
    """Taking half of the gradient."""

    kind = SCALE

    def changed(self, gradient: Array) -> Array:
        return gradient * 0.5


class NegatedWeights(Backprop):
    """Negating the gradient of the weights alone."""

    kind = SIGN

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return -super().weight_gradient(k, delta)


class NegatedBiases(Backprop):
    """Negating the gradient of the biases alone."""

    kind = SIGN

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return -super().bias_gradient(k, delta)


# ── changes ──


class ClippedEntries(OfEach):
    """Clipping each entry of the gradient to [-1, 1]."""

    def changed(self, gradient: Array) -> Array:
        return gradient.clip(-1, 1)


class ClippedNorm(Backprop):
    """Scaling the whole gradient down to the norm 1 where it is longer."""

    kind = CHANGED

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        arrays = [*weights, *(each[None, :] for each in biases)]
        squares = reduce(add, [(each * each).sum(axis=(0, 1)) for each in arrays])
        length = (squares**0.5).clip(1, None)
        return [each / length for each in weights], [each / length for each in biases]


class WeightDecay(Backprop):
    """Adding 0.01 W to the gradient of the weights, for weight decay."""

    kind = CHANGED

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return super().weight_gradient(k, delta) + self.layers[k].weights * 0.01


class RelativeError(OfEach):
    """Making every entry too large by one part in a billion."""

    kind = PRECISION

    def changed(self, gradient: Array) -> Array:
        return gradient * (1 + 1e-9)


class OneEntryOff(Backprop):
    """Making the first layer's first weight's gradient too large by one part in a billion."""

    kind = PRECISION

    def weight_gradient(self, k: int, delta: Array) -> Array:
        factors = np.ones(self.layers[k].weights.shape)
        factors[0, 0] += 1e-9 * (k == 0)
        return super().weight_gradient(k, delta) * self.on.array(factors)


class AbsoluteError(OfEach):
    """Adding 1e-9 to every entry."""

    kind = PRECISION

    def changed(self, gradient: Array) -> Array:
        return gradient + 1e-9


# ── form ──


class OfForm(Backprop):
    """What the mistakes in the form of the result have in common: shapes tell, mostly."""

    kind = FORM
    verdict = Verdict.WRONG_SHAPE


class ReversedLayers(OfForm):
    """Returning the layers in reversed order, as they are met on the way back."""

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        return weights[::-1], biases[::-1]


class BiasesFirst(OfForm):
    """Returning the gradients of the biases before those of the weights."""

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        return biases, weights


class TransposedResult(OfForm):
    """Returning the gradient of the weights transposed, as (inputs, outputs)."""

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return self.x[k].T @ delta


class BiasesAsRows(OfForm):
    """Keeping the samples' axis of the biases' gradient, with length 1."""

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta)[None, :]


class BiasesNotSummed(OfForm):
    """Not adding up the gradient of the biases over the samples."""

    origin = "https://github.com/deeplearning4j/nd4j/issues/2424"

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return delta


class SharedBuffers(OfForm):
    """Writing the gradients of layers of one shape to the same array, the first layer last."""

    verdict = Verdict.WRONG

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        return _first_of_shape(weights), _first_of_shape(biases)


def _first_of_shape(arrays: list[Array]) -> list[Array]:
    """In place of each array the first that has its shape."""
    shapes = [each.shape for each in arrays]
    return [arrays[shapes.index(shape)] for shape in shapes]


MISTAKES: tuple[type[Backprop], ...] = (
    Doubled,
    Halved,
    NegatedWeights,
    NegatedBiases,
    ClippedEntries,
    ClippedNorm,
    WeightDecay,
    RelativeError,
    OneEntryOff,
    AbsoluteError,
    ReversedLayers,
    BiasesFirst,
    TransposedResult,
    BiasesAsRows,
    BiasesNotSummed,
    SharedBuffers,
)
