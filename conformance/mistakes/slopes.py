"""Mistakes with f', whatever the activation: missing, elsewhere, too often."""

from __future__ import annotations

from conformance.mistakes.kinds import MISSING_SLOPE, OTHER_SLOPE
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array


class NoSlopeAtOutput(Backprop):
    """Leaving out f' at the output layer."""

    kind = MISSING_SLOPE
    origin = "https://github.com/parasdahal/tinyml/issues/1"

    def slope(self, k: int, p: Array) -> Array:
        return 1 if k == self.last else super().slope(k, p)


class NoSlopeInHidden(Backprop):
    """Leaving out f' at the hidden layers."""

    kind = MISSING_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, p) if k == self.last else 1


class NoSlopeAtFirst(Backprop):
    """Leaving out f' at the first layer."""

    kind = MISSING_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, p) if k else 1


class NoSlopes(Backprop):
    """Leaving out f' at every layer."""

    kind = MISSING_SLOPE
    origin = "https://github.com/ujjwalkarn/Machine-Learning-Tutorials/pull/16"

    def slope(self, k: int, p: Array) -> Array:
        return 1


class NoSlopeInBiases(Backprop):
    """Leaving out f' in the gradients of the biases alone."""

    kind = MISSING_SLOPE

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, self.x_bar[k + 1])


class SlopeAtOutputs(Backprop):
    """Taking f' at the layer's output f(p) in place of its pre-activation p."""

    kind = OTHER_SLOPE
    origin = "https://github.com/OpenANN/OpenANN/issues/164"

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, self.x[k + 1])


class SlopeAtHiddenOutputs(Backprop):
    """Taking f' at f(p) in place of p in the hidden layers alone."""

    kind = OTHER_SLOPE
    origin = "https://github.com/iamtrask/Grokking-Deep-Learning/issues/56"

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, p if k == self.last else self.x[k + 1])


class OutputFormulaAtP(Backprop):
    """Putting p, in place of f(p), into s(1 - s) for sigmoid and 1 - t² for tanh."""

    kind = OTHER_SLOPE
    origin = "https://github.com/pjreddie/darknet/issues/2151"
    of = ("sigmoid", "tanh")

    def slope(self, k: int, p: Array) -> Array:
        if self.names[k] not in self.of:
            return super().slope(k, p)
        return p * (1 - p) if self.names[k] == "sigmoid" else 1 - p * p


class SlopeOfLayerBefore(Backprop):
    """Taking the derivative of the activation of the layer before."""

    kind = OTHER_SLOPE
    origin = "https://github.com/jeffheaton/encog-java-core/issues/243"

    def slope(self, k: int, p: Array) -> Array:
        return self.layers[max(k - 1, 0)].activation.derivative(p)


class SlopeOfLayerAfter(Backprop):
    """Taking the derivative of the activation of the layer after."""

    kind = OTHER_SLOPE
    origin = "https://github.com/unda-ml/unda/issues/1"

    def slope(self, k: int, p: Array) -> Array:
        return self.layers[min(k + 1, self.last)].activation.derivative(p)


class SlopeTwice(Backprop):
    """Multiplying by f' twice."""

    kind = OTHER_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, p) * super().slope(k, p)


class ValueForSlope(Backprop):
    """Multiplying by f(p) in place of f'(p)."""

    kind = OTHER_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return self.x[k + 1]


class SlopeWithoutBias(Backprop):
    """Taking f' at W x in place of W x + b."""

    kind = OTHER_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, self.x[k] @ self.layers[k].weights.T)


class SlopeOfFirstSample(Backprop):
    """Taking f' of the batch's first sample for all of them."""

    kind = OTHER_SLOPE

    def slope(self, k: int, p: Array) -> Array:
        return super().slope(k, p[:1])


MISTAKES: tuple[type[Backprop], ...] = (
    NoSlopeAtOutput,
    NoSlopeInHidden,
    NoSlopeAtFirst,
    NoSlopes,
    NoSlopeInBiases,
    SlopeAtOutputs,
    SlopeAtHiddenOutputs,
    OutputFormulaAtP,
    SlopeOfLayerBefore,
    SlopeOfLayerAfter,
    SlopeTwice,
    ValueForSlope,
    SlopeWithoutBias,
    SlopeOfFirstSample,
)
