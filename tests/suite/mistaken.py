"""Typical mistakes, each a change to one step of a plain backpropagation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from manual_backprop import ACTIVATIONS, LOSSES

from .planted import changed, right, times

Backprop = Callable[..., Any]


@dataclass(frozen=True)
class Plain:
    """(5.1)–(5.3) as a loop whose steps are fields, so that a mistake is one other step.

    Attributes:
        slope: (k, depth, f, p) ↦ f'(p), of layer k.
        end: (loss, x, y) ↦ the gradient of the mean loss at the outputs.
        back: (W, δ) ↦ Wᵀδ.
        of_weights: (δ, x) ↦ δxᵀ.
        of_biases: δ ↦ its sum over the samples.
    """

    slope: Callable[..., Any] = lambda k, depth, f, p: f.derivative(p)
    end: Callable[..., Any] = lambda loss, x, y: loss.gradient(x, y) / len(x)
    back: Callable[..., Any] = lambda W, delta: delta @ W
    of_weights: Callable[..., Any] = lambda delta, x: delta.T @ x
    of_biases: Callable[..., Any] = lambda delta: delta.sum(axis=0)

    def __call__(
        self, weights: Any, biases: Any, activations: Any, loss: str, inputs: Any, targets: Any
    ) -> Any:
        functions = [ACTIVATIONS[name] for name in activations]
        p, x = [], [inputs]
        for W, b, f in zip(weights, biases, functions, strict=True):
            p.append(x[-1] @ W.T + b)
            x.append(f.value(p[-1]))
        x_bar, gradients = self.end(LOSSES[loss], x[-1], targets), []
        for k in reversed(range(len(weights))):
            delta = x_bar * self.slope(k, len(weights), functions[k], p[k])
            gradients.append((self.of_weights(delta, x[k]), self.of_biases(delta)))
            x_bar = self.back(weights[k], delta)
        of_weights, of_biases = zip(*reversed(gradients), strict=True)
        return list(of_weights), list(of_biases)


PLAIN = Plain()


SLIGHT = times(1 + 1e-6)
"""A mistake of any kind."""


def only(condition: Callable[..., bool], mistake: Backprop = SLIGHT) -> Backprop:
    """The mistake where the condition on the arguments holds, else the right gradient."""
    return lambda *arguments: (mistake if condition(*arguments) else right)(*arguments)


def _without_slope(at: Callable[[int, int], bool]) -> Backprop:
    """1 in place of f' in the layers k, of so many, that are meant."""
    return replace(
        PLAIN,
        slope=lambda k, depth, f, p: np.ones_like(p) if at(k, depth) else f.derivative(p),
    )


def _naive_sigmoid(k: int, depth: int, f: Any, p: Any) -> Any:
    """exp(p) / (1 + exp(p))², which is ∞ / ∞ from p = 710 on."""
    return np.exp(p) / (1 + np.exp(p)) ** 2 if f.name == "sigmoid" else f.derivative(p)


def _two_at_kinks(k: int, depth: int, f: Any, p: Any) -> Any:
    """hard_swish' = 2 where the hulls are [−½, 0] and [1, 3/2]."""
    at_kink = (f.name == "hard_swish") & (np.abs(p) == 3)
    return np.where(at_kink, f.derivative(p).dtype.type(2), f.derivative(p))


_WITHOUT_LAST = replace(PLAIN, of_weights=lambda delta, x: delta[:-1].T @ x[:-1])


def _square(W: Any) -> bool:
    return bool(W.shape[0] == W.shape[1])


def _weights(change: Callable[[Any], Any]) -> Backprop:
    """The right gradients, those of the weights changed."""
    return changed(lambda weights, biases: ([change(w) for w in weights], biases))


TYPICAL: dict[str, tuple[Backprop, int]] = {
    "no f' at the output": (_without_slope(lambda k, depth: k == depth - 1), 2),
    "no f' in hidden layers": (_without_slope(lambda k, depth: k < depth - 1), 3),
    "f' at x in place of p": (
        replace(PLAIN, slope=lambda k, depth, f, p: f.derivative(f.value(p))),
        2,
    ),
    "factor 2": (replace(PLAIN, end=lambda loss, x, y: 2 * loss.gradient(x, y) / len(x)), 2),
    "sign": (replace(PLAIN, end=lambda loss, x, y: -loss.gradient(x, y) / len(x)), 2),
    "no 1/S": (replace(PLAIN, end=lambda loss, x, y: loss.gradient(x, y)), 3),
    "mean over outputs": (replace(PLAIN, end=lambda loss, x, y: loss.gradient(x, y) / x.size), 3),
    "W where it is square": (
        replace(PLAIN, back=lambda W, delta: delta @ (W.T if _square(W) else W)),
        7,
    ),
    "transposed, then reshaped": (_weights(lambda w: w.T.reshape(w.shape)), 6),
    "bias of one sample": (replace(PLAIN, of_biases=lambda delta: delta[0]), 3),
    "last sample left out": (
        only(lambda *arguments: len(arguments[4]) > 1, _WITHOUT_LAST),
        3,
    ),
    "relative 1e-9": (times(1 + 1e-9), 2),
    "depth 5 or more": (only(lambda weights, *rest: len(weights) >= 5), 6),
    "batch 17 or more": (only(lambda *arguments: len(arguments[4]) >= 17), 18),
    "width 8 or more": (only(lambda weights, *rest: max(map(len, weights)) >= 8), 9),
    "not square": (only(lambda weights, *rest: not all(map(_square, weights))), 3),
    "all of one width, above 1": (
        only(lambda weights, *rest: all(map(_square, weights)) and len(weights[0]) > 1),
        6,
    ),
    "kinks outside the hull": (replace(PLAIN, slope=_two_at_kinks), 2),
    "nan at saturation": (replace(PLAIN, slope=_naive_sigmoid), 2),
    "clipped": (_weights(lambda w: np.clip(w, -1, 1)), 2),
    "float32 inside": (_weights(lambda w: w.astype("f4").astype(w.dtype)), 2),
    "gelu": (only(lambda *arguments: "gelu" in arguments[2]), 2),
    "hinge": (only(lambda *arguments: arguments[3] == "hinge"), 3),
    "softmax without its Jacobian": (
        only(
            lambda *arguments: arguments[3] == "softmax_cross_entropy",
            replace(PLAIN, end=lambda loss, x, y: -y / len(x)),
        ),
        3,
    ),
}
"""Of each mistake: the implementation, and how many numbers show it."""
