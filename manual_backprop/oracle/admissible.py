"""The admissible set: every gradient that an honest implementation of the class may return.

Theorem. Let an implementation compute, in a format with unit roundoff u, smallest normal number η
and largest number Ω, the equations of one order,

    "reverse":  (1.1), (5.1)–(5.3), back to front, or
    "forward":  (1.1), (3.1)–(3.4), front to back, one tangent a parameter,

where each sum of n terms, bias included, is within n·u·Σ|t_i| + (2n − 1)·η of its exact value for
the operands that it has (any order, rounded to nearest, fused or not); each other product within u,
each division within 2u, plus η; each activation, its derivative and the loss gradient within the
units of `oracle.accuracy` plus η, and what a `Departure` grants; at a breakpoint any value of the
hull; the mean's 1/S applied at the loss, at δ, or to the summed gradient; any subnormal read as
zero; numbers that the format does not hold rounded to it once; operands of products shortened to
the format's operand precision. If no magnitude passes Ω/(16·S), then every entry that it returns
lies in the set that `admissible` computes.

Proof. By induction over the operations, in the order of the recursion: leaves are exact, zero
where subnormal, or within u; each operation maps values inside its operands' balls into its
result's (`arithmetic.rounded`). That the mean's place is free: a relative error of 2u at ∇L passes
through linear operations to a relative error of 2u of each term of every later sum, so the set made
with the division at ∇L holds what a later division gives; the η that a last division may lose is
the one by which the set's 2n·η for a sum exceeds what the sum itself may lose.                ∎

The exact gradient is inside too: it is the implementation with every error zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from manual_backprop.arithmetic.formats import Format
from manual_backprop.arithmetic.rounded import Rounded, Rounding
from manual_backprop.arrays import Array
from manual_backprop.backprop import backprop_in_blocks
from manual_backprop.fast import keep_freed_memory
from manual_backprop.names import nearest
from manual_backprop.network import Gradients, Problem
from manual_backprop.oracle.accuracy import Departure
from manual_backprop.oracle.on_rounded import RoundedActivation, RoundedLayer, RoundedLoss
from manual_backprop.recursion import Linearization, end, linearize, tangent

Order = Literal["reverse", "forward"]
ORDERS: tuple[Order, ...] = ("reverse", "forward")

HEADROOM = 16
"""A magnitude above Ω/16 is said to be at risk of overflow in some order of its sum."""


@dataclass(frozen=True, eq=False)
class AdmissibleSet(Gradients):
    """The set of results that a class may return: `Gradients` whose arrays are `Rounded`.

    Attributes:
        kinks: names of the functions of which some unit touches a kink, where the set is as wide
            as the choice that an implementation has there.
    """

    kinks: tuple[str, ...]


def admissible(
    problem: Problem,
    float_format: Format,
    order: Order = "reverse",
    departures: Sequence[Departure] = (),
) -> AdmissibleSet:
    """The admissible set of every weight and bias.

    Args:
        problem: with float arrays; layers without biases count as having zeros there.
        float_format: what the implementation computes in.
        order: which way it goes through the network.
        departures: known ones of the implementation; those of the format count.
    Returns:
        The set, midpoint ± radius for each entry; the loss is not bounded (None).
    Raises:
        ValueError: if there is no such order, or a function of the problem has no accuracy class.
    Source: the theorem above.
    """
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r}: {nearest(order, list(ORDERS))}")
    on = lifted(problem, float_format, departures)
    keep_freed_memory()
    with np.errstate(all="ignore"):  # overflow ends as an infinite radius
        sets = _reverse if order == "reverse" else _forward
        gradients = sets(on.layers, on.inputs, on.objective)
    return AdmissibleSet(
        None, gradients.weights, gradients.biases, gradients.compute_inputs, on.kinks
    )


@dataclass(frozen=True, eq=False)
class Lifted:
    """A problem on `Rounded` arrays, as an implementation of the class meets it.

    Attributes:
        problem: the problem itself.
        layers: weights, biases (zeros where there are none) and activations.
        inputs: X, shape (S, l_0).
        loss: its gradient.
    """

    problem: Problem
    layers: list[RoundedLayer]
    inputs: Rounded
    loss: RoundedLoss

    def objective(self, x: Rounded) -> tuple[None, Rounded]:
        """∇L(x^(N)), with the mean's 1/S; the loss itself is not bounded."""
        slope = self.loss.gradient(x, self.problem.targets)
        mean = self.problem.reduction == "mean"
        return None, slope / self.problem.samples if mean else slope

    @property
    def kinks(self) -> tuple[str, ...]:
        """Names of the functions of which some unit has met a kink by now."""
        return tuple(name for layer in self.layers for name in layer.activation.kinks) + tuple(
            self.loss.kinks
        )


def lifted(problem: Problem, float_format: Format, departures: Sequence[Departure] = ()) -> Lifted:
    """The problem on `Rounded` arrays of the format; arguments as of `admissible`."""
    own = [each for each in departures if float_format.name in each.dtypes]
    samples = problem.samples if problem.reduction == "mean" else 1
    rounding = Rounding(float_format, float_format.largest / (HEADROOM * max(samples, 1)))
    layers = [
        RoundedLayer(
            Rounded.exactly(layer.weights, rounding),
            Rounded.exactly(np.asarray(layer.biases), rounding),
            RoundedActivation.of(layer.activation, own),
        )
        for layer in problem.with_biases().network.layers
    ]
    inputs = Rounded.exactly(problem.inputs, rounding)
    return Lifted(problem, layers, inputs, RoundedLoss.of(problem.loss, own))


def _reverse(layers: list[RoundedLayer], inputs: Rounded, objective: Any) -> Gradients:
    """Backpropagation, unchanged, on `Rounded` arrays."""
    _, x_bar, gradients = backprop_in_blocks(layers, inputs, objective)
    weights, biases = zip(*gradients, strict=True)
    return Gradients(None, weights, biases, x_bar)


def _forward(layers: list[RoundedLayer], inputs: Rounded, objective: Any) -> Gradients:
    """The recursion of section 3, unchanged, with the base cases of a layer stacked."""
    at = linearize(layers, inputs, objective)
    depth = len(layers)
    weights, biases = [], []
    for k, layer in enumerate(layers):
        of_weights = end(at, tangent(at, k, _weight_bases(at, k), depth))
        weights.append(of_weights.reshape(*layer.weights.shape))
        biases.append(end(at, tangent(at, k, _bias_bases(at, k), depth)))
    return Gradients(None, tuple(weights), tuple(biases), lambda: None)


def _weight_bases(at: Linearization, k: int) -> Rounded:
    """ṗ^(k+1) = x_j^(k) e_i for every i, j, shape (l_{k+1}·l_k, S, l_{k+1})               (3.1)."""
    x, identity = at.x[k], np.eye(at.W[k].shape[0])

    def stacked(array: Array) -> Array:
        products = identity[:, None, None, :] * array.T[None, :, :, None]
        return products.reshape(-1, *products.shape[2:])

    return Rounded(stacked(x.midpoint), stacked(x.radius), x.rounding)


def _bias_bases(at: Linearization, k: int) -> Rounded:
    """ṗ^(k+1) = e_i for every i, shape (l_{k+1}, S, l_{k+1})                              (3.2)."""
    units, samples = np.eye(at.W[k].shape[0]), at.x[k].shape[0]
    stacked = np.repeat(units[:, None, :], samples, axis=1)
    return Rounded(stacked, np.zeros_like(stacked), at.x[k].rounding)
