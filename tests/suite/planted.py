"""Implementations with a mistake planted, and one without, to be judged in place of a backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from conformance.backends import Backend
from conformance.backends.problems import as_problem
from manual_backprop import gradient


def right(*arguments: Any) -> Any:
    """The hand-written gradient."""
    g = gradient(as_problem(*arguments))
    return list(g.weights), list(g.biases)


def changed(change: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The right gradients, changed before they are returned."""
    return lambda *arguments: change(*right(*arguments))


def writes_to_its_inputs(*arguments: Any) -> Any:
    """The right gradients, and inputs that are not what they were."""
    result = right(*arguments)
    arguments[4][...] += 1
    return result


def raises(*arguments: Any) -> Any:
    """An error of its own, with what terminals and XML had better not see."""
    raise IndexError("no \x1b[31mlayer\x00 [bold]3[/bold]")


def not_finite(*arguments: Any) -> Any:
    """nan in the first weight, and ∞ in the last bias."""
    by_weights, by_biases = right(*arguments)
    by_weights[0][0, 0], by_biases[-1][-1] = np.nan, np.inf
    return by_weights, by_biases


def second_call_differs(by: float = 1e-10) -> Callable[..., Any]:
    """Right the first time, and every other time after, as often as the same arguments come."""
    last: list[Any] = []

    def backprop(*arguments: Any) -> Any:
        again = repr(arguments) in last
        last[:] = [] if again else [repr(arguments)]
        return (times(1 + by) if again else right)(*arguments)

    return backprop


def times(factor: float) -> Callable[..., Any]:
    """Weight gradients times a factor, in float64."""
    return changed(lambda weights, biases: ([w * factor for w in weights], biases))


scaled = times(1 + 1e-10)
transposed = changed(lambda weights, biases: ([w.T.reshape(w.shape) for w in weights], biases))

MISTAKES: dict[str, tuple[Callable[[], Callable[..., Any]], str, str]] = {
    "scaled by 1 + 1e-10": (lambda: scaled, "wrong", "at weights[0][0, 0]"),
    "transposed": (lambda: transposed, "wrong", "at weights["),
    "nan": (
        lambda: changed(lambda weights, biases: (weights, [b * np.nan for b in biases])),
        "not_finite",
        "at biases[0][0]",
    ),
    "shape": (
        lambda: changed(lambda weights, biases: (weights, [b[:, None] for b in biases])),
        "wrong_shape",
        "biases gradient of layer 0 has shape (1, 1); (1,) fits",
    ),
    "dtype": (
        lambda: changed(lambda weights, biases: ([w.astype("f4") for w in weights], biases)),
        "wrong_dtype",
        "weights gradient of layer 0 has dtype float32; float64 fits",
    ),
    "None": (lambda: lambda *arguments: None, "wrong_shape", "the result is None"),
    "raises": (lambda: raises, "raised", r"IndexError: no \x1b[31mlayer\x00 [bold]3[/bold]"),
    "changes inputs": (
        lambda: writes_to_its_inputs,
        "changed_inputs",
        "the call changed its inputs",
    ),
    "second call": (second_call_differs, "wrong", "in a second call on the same problem"),
}
"""Of each: what makes it, the kind of finding that it is, and words of the first line."""


def planted(function: Callable[..., Any], name: str = "planted") -> Backend:
    """The function as a backend."""
    return Backend(name, "reverse", "1.0", function)
