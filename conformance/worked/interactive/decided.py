"""The view whose every number is decided: in rationals, or in balls of enough bits."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.worked.explanation import PRECISIONS
from conformance.worked.interactive.paths import paths
from conformance.worked.interactive.view import View, viewed
from conformance.worked.point import ball_point, exact_point
from conformance.worked.written import Number, is_decided, is_short
from manual_backprop import Problem


def view(problem: Problem) -> tuple[View, bool]:
    """The view, and whether its numbers are decided.

    >>> shown, decided = view(Problem.random((2, 3, 1)))
    >>> shown.at.bits, decided
    (128, True)
    """
    if (at := exact_point(problem)) is not None:
        shown = viewed(at)
        if all(map(is_short, numbers(shown))):
            return shown, True
    for bits in PRECISIONS:
        shown = viewed(ball_point(problem, bits))
        decided = all(map(is_decided, numbers(shown)))
        if decided:
            break
    return shown, decided


def numbers(shown: View) -> Iterator[Number]:
    """Every number of the page, those of each path that is listed included."""
    yield from shown.numbers()
    for entry in shown.entries():
        for s in shown.samples:
            found = paths(shown, entry, s)
            yield found.total
            yield from (path.value for path in found.listed)
            if found.rest is not None:
                yield found.rest
