"""`manual_backprop.gradient`; what it checks was checked when the problem was made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from manual_backprop import Problem, gradient


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the loss, and its gradient at every weight and bias."""
    return partial(gradient, problem)
