"""The catalogue of activations: name → definition, value, derivative, breakpoints.

`activation("tanh")` is the entry; `ACTIVATIONS` holds them all.
"""

from __future__ import annotations

from manual_backprop.activations.base import Activation, Breakpoint
from manual_backprop.activations.piecewise import (
    abs_,
    celu,
    elu,
    hard_sigmoid,
    hard_swish,
    hardtanh,
    identity,
    leaky_relu,
    relu,
    relu6,
    selu,
    softshrink,
    softsign,
    square,
)
from manual_backprop.activations.smooth import (
    exp,
    gelu,
    gelu_tanh,
    log_sigmoid,
    mish,
    sigmoid,
    silu,
    sin,
    softplus,
    squareplus,
    tanh,
    tanhshrink,
)
from manual_backprop.names import entry

ACTIVATIONS: dict[str, Activation] = {
    each.name: each
    for each in (
        identity,
        sigmoid,
        tanh,
        relu,
        leaky_relu,
        elu,
        celu,
        selu,
        softplus,
        log_sigmoid,
        gelu,
        gelu_tanh,
        silu,
        mish,
        softsign,
        tanhshrink,
        softshrink,
        hardtanh,
        relu6,
        hard_sigmoid,
        hard_swish,
        abs_,
        square,
        exp,
        sin,
        squareplus,
    )
}

__all__ = ["ACTIVATIONS", "Activation", "Breakpoint", "activation"]


def activation(name: str | Activation) -> Activation:
    """The activation of that name, or the one handed over.

    Raises:
        ValueError: if there is none; the message names the nearest.

    >>> activation("tanh").name
    'tanh'
    >>> activation("rellu")
    Traceback (most recent call last):
        ...
    ValueError: unknown activation 'rellu': did you mean 'relu'? \
(manual_backprop.ACTIVATIONS lists them all)
    """
    return name if isinstance(name, Activation) else entry(ACTIVATIONS, name, "activation")
