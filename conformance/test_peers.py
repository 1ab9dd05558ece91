"""Each peer on a few networks of what it supports: compilers and other people's packages."""

from __future__ import annotations

import pytest

from conformance.architectures import Architecture, Vocabulary, pool
from conformance.backends import PEERS, Backend
from conformance.check import run
from conformance.suite import DTYPES, assert_conforms, backend, seed
from conformance.support import support
from manual_backprop import ACTIVATIONS, LOSSES

WRONG = {"tinygrad": ("elu", "celu", "selu", "relu6", "hard_sigmoid", "hard_swish")}
"""Activations in which a peer is known to be wrong, as its module says: they are left out here."""

FEW = {"torch_compile": 2, "tinygrad": 6}
"""Architectures of each, where a dozen would take too long to compile."""

DRAWS = 24
"""Networks of each test."""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", PEERS)
def test_gradients_conform(name: str, dtype: str) -> None:
    """On random networks of what it supports nothing is wrong with what the peer returns."""
    target = backend(name)
    architectures = few(target, dtype)

    report = run([target], DRAWS, seed(), dtype, architectures)

    assert_conforms(report)


def few(target: Backend, dtype: str) -> tuple[Architecture, ...]:
    """Architectures from the whole length of the pool, of what the target supports."""
    right = [name for name in ACTIVATIONS if name not in WRONG.get(target.name, ())]
    found = pool(support(target, Vocabulary.of(right, LOSSES), dtype).vocabulary)
    return found[len(found) // 24 :: len(found) // FEW.get(target.name, 12)]
