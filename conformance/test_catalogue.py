"""Each backend on the smallest network of each activation and each loss, one test a name."""

from __future__ import annotations

import pytest

from conformance.architectures import Architecture
from conformance.backends import NAMES
from conformance.check import run
from conformance.suite import assert_conforms, backend, seed
from manual_backprop import ACTIVATIONS, LOSSES

DRAWS = 14
"""Networks a name: enough for each regime to come up."""


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_activation_conforms(name: str, activation: str) -> None:
    """One unit of the activation is differentiated as it should be."""
    smallest = Architecture((1, 1), (activation,), "identity_sum", samples=1)

    report = run([backend(name)], DRAWS, seed(), architectures=[smallest])

    assert_conforms(report)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NAMES)
def test_loss_conforms(name: str, loss: str) -> None:
    """The loss of one linear layer is differentiated as it should be."""
    smallest = Architecture((1, 2), ("identity",), loss, samples=1)

    report = run([backend(name)], DRAWS, seed(), architectures=[smallest])

    assert_conforms(report)
