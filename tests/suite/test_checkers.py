"""The checkers of others are called fairly: each looks at every array of the gradient."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from conformance.backends import load as backend
from conformance.checkers import NAMES, Checker, load
from manual_backprop import Problem

PROBLEM = Problem.random((2, 3, 2), activations="tanh", samples=2, seed=1)
PLACES = [(kind, layer) for kind in ("weights", "biases") for layer in range(2)]
RIGHT = backend("backprop").backprop


@cache
def checker(name: str) -> Checker:
    """The checker, set up once."""
    return load(name)


def doubled(kind: str, layer: int) -> Any:
    """The right gradient, but for one array, which is doubled."""

    def gradient(*arguments: Any) -> Any:
        weights, biases = RIGHT(*arguments)
        arrays = {"weights": list(weights), "biases": list(biases)}
        arrays[kind][layer] = 2 * arrays[kind][layer]
        return arrays["weights"], arrays["biases"]

    return gradient


@pytest.mark.parametrize("name", NAMES)
def test_a_checker_accepts_a_right_gradient(name: str) -> None:
    """On a smooth network whose entries are neither large nor small."""
    assert checker(name).accepts(RIGHT, PROBLEM)


@pytest.mark.parametrize("name", NAMES)
def test_a_checker_looks_at_every_array(name: str) -> None:
    """Doubling the gradient of any one array of weights or biases is rejected."""
    rejected = [p for p in PLACES if not checker(name).accepts(doubled(*p), PROBLEM)]

    assert PLACES == rejected
