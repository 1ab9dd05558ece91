"""A hand-written recursive backpropagation for fully connected networks.

It reads like its derivation: `recursion` is the specification, one weight at a time; `backprop` the
algorithm, one pass for all. The catalogue of activations and losses states each by its definition.
The oracle (`enclose`, `correctly_rounded`, `judge`) proves its numbers; it loads on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from manual_backprop.activations import ACTIVATIONS, Activation, Breakpoint, activation
from manual_backprop.backprop import gradient
from manual_backprop.losses import LOSSES, Loss, loss
from manual_backprop.network import Gradients, Layer, Network, Problem
from manual_backprop.recursion import bias_derivative, gradient_by_recursion, weight_derivative
from manual_backprop.training import descent, step, train

if TYPE_CHECKING:
    from manual_backprop.files import load, save
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
    "descent",
    "enclose",
    "gradient",
    "gradient_by_recursion",
    "judge",
    "load",
    "loss",
    "save",
    "step",
    "train",
    "weight_derivative",
]

__version__ = "0.1.0"

_ON_FIRST_USE = {
    "load": "files",
    "save": "files",
    "Enclosure": "oracle",
    "Judgement": "oracle",
    "Verdict": "oracle",
    "correctly_rounded": "oracle",
    "enclose": "oracle",
    "judge": "oracle",
}
"""Names whose modules need more than NumPy, and where they are."""


def __getattr__(name: str) -> Any:
    """The names of `_ON_FIRST_USE`, from their modules."""
    if name in _ON_FIRST_USE:
        return getattr(import_module(f"manual_backprop.{_ON_FIRST_USE[name]}"), name)
    raise AttributeError(f"module 'manual_backprop' has no attribute {name!r}")
