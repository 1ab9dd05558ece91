"""What can be said of a mistake that the catalogue does not hold: how the wrong entries look.

Each function looks at the wrong entries of all networks that fail, and says a sentence if
something holds for every one of them; a second wording gives no number away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conformance.diagnosis.observed import Observed
from manual_backprop import Problem
from manual_backprop.oracle.verdict import ArrayVerdict, Verdict

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Remark:
    """A sentence, and the same without numbers, for graders."""

    text: str
    leak_free: str


@dataclass(frozen=True, eq=False)
class Entries:
    """The wrong entries of one array.

    Attributes:
        problem: the network.
        array: the verdicts on the array.
        at: which entries are wrong.
        parameters: W_k or b^(k) itself.
    """

    problem: Problem
    array: ArrayVerdict
    at: npt.NDArray[np.bool_]
    parameters: Floats

    @property
    def given(self) -> Floats:
        """What was returned there."""
        return self.array.given[self.at]

    @property
    def right(self) -> Floats:
        """The middle of what would have been right."""
        return self.array.allowed.midpoint[self.at]

    @property
    def radius(self) -> Floats:
        """How far from it would have been right too."""
        return self.array.allowed.radius[self.at]


def remarks(failing: Sequence[Observed]) -> list[Remark]:
    """What holds for every wrong entry; or else for every one of the weights, or of the biases."""
    wrong = [each for seen in failing for each in _wrong_entries(seen)]
    found = _looked_at(wrong, "Every wrong entry")
    if found:
        return found
    of_weights = [each for each in wrong if each.array.name == "weights"]
    of_biases = [each for each in wrong if each.array.name == "biases"]
    if not of_weights or not of_biases:
        return []
    return [
        *_looked_at(of_weights, "Every wrong entry of the weights"),
        *_looked_at(of_biases, "Every wrong entry of the biases"),
    ]


def _looked_at(wrong: list[Entries], subject: str) -> list[Remark]:
    """The first thing that holds for all of them."""
    found = (look(wrong, subject) for look in LOOKS) if len(wrong) >= ENOUGH else ()
    return [remark for remark in found if remark is not None][:1]


def _wrong_entries(seen: Observed) -> list[Entries]:
    """The wrong entries of each array that has some."""
    found = []
    for array in seen.judgement.arrays:
        at = array.verdicts == Verdict.WRONG if array.given.size else np.zeros(0, bool)
        if np.any(at):
            layer = seen.problem.with_biases().network.layers[array.layer]
            parameters = layer.weights if array.name == "weights" else layer.biases
            found.append(Entries(seen.problem, array, at, np.asarray(parameters, np.float64)))
    return found


# ── one look each ──


SIZES: dict[str, Callable[[Problem], int]] = {
    "": lambda problem: 1,
    ", over the number of samples": lambda problem: problem.samples,
    ", over the number of outputs": lambda problem: problem.network.widths[-1],
    ", over the number of inputs": lambda problem: problem.network.widths[0],
    ", over the number of layers": lambda problem: problem.network.depth,
}
"""What a factor may hang on besides."""


def _ratio(wrong: list[Entries], subject: str) -> Remark | None:
    """given = c·right, or c times a size of the network, or c over it."""
    for words, size in SIZES.items():
        for turned in (False, True):
            factors = [1 / size(each.problem) if turned else size(each.problem) for each in wrong]
            pairs = zip(wrong, factors, strict=True)
            ratio = _common([_ratios(each, factor) for each, factor in pairs])
            if ratio is not None:
                times = {1.0: "", -1.0: "the negative of "}.get(ratio, f"{ratio:.6g} times ")
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


def _decay(wrong: list[Entries], subject: str) -> Remark | None:
    """given = right + c·W."""
    factor = _common([_multiples(each, each.parameters[each.at]) for each in wrong])
    if factor is None:
        return None
    return Remark(
        f"{subject} is the right one and {factor:.6g} times the parameter itself.",
        f"To {subject.lower()} a multiple of the parameter itself is added.",
    )


def _shift(wrong: list[Entries], subject: str) -> Remark | None:
    """given = right + c."""
    shift = _common([_multiples(each, np.ones_like(each.given)) for each in wrong])
    if shift is None:
        return None
    return Remark(
        f"{subject} is the right one and {shift:.6g}.",
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


def _all_zero(wrong: list[Entries], subject: str) -> Remark | None:
    """given = 0."""
    if any(np.any(each.given) for each in wrong):
        return None
    return Remark(f"{subject} is 0.", f"{subject} is missing: it is left at zero.")


def _transposed(wrong: list[Entries], subject: str) -> Remark | None:
    """given = rightᵀ, of square arrays."""
    for each in wrong:
        given, allowed = each.array.given, each.array.allowed
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            return None
        if np.any(np.abs(given.T - allowed.midpoint) * (1 - 2.0**-51) > allowed.radius):
            return None
    words = f"{subject} is in an array that is transposed."
    return Remark(words, words)


def _rearranged(wrong: list[Entries], subject: str) -> Remark | None:
    """The entries of an array are the right ones, at other places."""
    for each in wrong:
        given, allowed = np.sort(each.array.given, axis=None), each.array.allowed
        order = np.argsort(allowed.midpoint, axis=None)
        middle, radius = allowed.midpoint.ravel()[order], allowed.radius.ravel()[order]
        if not np.all(np.abs(given - middle) <= radius + np.max(radius)):
            return None
    words = f"{subject} is a right one that belongs to another place of its array."
    return Remark(words, words)


def _bounded(wrong: list[Entries], subject: str) -> Remark | None:
    """given = ±c, with the right one's sign, where that is larger."""
    sizes = np.concatenate([np.abs(each.given) for each in wrong])
    beyond = [
        np.all(np.sign(each.given) * each.right + each.radius >= np.abs(each.given))
        for each in wrong
    ]
    if not all(beyond) or not np.all(sizes == sizes[0]) or not sizes[0]:
        return None
    return Remark(
        f"{subject} is {sizes[0]:.6g} or {-sizes[0]:.6g}, where the right one is larger: "
        "it is clipped.",
        f"{subject} is smaller than the right one, and as large as the others: it is clipped.",
    )


def _small(wrong: list[Entries], subject: str) -> Remark | None:
    """How far given is outside, as a share of the largest entry of the array, is small."""
    shares = []
    for each in wrong:
        outside = np.max(np.abs(each.given - each.right) - each.radius)
        shares.append(float(outside / np.max(each.array.allowed.magnitude, initial=2.0**-1000)))
    if max(shares) > SMALL:
        return None
    return Remark(
        f"{subject} is off by {max(shares):.1g} of the largest of its array, or less: digits are "
        "lost, as in a shorter format, in finite differences, or by cancellation.",
        f"{subject} is almost right: digits are lost.",
    )


SMALL = 1e-3
"""Errors from here on are no lost digits any more; half-precision loses as many."""

ENOUGH = 3
"""Arrays with wrong entries that it takes to say something of all."""

Look = Callable[[list[Entries], str], Remark | None]
LOOKS: tuple[Look, ...] = (
    _all_zero,
    _ratio,
    _bounded,
    _transposed,
    _rearranged,
    _shift,
    _decay,
    _small,
)
