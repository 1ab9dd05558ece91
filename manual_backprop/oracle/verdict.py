"""What is known of a candidate gradient, entry by entry and as a whole.

No tolerance is chosen anywhere: an entry is outside the set of the named class, which proves it
wrong, or it is not; and where the set holds 0 while the truth is not exactly 0, so that an all-zero
gradient would have passed, the entry is *undecided*, never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from manual_backprop.arithmetic.balls import Balls, finite_or_zero
from manual_backprop.arithmetic.formats import Format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.arrays import Array
from manual_backprop.oracle.admissible import Order

Floats = npt.NDArray[np.float64]


Reason = Literal["kink", "overflow", "cancellation", "underflow"]
"""Why an entry is undecided."""


class Verdict(StrEnum):
    """What is known of an entry, and of a whole result; the worst comes last."""

    CONFORMS = "conforms"
    UNSUPPORTED = "unsupported"
    UNDECIDED = "undecided"
    NOT_FINITE = "not_finite"
    WRONG = "wrong"
    WRONG_DTYPE = "wrong_dtype"
    WRONG_SHAPE = "wrong_shape"
    CHANGED_INPUTS = "changed_inputs"
    RAISED = "raised"
    TIMED_OUT = "timed_out"

    @property
    def is_finding(self) -> bool:
        """Whether it says that something is wrong."""
        return self not in (Verdict.CONFORMS, Verdict.UNSUPPORTED, Verdict.UNDECIDED)


@dataclass(frozen=True, eq=False)
class ArrayVerdict:
    """The verdict on one array, weights or biases of one layer.

    Attributes:
        name: "weights" or "biases".
        layer: k.
        given: the candidate's entries, float64; empty if the shape or dtype is wrong.
        allowed: the admissible set, midpoint ± radius.
        verdicts: one `Verdict` an entry.
        truth: the enclosure of the true entries, computed when called.
        float_format: the candidate's.
        message: what is wrong with shape or dtype; else empty.
    """

    name: str
    layer: int
    given: Floats
    allowed: Rounded
    verdicts: Array
    truth: Callable[[], Balls]
    float_format: Format
    message: str = ""

    @property
    def error(self) -> Floats:
        """|given − midpoint|, by entry."""
        with np.errstate(all="ignore"):
            return np.abs(self.given - self.allowed.midpoint)

    @property
    def fraction(self) -> Floats:
        """Error / bound: above 1 is wrong; 0 where both are 0, nan where nothing is known."""
        radius = self.allowed.radius
        with np.errstate(all="ignore"):
            ratio = self.error / radius
        ratio = np.where((self.error == 0) & (radius == 0), 0.0, ratio)
        return np.where(np.isfinite(radius), ratio, np.nan)

    @cached_property
    def distance(self) -> Floats:
        """|given − truth|, by entry, to nearest; nan where the enclosure is wider than an ulp.

        It is on a kink, where the truth is a set. Taken in ball arithmetic, from the far end of the
        enclosure; inf where that is not finite.
        """
        truth = self.truth()
        with precision(truth.bits):
            far = [
                float((ball - finite_or_zero(value)).abs_upper())
                for ball, value in zip(truth.entries, self.given.ravel(), strict=True)
            ]
        distance = np.array(far).reshape(self.given.shape)
        distance = np.where(np.isfinite(self.given), distance, np.inf)
        return np.where(truth.radius <= self.float_format.ulp(truth.midpoint), distance, np.nan)

    @property
    def ulps(self) -> Floats:
        """Distance from the truth in units in the last place of the truth; nan on a kink."""
        with np.errstate(all="ignore"):
            return self.distance / self.float_format.ulp(self.truth().midpoint)

    @property
    def accuracy(self) -> Floats:
        """Distance from the truth as a fraction of the bound; nan where one of them is unknown."""
        with np.errstate(all="ignore"):
            ratio = self.distance / self.allowed.radius
        known = np.isfinite(self.allowed.radius) & np.isfinite(self.distance)
        return np.where(known, np.where(self.distance == 0, 0.0, ratio), np.nan)

    @property
    def resolution(self) -> Floats:
        """Bound / |entry|: the relative error that this judgement cannot see."""
        with np.errstate(all="ignore"):
            ratio = self.allowed.radius / np.abs(self.allowed.midpoint)
        return np.where(self.allowed.radius == 0, 0.0, ratio)


@dataclass(frozen=True, eq=False)
class Judgement:
    """The verdict on a whole gradient.

    Attributes:
        arrays: one `ArrayVerdict` for each array, layer by layer, weights before biases.
        kind: the worst verdict; `undecided` only if no entry is decided.
        float_format: the class's format.
        order: the class's order, "reverse" or "forward".
        message: what is wrong with the result as a whole; else empty.
        on_kink: whether some unit touches a kink, where a bound is as wide as the choice there.
    """

    arrays: tuple[ArrayVerdict, ...]
    kind: Verdict
    float_format: Format
    order: Order
    message: str = ""
    on_kink: bool = False

    @property
    def weights(self) -> tuple[Array, ...]:
        """Verdicts on the weights' entries, layer by layer."""
        return tuple(each.verdicts for each in self.arrays if each.name == "weights")

    @property
    def biases(self) -> tuple[Array, ...]:
        """Verdicts on the biases' entries, layer by layer."""
        return tuple(each.verdicts for each in self.arrays if each.name == "biases")

    @property
    def class_text(self) -> str:
        """The class that `wrong` is a proof for, in words."""
        return f"{self.order}, {self.float_format.name} (u = 2^-{self.float_format.precision})"

    @np.errstate(all="ignore")
    def reasons(self) -> Counter[Reason]:
        """Why the undecided entries are: how many for each reason.

        overflow: no bound is known. kink: some unit touches one, so that the set is as wide as the
        choice there. underflow: all that the set holds is below η/u, where a flush to zero weighs
        as much as rounding. cancellation: what remains, terms larger than their sum.
        """
        found: Counter[Reason] = Counter()
        for array in self.arrays:
            open_ = array.verdicts == Verdict.UNDECIDED
            unknown = open_ & np.isinf(array.allowed.radius) if array.verdicts.size else open_
            found["overflow"] += int(np.sum(unknown))
            rest = open_ & ~unknown
            if self.on_kink:
                found["kink"] += int(np.sum(rest))
                continue
            tiny = self.float_format.smallest_normal / self.float_format.unit_roundoff
            small = rest & (array.allowed.magnitude < tiny) if array.verdicts.size else rest
            found["underflow"] += int(np.sum(small))
            found["cancellation"] += int(np.sum(rest & ~small))
        return +found

    def count(self, verdict: Verdict) -> int:
        """How many entries have that verdict."""
        return sum(int(np.sum(each.verdicts == verdict)) for each in self.arrays)

    def worst(self) -> tuple[ArrayVerdict, tuple[int, ...]] | None:
        """The array and index of the worst entry: wrong ones first, then by error / bound."""
        candidates = [each for each in self.arrays if each.verdicts.size and each.given.size]
        if not candidates:
            return None
        scores = [_severity(each) for each in candidates]
        best = int(np.argmax([score.max() for score in scores]))
        place = np.unravel_index(int(np.argmax(scores[best])), scores[best].shape)
        return candidates[best], tuple(int(index) for index in place)


def _severity(array: ArrayVerdict) -> Floats:
    """A number by which entries rank: not finite, then error / bound."""
    fraction = np.nan_to_num(array.fraction, nan=0.0, posinf=1e300)
    return np.where(array.verdicts == Verdict.NOT_FINITE, np.inf, fraction)
