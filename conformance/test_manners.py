"""How each backend treats its arguments: every call gets copies, which are to stay as they are."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.backends import NAMES
from conformance.backends.problems import as_arguments
from conformance.suite import DTYPES, backend
from manual_backprop import Problem


def problem(dtype: str) -> Problem:
    """A small network with everything in it: several samples, layers, kinks."""
    return Problem.random((3, 4, 2), ("relu", "tanh"), "huber", samples=3, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_alone(name: str, dtype: str) -> None:
    """A call changes nothing that it was given."""
    arguments, untouched = as_arguments(problem(dtype)), as_arguments(problem(dtype))

    backend(name).backprop(*arguments)

    np.testing.assert_equal(arguments, untouched)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_results_are_new_arrays(name: str, dtype: str) -> None:
    """What a call returns is not part of what it was given."""
    weights, biases, activations, loss, inputs, targets = as_arguments(problem(dtype))

    results = backend(name).backprop(weights, biases, activations, loss, inputs, targets)

    given = [*weights, *biases, inputs, targets]
    returned = [*results[0], *results[1]]
    assert not any(np.shares_memory(mine, theirs) for mine in given for theirs in returned)
