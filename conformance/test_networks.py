"""Each backend on random networks: the judgement of `manual-backprop conform`."""

from __future__ import annotations

import pytest

from conformance.backends import NAMES
from conformance.check import run
from conformance.suite import DTYPES, assert_conforms, backend, networks, seed


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_conform(name: str, dtype: str) -> None:
    """On random networks nothing is wrong with what the backend returns."""
    report = run([backend(name)], networks(), seed(), dtype)

    assert_conforms(report)
