"""Backpropagation (5.5) with a seam at every step: a mistake overrides one of them, or two.

The lines use operators alone, so they run on NumPy floats, which makes a function with the mistake,
and on the balls of `manual_backprop.arithmetic.rounded`, which makes the set of all results that an
honest floating-point implementation *of the mistake* may return.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from manual_backprop import Problem
from manual_backprop.arrays import Array
from manual_backprop.forward import ActivationLike, LayerLike, pre_activation
from manual_backprop.objective import divided
from manual_backprop.oracle.verdict import Verdict

Gradients = tuple[list[Array], list[Array]]
"""Weight gradients and bias gradients, first layer first."""


class LossLike(Protocol):
    """What the recursion asks of a loss, whatever the arithmetic."""

    def gradient(self, x: Array, y: Array, /) -> Array:
        """∇L(x | y), shape (S, l_N)."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A problem in the arithmetic that the lines run on.

    Attributes:
        problem: for shapes, names and targets.
        layers: W_k, b^(k), f_{k+1} in that arithmetic.
        inputs: X, shape (S, l_0).
        loss: the loss.
        activation: name ↦ another activation of the catalogue.
        loss_named: name ↦ another loss.
        array: exact numbers, such as a mask of zeros and ones.
        differs: (p, c) ↦ 1 where p is not c, else 0.
    """

    problem: Problem
    layers: Sequence[LayerLike]
    inputs: Array
    loss: LossLike
    activation: Callable[[str], ActivationLike]
    loss_named: Callable[[str], LossLike]
    array: Callable[[npt.NDArray[Any]], Array]
    differs: Callable[[Array, float], Array]


class Backprop:
    """The hand-written recursion, one method a step; as it stands it is right.

    A subclass with a mistake says what the mistake is in its docstring's first line, which
    completes "your gradient equals what you get by …".

    Attributes:
        kind: the kind of mistake, in words that give no number away.
        origin: where it was met: coursework, or a thread of a framework's tracker.
        of: names of the activations and losses that it takes; empty if any will do.
        verdict: what a check makes of it.
        p, x, x_bar: p^(k), x^(k) and x̄^(k), as far as the passes have come; p^(0) = x^(0).
    """

    kind: ClassVar[str] = ""
    origin: ClassVar[str] = "coursework"
    of: ClassVar[tuple[str, ...]] = ()
    verdict: ClassVar[Verdict] = Verdict.WRONG

    def __init__(self, setting: Setting) -> None:
        self.on = setting
        self.layers, self.targets = setting.layers, setting.problem.targets
        self.names = [layer.activation.name for layer in setting.problem.network.layers]
        self.widths, self.samples = setting.problem.network.widths, setting.problem.samples
        self.depth = len(self.layers)
        self.last = self.depth - 1
        self.p: list[Array] = [setting.inputs]
        self.x: list[Array] = []
        self.x_bar: dict[int, Array] = {}

    def gradients(self) -> Gradients:
        """The gradients of the mean loss: weights and biases, first layer first."""
        of_layers = self.backprop(0, self.on.inputs)
        return self.result([weight for weight, _ in of_layers], [bias for _, bias in of_layers])

    def backprop(self, k: int, x: Array) -> list[tuple[Array, Array]]:
        """The gradients of layer k and those after it; x̄^(k) is left in `x_bar`          (5.5)."""
        self.x.append(x)
        if k == self.depth:
            self.x_bar[k] = self.mean(self.loss_gradient(x))
            return []
        self.p.append(self.pre_activation(k, x))
        later = self.backprop(k + 1, self.value(k, self.p[k + 1]))
        delta = self.delta(k, self.x_bar[k + 1])
        if k:  # x̄^(0) is nobody's
            self.x_bar[k] = self.cotangent(k, delta)
        return [(self.weight_gradient(k, delta), self.bias_gradient(k, delta)), *later]

    # ── the seams, forward ──

    def pre_activation(self, k: int, x: Array) -> Array:
        """p^(k+1) = W_k x^(k) + b^(k)."""
        return pre_activation(self.layers[k], x)

    def value(self, k: int, p: Array) -> Array:
        """x^(k+1) = f_{k+1}(p^(k+1))."""
        return self.layers[k].activation.value(p)

    # ── at the end ──

    def loss_gradient(self, x: Array) -> Array:
        """∇L(x^(N) | y) of each sample."""
        return self.on.loss.gradient(x, self.targets)

    def mean(self, slope: Array) -> Array:
        """1/S of it, for the mean over samples."""
        return divided(slope, self.samples)

    # ── and back ──

    def slope(self, k: int, p: Array) -> Array:
        """f_{k+1}'(p^(k+1))."""
        return self.layers[k].activation.derivative(p)

    def delta(self, k: int, x_bar: Array) -> Array:
        """δ^(k+1) = f_{k+1}'(p^(k+1)) ∘ x̄^(k+1)."""
        return self.slope(k, self.p[k + 1]) * x_bar

    def weight_gradient(self, k: int, delta: Array) -> Array:
        """∂L/∂W_k = δ^(k+1) (x^(k))ᵀ, summed over samples."""
        return delta.T @ self.x[k]

    def bias_gradient(self, k: int, delta: Array) -> Array:
        """∂L/∂b^(k) = δ^(k+1), summed over samples."""
        return delta.sum(axis=0)

    def cotangent(self, k: int, delta: Array) -> Array:
        """x̄^(k) = W_kᵀ δ^(k+1)."""
        return delta @ self.layers[k].weights

    def result(self, weights: list[Array], biases: list[Array]) -> Gradients:
        """What is returned."""
        return weights, biases

    # ── words that mistakes are made of ──

    def step(self, p: Array) -> Array:
        """1 where p > 0, else 0."""
        return self.on.activation("relu").derivative(p)

    def softmax(self, x: Array) -> Array:
        """Softmax of each row: ∇L(x | y) + y, whatever the y that sums to 1."""
        y = np.zeros(x.shape, self.targets.dtype)
        y[:, 0] = 1
        return self.on.loss_named("softmax_cross_entropy").gradient(x, y) + y

    def fitted(self, rows: Array, width: int) -> Array:
        """Rows of that width: cut off, or begun again where they end."""
        return rows[:, np.arange(width) % rows.shape[1]]
