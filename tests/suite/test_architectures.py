"""The pool that the suite draws from: what it holds, in which order, the same on every call."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from conformance.architectures import MIXED, SMALL, Architecture, Vocabulary, pool
from conformance.edges import EDGES
from manual_backprop import ACTIVATIONS, LOSSES, Problem

POOL = pool()
FIRST = len(ACTIVATIONS)
SECOND = FIRST + len(LOSSES)
THIRD = SECOND + len(SMALL)
FOURTH = THIRD + len(EDGES)
FIFTH = FOURTH + len(ACTIVATIONS) + len(LOSSES)
LARGER = POOL[FIFTH:]


def test_the_pool_is_small_and_without_repetition() -> None:
    """JAX compiles at most 108 programs, no two of them for the same architecture."""
    assert len(POOL) <= 108
    assert len(set(POOL)) == len(POOL)


def test_the_parts_come_smallest_first() -> None:
    """One unit an activation, two a loss, small linear ones, edges, sweeps, then by parameters."""
    assert [("identity_sum", 2, (name,)) for name in ACTIVATIONS] == [
        (each.loss, each.parameters, each.activations) for each in POOL[:FIRST]
    ]
    assert [(name, 4, ("identity",)) for name in LOSSES] == [
        (each.loss, each.parameters, each.activations) for each in POOL[FIRST:SECOND]
    ]
    assert list(SMALL) == [each.widths for each in POOL[SECOND:THIRD]]
    assert list(EDGES) == [each.edge for each in POOL[THIRD:FOURTH]]
    assert [(name,) for name in ACTIVATIONS] == [
        each.activations for each in POOL[FOURTH : FOURTH + len(ACTIVATIONS)]
    ]
    assert list(LOSSES) == [each.loss for each in POOL[FOURTH + len(ACTIVATIONS) : FIFTH]]
    assert len(LARGER) == MIXED
    assert sorted(each.parameters for each in LARGER) == [each.parameters for each in LARGER]


def test_the_larger_ones_reach_every_shape() -> None:
    """The larger ones have every depth 2–5, width 1–8 and batch 1–4, with biases and without."""
    assert {2, 3, 4, 5} == {each.depth for each in LARGER}
    assert set(range(1, 9)) == {width for each in LARGER for width in each.widths}
    assert {1, 2, 3, 4} == {each.samples for each in LARGER}
    assert {True, False} == {each.biases for each in LARGER}


def test_every_name_meets_others() -> None:
    """Every activation and every loss is in at least two of the edges and larger networks."""
    holding = {
        name: sum(name in (*each.activations, each.loss) for each in (*POOL[THIRD:FOURTH], *LARGER))
        for name in (*ACTIVATIONS, *LOSSES)
    }
    assert {} == {name: count for name, count in holding.items() if count < 2}


def test_softmax_has_something_to_normalise() -> None:
    """No softmax of the pool has a single output, of which it would be the constant 0."""
    widths = [each.widths[-1] for each in POOL if each.loss == "softmax_cross_entropy"]

    assert len(widths) >= 3
    assert min(widths) >= 2


def test_every_process_has_the_same_pool() -> None:
    """The pool is the same on every call and in every process, whatever its hash seed."""
    program = "from conformance.architectures import pool; print(pool())"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert POOL == pool()
    assert f"{POOL}\n" == elsewhere.stdout


@pytest.mark.parametrize("architecture", [POOL[0], POOL[THIRD], LARGER[-1]])
def test_parameters_are_counted(architecture: Architecture) -> None:
    """Depth and number of parameters are those of the network that is made from it."""
    problem = Problem.random(
        architecture.widths, architecture.activations, biases=architecture.biases
    )
    arrays = [each for layer in problem.network.layers for each in (layer.weights, layer.biases)]

    assert problem.network.depth == architecture.depth
    assert architecture.parameters == sum(np.size(each) for each in arrays if each is not None)


@pytest.mark.parametrize(
    ("activations", "losses"),
    [(["relu"], ["huber"]), (["tanh", "identity"], ["poisson", "identity_sum", "hinge"])],
)
def test_a_pool_of_chosen_names(activations: list[str], losses: list[str]) -> None:
    """A pool for what an implementation supports uses those names, each of them, and no other."""
    chosen = pool(Vocabulary.of(activations, losses), mixed=3)

    assert set(activations) == {name for each in chosen for name in each.activations}
    assert set(losses) == {each.loss for each in chosen}


def test_a_pool_of_chosen_pairs() -> None:
    """The last layer and the loss are a pair of the vocabulary, in every network of the pool."""
    pairs = (("identity", "softmax_cross_entropy"), ("tanh", "half_squared_error"))

    chosen = pool(Vocabulary(hidden=("relu", "tanh"), outputs=pairs))

    assert set(pairs) == {(each.activations[-1], each.loss) for each in chosen}
    assert {"relu", "tanh"} == {name for each in chosen for name in each.activations[:-1]}


@pytest.mark.parametrize("uniform", ["hidden", "all"])
def test_a_pool_of_uniform_layers(uniform: str) -> None:
    """Where layers must be alike they are: the hidden ones, or all."""
    names = ("relu", "tanh", "identity")
    vocabulary = replace(Vocabulary.of(names, ["huber"]), uniform=uniform)

    chosen = pool(vocabulary)

    alike = [each.activations[: None if uniform == "all" else -1] for each in chosen]
    assert max(len(set(each)) for each in alike) == 1


@pytest.mark.parametrize("limit", ["max_depth", "max_width", "max_batch"])
@pytest.mark.parametrize("most", [1, 3, 12])
def test_a_pool_within_limits(limit: str, most: int) -> None:
    """No network is deeper, wider or larger in batch than it may be."""
    vocabulary = replace(
        Vocabulary.of(ACTIVATIONS, set(LOSSES) - {"softmax_cross_entropy"}), **{limit: most}
    )

    chosen = pool(vocabulary)

    sizes = {
        "max_depth": max(each.depth for each in chosen),
        "max_width": max(max(each.widths) for each in chosen),
        "max_batch": max(each.samples for each in chosen),
    }
    assert sizes[limit] <= most


def test_without_hidden_layers() -> None:
    """A target that takes one layer alone is given one layer, in larger networks too."""
    chosen = pool(Vocabulary(hidden=(), outputs=(("sigmoid", "huber"),)))

    assert {1} == {each.depth for each in chosen}
    assert max(each.parameters for each in chosen) > 30
