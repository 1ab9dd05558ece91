"""What pytest says before the results: once, early if it knows this folder from the start."""

from __future__ import annotations

import pytest

from conformance.suite import header

_SAID = pytest.StashKey[bool]()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The header, where pytest is given this folder by its path."""
    config.stash[_SAID] = True
    return header()


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """The header, where it found this folder by its name, with --pyargs, after it had begun."""
    return [] if config.stash.get(_SAID, False) else header()
