"""What every checker is: a name, a version, and whether it accepts a gradient on a problem."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from conformance.backends.base import Array, Backprop
from conformance.backends.problems import as_arguments, as_problem
from conformance.calling import Failure, called
from manual_backprop import Problem
from manual_backprop.forward import forward
from manual_backprop.objective import objective


@dataclass(frozen=True)
class Checker:
    """A finite-difference checker.

    Attributes:
        name: its module's name in `conformance.checkers`, and its mode.
        version: of the package; empty for our own.
        accepts: (function under test, problem) ↦ whether it finds nothing wrong.
    """

    name: str
    version: str
    accepts: Callable[[Backprop, Problem], bool]


@contextmanager
def silent() -> Iterator[None]:
    """No warnings of overflow from inside a checker: what it says is its answer."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parameters(problem: Problem) -> list[Array]:
    """Weights, then biases, layer by layer: what the objective is a function of."""
    weights, biases, *_ = as_arguments(problem)
    return [*weights, *biases]


def loss_of(problem: Problem, theta: list[Any]) -> Any:
    """The objective at other parameters, by the forward pass of `manual_backprop`."""
    _, _, activations, loss, inputs, targets = as_arguments(problem)
    depth = len(activations)
    moved = as_problem(theta[:depth], theta[depth:], activations, loss, inputs, targets)
    value, _ = objective(moved, forward(moved.network, moved.inputs).outputs[-1])
    return value


def gradients_of(function: Backprop, problem: Problem) -> list[Array] | None:
    """What the function returns, like `parameters`; None if that is no gradient at all."""
    result = called(function, as_arguments(problem))
    expected = parameters(problem)
    try:
        found = [np.asarray(each) for part in result for each in part]
    except (TypeError, ValueError):
        return None
    shaped = [each.shape for each in found] == [each.shape for each in expected]
    return found if shaped and not isinstance(result, Failure) else None
