"""A backend planted in place of the real ones, in a folder of its own; campaigns likewise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks import resumable
from conformance import backends

from .planted import planted


@pytest.fixture
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """80 columns, no colour, and a folder that is this test's own."""
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make the functions given by keyword all the backends that there are."""

    def plant(**functions: Callable[..., Any] | BaseException) -> None:
        def load(name: str) -> backends.Backend:
            function = functions[name]
            if isinstance(function, BaseException):
                raise function
            return planted(function, name)

        monkeypatch.setattr(backends, "NAMES", tuple(functions))
        monkeypatch.setattr(backends, "load", load)

    return plant


@pytest.fixture
def campaigning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Campaigns keep their results in a folder of this test's own, and work in this process."""
    monkeypatch.setattr(resumable, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(
        resumable, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(1)
    )
