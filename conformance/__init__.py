"""The conformance suite: judges any implementation of backpropagation on drawn networks.

`check_backprop(function)` judges a function and returns a report; `parametrize_with_checks` makes
pytest tests of the same checks. Both load what they need on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.report import Report
    from conformance.testing import check_backprop, parametrize_with_checks

__all__ = ["Report", "check_backprop", "parametrize_with_checks"]

_ON_FIRST_USE = {
    "Report": "report",
    "check_backprop": "testing",
    "parametrize_with_checks": "testing",
}


def __getattr__(name: str) -> Any:
    """The names of `__all__`, from their modules."""
    if name in _ON_FIRST_USE:
        return getattr(import_module(f"conformance.{_ON_FIRST_USE[name]}"), name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
