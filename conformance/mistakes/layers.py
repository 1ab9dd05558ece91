"""Mistakes on the way through the layers: transposes, values of other layers, parts left out."""

from __future__ import annotations

import numpy as np

from conformance.mistakes.kinds import OTHER_LAYER, PATH, SAMPLES, TRANSPOSE
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array

# ── transposes ──


class OtherTranspose(Backprop):
    """Multiplying by W in place of its transpose on the way back, reshaped to fit."""

    kind = TRANSPOSE
    origin = "https://github.com/makeyourownneuralnetwork/makeyourownneuralnetwork/issues/77"

    def cotangent(self, k: int, delta: Array) -> Array:
        W = self.layers[k].weights
        return delta @ W.T.reshape(*W.shape)


class ReshapedGradient(Backprop):
    """Computing x δᵀ and reshaping it in place of transposing it."""

    kind = TRANSPOSE

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return (self.x[k].T @ delta).reshape(*self.layers[k].weights.shape)


class TransposedIfShapesDiffer(Backprop):
    """Computing x δᵀ and transposing it only where its shape does not fit."""

    kind = TRANSPOSE
    origin = "https://github.com/iamtrask/Grokking-Deep-Learning/pull/22"

    def weight_gradient(self, k: int, delta: Array) -> Array:
        gradient = self.x[k].T @ delta
        return gradient if gradient.shape == self.layers[k].weights.shape else gradient.T


# ── another layer ──


class OutputsOfLayerAfter(Backprop):
    """Multiplying δ by the layer's outputs in place of its inputs, as many as fit."""

    kind = OTHER_LAYER
    origin = "https://github.com/hanbt/learn_dl/issues/3"

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return delta.T @ self.fitted(self.x[k + 1], self.widths[k])


class PreActivationForOutput(Backprop):
    """Multiplying δ by the pre-activations of the layer before in place of its outputs."""

    kind = OTHER_LAYER
    origin = "https://github.com/maziarraissi/backprop/issues/1"

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return delta.T @ self.p[k]


class UpdatedWeights(Backprop):
    """Going back through weights that are already updated, with a rate of 0.1."""

    kind = OTHER_LAYER
    origin = "https://github.com/joelgrus/data-science-from-scratch/issues/31"

    def cotangent(self, k: int, delta: Array) -> Array:
        return delta @ (self.layers[k].weights - self.weight_gradient(k, delta) * 0.1)


# ── what is left out ──


class NoWeightsOnTheWayBack(Backprop):
    """Handing δ to the layer before without the weights, as many entries as fit."""

    kind = PATH

    def cotangent(self, k: int, delta: Array) -> Array:
        return self.fitted(delta, self.widths[k])


class OutputLayerPassedBy(Backprop):
    """Handing the loss's gradient to the hidden layers past the output layer."""

    kind = PATH

    def cotangent(self, k: int, delta: Array) -> Array:
        if k < self.last:
            return super().cotangent(k, delta)
        return self.fitted(self.x_bar[self.depth], self.widths[k])


class LinearOutput(Backprop):
    """Taking the output layer as linear, both ways."""

    kind = PATH

    def value(self, k: int, p: Array) -> Array:
        return p if k == self.last else super().value(k, p)

    def slope(self, k: int, p: Array) -> Array:
        return 1 if k == self.last else super().slope(k, p)


class NoBiases(Backprop):
    """Leaving the biases out of the forward pass."""

    kind = PATH

    def pre_activation(self, k: int, x: Array) -> Array:
        return x @ self.layers[k].weights.T


class FirstLayerLeftOut(Backprop):
    """Ending the loop before the first layer, whose gradient stays 0."""

    kind = PATH

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return super().weight_gradient(k, delta) * (k > 0)

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta) * (k > 0)


class OutputLayerOnly(Backprop):
    """Cutting the way back behind the output layer: all other gradients are 0."""

    kind = PATH

    def cotangent(self, k: int, delta: Array) -> Array:
        return super().cotangent(k, delta) * 0


class FourLayersOnly(Backprop):
    """Cutting the way back after four layers, as truncated backpropagation does."""

    kind = PATH

    def cotangent(self, k: int, delta: Array) -> Array:
        return super().cotangent(k, delta) * (k > self.last - 3)


class UnitsBeyondFour(Backprop):
    """Leaving out, on the way back, units beyond the last multiple of 4, of 5 and more."""

    kind = PATH
    origin = "https://github.com/stew675/llama-cpp-rdna-boosts/issues/19"

    def cotangent(self, k: int, delta: Array) -> Array:
        units = self.widths[k + 1]
        whole = units - units % 4 if units > 4 else units
        return delta[:, :whole] @ self.layers[k].weights[:whole]


class ShorterLoop(Backprop):
    """Looping over the smaller of a layer's two widths, in both directions."""

    kind = PATH
    origin = "https://github.com/pytorch/pytorch/pull/171851"

    def weight_gradient(self, k: int, delta: Array) -> Array:
        seen = np.zeros(self.layers[k].weights.shape)
        seen[: min(seen.shape), : min(seen.shape)] = 1
        return super().weight_gradient(k, delta) * self.on.array(seen)


class BiasesLeftOut(Backprop):
    """Returning 0 as the gradient of the biases."""

    kind = PATH

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta) * 0


class BiasesOverUnits(Backprop):
    """Adding up the gradient of the biases over the units too."""

    kind = SAMPLES

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return delta.sum(axis=(0, 1)) * self.on.array(np.ones(self.widths[k + 1]))


MISTAKES: tuple[type[Backprop], ...] = (
    OtherTranspose,
    ReshapedGradient,
    TransposedIfShapesDiffer,
    OutputsOfLayerAfter,
    PreActivationForOutput,
    UpdatedWeights,
    NoWeightsOnTheWayBack,
    OutputLayerPassedBy,
    LinearOutput,
    NoBiases,
    FirstLayerLeftOut,
    OutputLayerOnly,
    FourLayersOnly,
    UnitsBeyondFour,
    ShorterLoop,
    BiasesLeftOut,
    BiasesOverUnits,
)
