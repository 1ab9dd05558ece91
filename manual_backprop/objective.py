"""The objective over samples (1.2): what every derivation starts from at the network's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from manual_backprop.arrays import Array
from manual_backprop.network import Problem

Objective = Callable[[Array], tuple[Any, Array]]
"""x^(N) ↦ (L, ∇L(x^(N))), shape (S, l_N)."""


def objective(problem: Problem, x: Array) -> tuple[Any, Array]:
    """The objective of the outputs x^(N), and its gradient there                          (1.2).

    Args:
        problem: for targets, loss and reduction; its network is not looked at.
        x: x^(N), shape (S, l_N).
    Returns:
        The sum or mean of the losses, and ∇L with the factor 1/S of the mean, shape (S, l_N).
    """
    loss = problem.loss.value(x, problem.targets).sum()
    slope = problem.loss.gradient(x, problem.targets)
    if problem.reduction == "mean":
        return divided(loss, problem.samples), divided(slope, problem.samples)
    return loss, slope


def divided(values: Array, samples: int) -> Array:
    """values / samples, in the dtype of the values; float16 ends at 65,504, samples do not.

    >>> divided(np.full(1, 7, np.float16), 70_000)
    array([0.0001], dtype=float16)
    """
    if getattr(values, "dtype", None) == np.float16:  # a sum of Fractions is a Fraction
        return (values.astype(np.float32) / samples).astype(np.float16)
    return values / samples
