"""Each backend on random networks: the judgement of `manual-backprop conform`."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings

from conformance.backends import NAMES
from conformance.check import run
from conformance.drawing import Case
from conformance.judge import Judge
from conformance.strategies import cases
from conformance.suite import DTYPES, assert_conforms, backend, networks, seed


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_gradients_conform(name: str, dtype: str) -> None:
    """On random networks nothing is wrong with what the backend returns."""
    report = run([backend(name)], networks(), seed(), dtype)

    assert_conforms(report)


@pytest.mark.parametrize("name", NAMES)
def test_hypothesis_finds_nothing_wrong(name: str) -> None:
    """Hypothesis, which varies what it drew before and shrinks what fails, finds nothing wrong."""
    target = backend(name)

    @hypothesis.seed(seed())
    @settings(
        max_examples=max(networks() // 4, 1),
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def judged(case: Case) -> None:
        outcome = Judge(case.problem).outcome(target)
        assert not outcome.kind.is_finding, outcome.message or outcome.kind

    judged()
