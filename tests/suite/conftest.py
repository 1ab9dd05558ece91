"""A backend planted in place of the real ones, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
