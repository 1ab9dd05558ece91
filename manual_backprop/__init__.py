"""A hand-written recursive backpropagation for fully connected networks.

It reads like its derivation: `recursion` is the specification, one weight at a time; `backprop` the
algorithm, one pass for all. The catalogue of activations and losses states each by its definition.
"""

from typing import TYPE_CHECKING, Any

from manual_backprop.activations import ACTIVATIONS, Activation, Breakpoint, activation
from manual_backprop.backprop import gradient
from manual_backprop.losses import LOSSES, Loss, loss
from manual_backprop.network import Gradients, Layer, Network, Problem
from manual_backprop.recursion import bias_derivative, gradient_by_recursion, weight_derivative

_ORACLE = (
    "Enclosure",
    "Judgement",
    "Verdict",
    "correctly_rounded",
    "enclose",
    "judge",
)  # loaded on first use

if TYPE_CHECKING:
    from manual_backprop.oracle import (
        Enclosure,
        Judgement,
        Verdict,
        correctly_rounded,
        enclose,
        judge,
    )

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Breakpoint",
    "Enclosure",
    "Gradients",
    "Judgement",
    "Layer",
    "Loss",
    "Network",
    "Problem",
    "Verdict",
    "activation",
    "bias_derivative",
    "correctly_rounded",
    "enclose",
    "gradient",
    "gradient_by_recursion",
    "judge",
    "loss",
    "weight_derivative",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The oracle's names, loaded when one is first asked for."""
    if name in _ORACLE:
        from manual_backprop import oracle

        return getattr(oracle, name)
    raise AttributeError(f"module 'manual_backprop' has no attribute {name!r}")
