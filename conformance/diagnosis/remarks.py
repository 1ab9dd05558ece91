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
        array: the verdicts on the array.
        at: which entries are wrong.
        parameters: W_k or b^(k) itself.
    """

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
    """What holds for every wrong entry."""
    wrong = [each for seen in failing for each in _wrong_entries(seen)]
    if not wrong:
        return []
    return [remark for look in LOOKS if (remark := look(wrong)) is not None]


def _wrong_entries(seen: Observed) -> list[Entries]:
    found = []
    for array in seen.judgement.arrays:
        at = array.verdicts == Verdict.WRONG if array.given.size else np.zeros(0, bool)
        if np.any(at):
            layer = seen.problem.with_biases().network.layers[array.layer]
            parameters = layer.weights if array.name == "weights" else layer.biases
            found.append(Entries(array, at, np.asarray(parameters, np.float64)))
    return found


# ── one look each ──


def _one_ratio(wrong: list[Entries]) -> Remark | None:
    """given = c·right, with one c for all."""
    ratio = _common([_interval(each.given, each.right, each.radius) for each in wrong])
    if ratio is None or not any(np.any(each.right) for each in wrong):
        return None
    sign = "the negative of" if ratio == -1 else f"{ratio:.6g} times"
    return Remark(
        f"Every wrong entry is {sign} the right one.",
        "Every wrong entry is the same multiple of the right one.",
    )


def _one_decay(wrong: list[Entries]) -> Remark | None:
    """given = right + c·W, with one c for all."""
    if any(each.array.name == "biases" for each in wrong):
        return None
    pairs = [
        _interval(each.given - each.right, each.parameters[each.at], each.radius, divided=True)
        for each in wrong
    ]
    factor = _common(pairs)
    if factor is None:
        return None
    return Remark(
        f"Every wrong entry is the right one and {factor:.6g} times the weight itself.",
        "To every wrong entry a multiple of the weight itself is added.",
    )


def _one_shift(wrong: list[Entries]) -> Remark | None:
    """given = right + c, with one c for all."""
    ones = [np.ones_like(each.given) for each in wrong]
    differences = [each.given - each.right for each in wrong]
    shift = _common(
        [
            _interval(difference, one, each.radius, divided=True)
            for difference, one, each in zip(differences, ones, wrong, strict=True)
        ]
    )
    if shift is None:
        return None
    return Remark(
        f"Every wrong entry is the right one and {shift:.6g}.",
        "The same number is added to every wrong entry.",
    )


def _interval(
    given: Floats, base: Floats, radius: Floats, divided: bool = False
) -> tuple[float, float]:
    """Where every c with given = c·base lies; base within the radius, or given if `divided`."""
    with np.errstate(all="ignore"):
        least = np.abs(base) - (0 if divided else radius)
        ratio = given / base
        reach = (radius if divided else np.abs(ratio) * radius) / least
    told = (least > 0) & np.isfinite(ratio) & np.isfinite(reach)
    if not told.all():
        return np.inf, -np.inf
    reach = reach + 2.0**-50 * np.abs(ratio)
    return float(np.max(ratio - reach)), float(np.min(ratio + reach))


def _common(intervals: list[tuple[float, float]]) -> float | None:
    """The middle of what all intervals share, if there is enough to tell and something shared."""
    low, high = max(each[0] for each in intervals), min(each[1] for each in intervals)
    if len(intervals) < 2 or not low <= high:
        return None
    middle = (low + high) / 2
    return float(round(middle)) if low <= round(middle) <= high else middle


def _all_zero(wrong: list[Entries]) -> Remark | None:
    """given = 0."""
    if any(np.any(each.given) for each in wrong):
        return None
    return Remark("Every wrong entry is 0.", "Entries are missing: they are left at zero.")


def _transposed(wrong: list[Entries]) -> Remark | None:
    """given = rightᵀ, of square arrays."""
    for each in wrong:
        given, allowed = each.array.given, each.array.allowed
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            return None
        if np.any(np.abs(given.T - allowed.midpoint) * (1 - 2.0**-51) > allowed.radius):
            return None
    return Remark(
        "Every array with a wrong entry is the transpose of the right one.",
        "An array is transposed.",
    )


def _rearranged(wrong: list[Entries]) -> Remark | None:
    """The entries of an array are the right ones, at other places."""
    if sum(each.array.given.size > 2 for each in wrong) < 2:
        return None
    for each in wrong:
        given, allowed = np.sort(each.array.given, axis=None), each.array.allowed
        order = np.argsort(allowed.midpoint, axis=None)
        middle, radius = allowed.midpoint.ravel()[order], allowed.radius.ravel()[order]
        if np.any(np.abs(given - middle) > radius + np.max(radius)):
            return None
    return Remark(
        "The right entries are there, at other places of their array.",
        "Entries stand at the wrong places of their array.",
    )


def _small(wrong: list[Entries]) -> Remark | None:
    """|given − right| is below a thousandth of the largest entry of the array, and not exact."""
    errors = []
    for each in wrong:
        scale = float(np.max(np.abs(each.array.allowed.midpoint)))
        errors.append(float(np.max(np.abs(each.given - each.right))) / scale if scale else np.inf)
    if max(errors) > 1e-3:
        return None
    return Remark(
        f"No error is larger than {max(errors):.1g} of its array's largest entry: digits are lost, "
        "as in a shorter format, in finite differences, or by cancellation.",
        "The errors are small: digits are lost.",
    )


Look = Callable[[list[Entries]], Remark | None]
LOOKS: tuple[Look, ...] = (
    _all_zero,
    _one_ratio,
    _transposed,
    _rearranged,
    _one_shift,
    _one_decay,
    _small,
)
