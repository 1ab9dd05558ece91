"""Judging a candidate gradient against the admissible set of its class."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.rounded import Rounded, every
from manual_backprop.arrays import Array
from manual_backprop.network import Gradients, Problem
from manual_backprop.oracle.accuracy import Departure
from manual_backprop.oracle.admissible import AdmissibleSet, Order, admissible
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.verdict import ArrayVerdict, Judgement, Verdict

Floats = npt.NDArray[np.float64]

Candidate = Gradients | tuple[Sequence[Any], Sequence[Any]]
"""A gradient to judge: `Gradients`, or (weight gradients, bias gradients)."""


def judge(
    problem: Problem,
    candidate: Candidate,
    dtype: str | None = None,
    order: Order = "reverse",
    departures: Sequence[Departure] = (),
    truth: Enclosure | None = None,
) -> Judgement:
    """Judge a candidate gradient against every gradient that its class may return.

    Args:
        problem: the problem that it claims to differentiate.
        candidate: `Gradients`, or (weight gradients, bias gradients), a list of arrays each. Of
            `Gradients` the loss and the inputs are not judged: the theorem bounds neither. (For
            ∂L/∂x of one sample, put an identity layer in front, W = I and b = 0: its ∂L/∂b.)
        dtype: the format of the class, the problem's own if None; the candidate's arrays must
            have it (bfloat16 values travel as float32).
        order: "reverse" for backpropagation, "forward" for one tangent a parameter.
        departures: known ones of the implementation, each granted on its range alone.
        truth: the enclosure of `problem.with_biases()`, if it is there already; it is computed
            where it is needed, with the default bits (of large problems 53, which seldom tell
            distances in ulp of float64).
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
    allowed = admissible(problem, float_format(name), order, departures)
    known = cache(lambda: truth or enclose(problem.with_biases()))
    layers = enumerate(problem.network.layers)
    unbiased = [k for k, layer in layers if layer.biases is None]
    return judge_within(allowed, candidate, name, order, known, unbiased)


@np.errstate(all="ignore")  # bounds are computed as they are asked for; their overflow is inf
def judge_within(
    allowed: AdmissibleSet,
    candidate: Candidate,
    dtype: str,
    order: Order,
    truth: Callable[[], Gradients],
    unbiased: Container[int] = (),
) -> Judgement:
    """`judge` with the admissible set already there, for many candidates of one problem.

    The truth is asked for only where the set holds 0, and for the accuracy in ulp. `unbiased` are
    the layers without biases, for which `Gradients` have None; other candidates give zeros' own.
    """
    own = isinstance(candidate, Gradients)
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
            if given[k] is not None or not (own and name == "biases" and k in unbiased):
                balls = partial(_entries_of, truth, name, k)
                verdicts.append(_judge_array(name, k, given[k], sets[k], dtype, balls))
    arrays = tuple(verdicts)
    kind, on_kink = _worst_kind(arrays), bool(allowed.kinks)
    return Judgement(arrays, kind, float_format(dtype), order, on_kink=on_kink)


def _entries_of(truth: Callable[[], Gradients], name: str, k: int) -> Balls:
    """The enclosure of one array."""
    balls: Balls = getattr(truth(), name)[k]
    return balls


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
    kinds = {kind for each in arrays for kind in each.verdicts.ravel().tolist()}
    kinds |= {_shape_or_dtype(each) for each in arrays if each.message}
    for kind in reversed(Verdict):
        if kind.is_finding and kind in kinds:
            return kind
    return Verdict.CONFORMS if Verdict.CONFORMS in kinds else Verdict.UNDECIDED


def _shape_or_dtype(array: ArrayVerdict) -> Verdict:
    return Verdict.WRONG_DTYPE if "dtype" in array.message else Verdict.WRONG_SHAPE


def _judge_array(
    name: str, k: int, given: Any, allowed: Rounded, dtype: str, truth: Callable[[], Balls]
) -> ArrayVerdict:
    """The verdict on one array."""
    message = _mismatch(name, k, given, allowed.shape, dtype)
    entries = np.empty(0) if message else np.asarray(given, np.float64)
    verdicts = np.empty(0, object) if message else _entry_verdicts(entries, allowed, truth)
    return ArrayVerdict(name, k, entries, allowed, verdicts, truth, float_format(dtype), message)


def _mismatch(name: str, k: int, given: Any, shape: tuple[int, ...], dtype: str) -> str:
    """What is wrong with the array's type, shape or dtype; empty if nothing is."""
    expected = float_format(dtype).array_dtype
    if not isinstance(given, np.ndarray):
        found = _in_words(given)
        return f"{name} gradient of layer {k} is {found}; a NumPy array of shape {shape} fits"
    if given.shape != shape:
        return f"{name} gradient of layer {k} has shape {given.shape}; {shape} fits"
    if given.dtype != expected:
        return f"{name} gradient of layer {k} has dtype {given.dtype}; {expected} fits"
    return ""


CODES = np.array([Verdict.CONFORMS, Verdict.UNDECIDED, Verdict.NOT_FINITE, Verdict.WRONG], object)


def _entry_verdicts(given: Floats, allowed: Rounded, truth: Callable[[], Balls]) -> Array:
    """One verdict an entry; an error is called wrong only if it is surely above the bound."""
    midpoint, radius = allowed.midpoint, allowed.radius
    with np.errstate(all="ignore"):
        distance = np.abs(given - midpoint) * (1 - 2.0**-51)
        code = 3 * (distance > radius)
        holds_zero = (np.abs(midpoint) * (1 - 2.0**-51) <= radius) & (radius > 0)
    if holds_zero.any():  # of an entry with an infinite radius nothing was seen, whatever is true
        passed_by_zero = holds_zero & (np.isinf(radius) | ~truth().is_zero())
        code = np.where((code == 0) & passed_by_zero, 1, code)
    if not every(np.isfinite(given)):
        code = np.where(np.isfinite(given), code, np.where(np.isinf(radius), 1, 2))
    return CODES[code]
