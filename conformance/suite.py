"""What the pytest tests of this folder share: settings, a backend by name, and the assertion.

    pytest --pyargs conformance
    MANUAL_BACKPROP_NETWORKS=1000 MANUAL_BACKPROP_SEED=7 pytest --pyargs conformance -k torch

The settings are environment variables, since pytest reads a package's own options too late.
"""

from __future__ import annotations

import os

import pytest

from conformance import backends
from conformance.backends import Backend, NotInstalled
from conformance.publishing import kept
from conformance.render.environment import versions
from conformance.render.findings import finding_text
from conformance.render.summary import constants, outcome_sentence
from conformance.report import Report
from manual_backprop.arithmetic.formats import float_format

DTYPES = ("float64", "float32")


def networks() -> int:
    """Networks that each test of random ones draws: MANUAL_BACKPROP_NETWORKS, or 100."""
    return _setting("MANUAL_BACKPROP_NETWORKS", 100, least=1)


def seed() -> int:
    """Where they are drawn from: MANUAL_BACKPROP_SEED, or 0."""
    return _setting("MANUAL_BACKPROP_SEED", 0)


def _setting(name: str, default: int, least: int | None = None) -> int:
    text = os.environ.get(name, str(default))
    try:
        number = int(text)
    except ValueError:
        raise pytest.UsageError(f"{name}={text!r}: a whole number is needed") from None
    if least is not None and number < least:
        raise pytest.UsageError(f"{name}={text}: at least {least} is needed")
    return number


def backend(name: str) -> Backend:
    """The backend, or the test is skipped: its framework is not installed."""
    try:
        return backends.load(name)
    except NotInstalled as reason:
        pytest.skip(str(reason))


def assert_conforms(report: Report) -> None:
    """Fail with the text of the command if anything is wrong, or if nothing was decided."""
    __tracebackhide__ = True
    if report.exit_status == 0:
        return
    if all(tally.count("unsupported") == tally.networks for tally in report.tallies):
        pytest.skip("; ".join(reason for tally in report.tallies for reason in tally.reasons))
    texts = [finding_text(example) for example in kept(report)]
    pytest.fail("\n\n".join([*texts, outcome_sentence(report)]), pytrace=False)


def header() -> list[str]:
    """What the results are about: numbers, classes, versions."""
    known = ", ".join(f"{package} {version}" for package, version in versions().items())
    return [
        f"conformance: {networks()} networks a test (MANUAL_BACKPROP_NETWORKS), "
        f"seed {seed()} (MANUAL_BACKPROP_SEED)",
        *(f"conformance: wrong is a proof for {constants(float_format(each))}" for each in DTYPES),
        f"conformance: {known}",
    ]
