"""The forward pass (1.1), with everything kept: the trace that the derivatives read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from manual_backprop.arrays import Array
from manual_backprop.network import Network


class ActivationLike(Protocol):
    """What the recursion asks of an activation, whatever the arithmetic."""

    def value(self, p: Array, /) -> Array:
        """f(p)."""

    def derivative(self, p: Array, /) -> Array:
        """f'(p)."""


class LayerLike(Protocol):
    """What the recursion asks of a layer: a `Layer`, or one lifted to another arithmetic."""

    @property
    def weights(self) -> Array:
        """W_k."""

    @property
    def biases(self) -> Array | None:
        """b^(k)."""

    @property
    def activation(self) -> ActivationLike:
        """f_{k+1}."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What a forward pass went through, indexed as in the equations.

    Attributes:
        pre_activations: p^(k), k = 0..N, shape (…, l_k); p^(0) = x^(0), as in the notes.
        outputs: x^(k), k = 0..N; x^(0) is the input.
    """

    pre_activations: tuple[Array, ...]
    outputs: tuple[Array, ...]


def pre_activation(layer: LayerLike, x: Array) -> Array:
    """p^(k+1) = W_k x^(k) + b^(k)                                                         (1.1).

    Args:
        layer: W_k, b^(k).
        x: x^(k), one sample (n_in,) or rows (S, n_in).
    Returns:
        Array of shape (n_out,) or (S, n_out): `x @ W.T` is W x for a vector and X Wᵀ for rows.

    >>> from manual_backprop import Layer
    >>> pre_activation(Layer([[2.0, 1.0]], [0.5]), [3.0, 4.0])
    array([10.5])
    """
    p = x @ layer.weights.T
    return p if layer.biases is None else p + layer.biases


def forward(network: Network | Sequence[LayerLike], inputs: Array) -> Trace:
    """The trace of the network on one sample (l_0,) or on rows of samples (S, l_0).

    >>> from manual_backprop import Layer
    >>> network = Network([Layer([[2.0]], [1.0], "relu"), Layer([[-1.0]])])
    >>> import numpy as np
    >>> forward(network, np.array([3.0])).outputs[-1]
    array([-7.])
    """
    layers = network.layers if isinstance(network, Network) else network
    pre_activations, outputs = [inputs], [inputs]
    for layer in layers:
        pre_activations.append(pre_activation(layer, outputs[-1]))
        outputs.append(layer.activation.value(pre_activations[-1]))
    return Trace(tuple(pre_activations), tuple(outputs))
