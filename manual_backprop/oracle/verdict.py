"""The verdict on a candidate gradient, entry by entry, against the admissible set.

No tolerance is chosen anywhere: an entry is outside the set of the named class, which proves it
wrong, or it is not; and where the set holds 0 while the entry is not 0, so that an all-zero
gradient would have passed, the entry is *undecided*, never a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.arrays import Array
from manual_backprop.network import Gradients, Problem
from manual_backprop.oracle.admissible import Order, admissible

Floats = npt.NDArray[np.float64]


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


CODES = np.array([Verdict.CONFORMS, Verdict.UNDECIDED, Verdict.NOT_FINITE, Verdict.WRONG], object)


@dataclass(frozen=True, eq=False)
class ArrayVerdict:
    """The verdict on one array, weights or biases of one layer.

    Attributes:
        name: "weights" or "biases".
        layer: k.
        given: the candidate's entries, float64; empty if the shape or dtype is wrong.
        allowed: the admissible set, midpoint ± radius.
        verdicts: one `Verdict` an entry.
        message: what is wrong with shape or dtype; else empty.
    """

    name: str
    layer: int
    given: Floats
    allowed: Rounded
    verdicts: Array
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
    """

    arrays: tuple[ArrayVerdict, ...]
    kind: Verdict
    float_format: Format
    order: Order
    message: str = ""

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


def judge(
    problem: Problem,
    candidate: Gradients | tuple[Sequence[Any], Sequence[Any]],
    dtype: str | None = None,
    order: Order = "reverse",
) -> Judgement:
    """Judge a candidate gradient against every gradient that its class may return.

    Args:
        problem: the problem that it claims to differentiate.
        candidate: `Gradients`, or (weight gradients, bias gradients), a list of arrays each.
        dtype: the format of the class, the problem's own if None; the candidate's arrays must
            have it (bfloat16 values travel as float32).
        order: "reverse" for backpropagation, "forward" for one tangent a parameter.
    Returns:
        Judgement; `kind` is the worst verdict.

    >>> from manual_backprop import gradient
    >>> problem = Problem.random((2, 3, 1))
    >>> g = gradient(problem)
    >>> judge(problem, g).kind
    <Verdict.CONFORMS: 'conforms'>
    >>> judge(problem, ([w * (1 + 1e-11) for w in g.weights], g.biases)).kind
    <Verdict.WRONG: 'wrong'>
    """
    name = dtype or str(problem.dtype)
    return judge_within(admissible(problem, float_format(name), order), candidate, name, order)


def judge_within(
    allowed: Gradients,
    candidate: Gradients | tuple[Sequence[Any], Sequence[Any]],
    dtype: str,
    order: Order,
) -> Judgement:
    """`judge` with the admissible set already there, for many candidates of one problem."""
    own = isinstance(candidate, Gradients)  # where a layer without biases has None for them
    pair: Any = candidate
    if isinstance(candidate, Gradients):
        pair = (candidate.weights, candidate.biases)
    message = _miscount(pair, len(allowed.weights))
    if message:
        return Judgement((), Verdict.WRONG_SHAPE, float_format(dtype), order, message)
    verdicts = []
    for k in range(len(allowed.weights)):
        for name, sets, given in (
            ("weights", allowed.weights, pair[0]),
            ("biases", allowed.biases, pair[1]),
        ):
            if given[k] is not None or not own:
                verdicts.append(_judge_array(name, k, given[k], sets[k], dtype))
    arrays = tuple(verdicts)
    return Judgement(arrays, _worst_kind(arrays), float_format(dtype), order)


def _miscount(pair: Any, depth: int) -> str:
    """What is wrong with the number of arrays; empty if nothing is."""
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return f"the result is {_in_words(pair)}; (weight_gradients, bias_gradients) fits"
    for name, arrays in zip(("weight_gradients", "bias_gradients"), pair, strict=True):
        if not isinstance(arrays, (tuple, list)) or len(arrays) != depth:
            return f"{name} are {_in_words(arrays)}; a list of {depth} arrays, one a layer, fits"
    return ""


def _in_words(value: Any) -> str:
    """What a wrong result is, shortly."""
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return "None" if value is None else f"a {type(value).__name__}"


def _worst_kind(arrays: tuple[ArrayVerdict, ...]) -> Verdict:
    """The worst verdict of all; undecided entries count only if nothing else is there."""
    kinds = {kind for each in arrays for kind in np.unique(each.verdicts.astype(str))}
    kinds |= {str(_shape_or_dtype(each)) for each in arrays if each.message}
    for kind in reversed(Verdict):
        if kind.is_finding and kind in kinds:
            return kind
    return Verdict.CONFORMS if Verdict.CONFORMS in kinds else Verdict.UNDECIDED


def _shape_or_dtype(array: ArrayVerdict) -> Verdict:
    return Verdict.WRONG_DTYPE if "dtype" in array.message else Verdict.WRONG_SHAPE


def _judge_array(name: str, k: int, given: Any, allowed: Rounded, dtype: str) -> ArrayVerdict:
    """The verdict on one array."""
    message = _mismatch(name, k, given, allowed.shape, dtype)
    if message:
        return ArrayVerdict(name, k, np.empty(0), allowed, np.empty(0, object), message)
    entries = np.asarray(given, np.float64)
    return ArrayVerdict(name, k, entries, allowed, _entry_verdicts(entries, allowed))


def _mismatch(name: str, k: int, given: Any, shape: tuple[int, ...], dtype: str) -> str:
    """What is wrong with the array's type, shape or dtype; empty if nothing is."""
    expected = {"bfloat16": "float32", "tf32": "float32"}.get(dtype.split("_operands")[0], dtype)
    expected = "float32" if dtype.endswith("_operands") else expected
    if not isinstance(given, np.ndarray):
        found = _in_words(given)
        return f"{name} gradient of layer {k} is {found}; a NumPy array of shape {shape} fits"
    if given.shape != shape:
        return f"{name} gradient of layer {k} has shape {given.shape}; {shape} fits"
    if given.dtype != expected:
        return f"{name} gradient of layer {k} has dtype {given.dtype}; {expected} fits"
    return ""


def _entry_verdicts(given: Floats, allowed: Rounded) -> Array:
    """One verdict an entry; an error is called wrong only if it is surely above the bound."""
    midpoint, radius = allowed.midpoint, allowed.radius
    with np.errstate(all="ignore"):
        distance = np.abs(given - midpoint) * (1 - 2.0**-51)
        code = np.where(distance > radius, 3, 0)
        holds_zero = (np.abs(midpoint) <= radius) & (radius > 0)
    code = np.where((code == 0) & holds_zero, 1, code)
    code = np.where(~np.isfinite(given), np.where(np.isinf(radius), 1, 2), code)
    return CODES[code]
