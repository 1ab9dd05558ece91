"""The readable recursion (5.5), `manual_backprop.backprop.backprop`, on the same arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from manual_backprop import Problem
from manual_backprop.backprop import backprop
from manual_backprop.objective import objective


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the loss, and its gradient at every weight and bias."""
    return partial(backprop, problem.network.layers, problem.inputs, partial(objective, problem))
