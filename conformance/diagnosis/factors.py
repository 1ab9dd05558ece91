"""Whether wrong entries are a multiple of the right ones, or differ from them by one of something.

Each entry leaves an interval to the factor, as wide as what would have been right; a factor that
lies in the intervals of all entries is one that explains them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from conformance.diagnosis.entries import Entries, Floats, Remark
from manual_backprop import Problem

SIZES: dict[str, Callable[[Problem], int]] = {
    "": lambda problem: 1,
    ", over the number of samples": lambda problem: problem.samples,
    ", over the number of outputs": lambda problem: problem.network.widths[-1],
    ", over the number of inputs": lambda problem: problem.network.widths[0],
    ", over the number of layers": lambda problem: problem.network.depth,
}
"""What a factor may hang on besides."""


def ratio(wrong: list[Entries], subject: str) -> Remark | None:
    """given = c·right, or c times a size of the network, or c over it."""
    for words, size in SIZES.items():
        for turned in (False, True):
            sizes = [size(each.problem) for each in wrong]
            factors = [1 / each for each in sizes] if turned else sizes
            c = _common([_ratios(*pair) for pair in zip(wrong, factors, strict=True)])
            if c is not None:
                times = {1.0: "", -1.0: "the negative of "}.get(c, f"{c:.6g} times ")
                words = words.replace("over", "times") if turned else words
                return Remark(
                    f"{subject} is {times}the right one{words}.",
                    f"{subject} is a multiple of the right one.",
                )
    return None


def _ratios(wrong: Entries, factor: float) -> tuple[float, float]:
    """Where every c with given · factor = c · right lies, for some right one that is allowed."""
    with np.errstate(all="ignore"):
        ratio = wrong.given * factor / wrong.right
        reach = np.abs(ratio) * wrong.radius / (np.abs(wrong.right) - wrong.radius)
    told = np.abs(wrong.right) > wrong.radius
    reach = reach[told] + 2.0**-50 * np.abs(ratio[told])
    return _shared(ratio[told], reach)


def decay(wrong: list[Entries], subject: str) -> Remark | None:
    """given = right + c·W."""
    c = _common([_multiples(each, each.parameters[each.at]) for each in wrong])
    if c is None:
        return None
    return Remark(
        f"{subject} is the right one and {c:.6g} times the parameter itself.",
        f"To {subject.lower()} a multiple of the parameter itself is added.",
    )


def shift(wrong: list[Entries], subject: str) -> Remark | None:
    """given = right + c."""
    c = _common([_multiples(each, np.ones_like(each.given)) for each in wrong])
    if c is None:
        return None
    return Remark(
        f"{subject} is the right one and {c:.6g}.",
        f"To {subject.lower()} the same number is added.",
    )


def _multiples(wrong: Entries, base: Floats) -> tuple[float, float]:
    """Where every c with given = right + c·base lies, for some right one that is allowed."""
    told = base != 0
    if not told.all():  # what is wrong there has another reason
        return np.inf, -np.inf
    size = np.abs(base)
    rounding = 2.0**-50 * (np.abs(wrong.given) + np.abs(wrong.right))
    return _shared((wrong.given - wrong.right) / base, (wrong.radius + rounding) / size)


def _shared(middle: Floats, reach: Floats) -> tuple[float, float]:
    """The intersection of intervals."""
    low, high = np.max(middle - reach, initial=-np.inf), np.min(middle + reach, initial=np.inf)
    return float(low), float(high)


def _common(intervals: list[tuple[float, float]]) -> float | None:
    """A number in all intervals, a whole one if there is one; None if there is none, or too many.

    An interval from -inf to inf says nothing.
    """
    low, high = max(each[0] for each in intervals), min(each[1] for each in intervals)
    if not -np.inf < low <= high < np.inf:
        return None
    middle = (low + high) / 2
    return float(round(middle)) if low <= round(middle) <= high else middle
