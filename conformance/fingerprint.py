"""Which value a target takes where a derivative jumps: at each breakpoint, and right beside it.

A layer with W = 1, x = 0 and b = p has the pre-activation p, exactly, in every arithmetic; under
identity_sum ∂L/∂b = f'(p). So one call shows a function at all its breakpoints: three units for
each, one below, one on it and one above. "Beside" is one ulp away; beside 0, where an ulp is
subnormal and may be read as 0, it is the smallest normal number. A target that lacks such a network
is asked for others, in which ∂L/∂x = 1 to within rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conformance.backends import Backend
from conformance.judge import Judge, Outcome
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem
from manual_backprop.activations import Breakpoint
from manual_backprop.arrays import Array
from manual_backprop.oracle.verdict import ArrayVerdict, Verdict

SLOPE_ONE = {"identity_sum": 0.0, "half_squared_error": 1.0, "squared_error": 0.5}
"""Of losses that hide nothing: how far below an output its target lies for ∂L/∂x = 1."""


@dataclass(frozen=True)
class Reading:
    """One function at one breakpoint, as one target differentiates it.

    Attributes:
        function: an activation, or a loss as a function of an output whose target is 1.
        breakpoint: the place and both one-sided derivatives.
        values: what was returned below, at and above it.
        verdicts: whether each is in the admissible set of its point; `wrong` if it is not.
    """

    function: str
    breakpoint: Breakpoint
    values: tuple[float, float, float]
    verdicts: tuple[Verdict, Verdict, Verdict]

    @property
    def is_outside(self) -> bool:
        """Whether one of the values cannot be right."""
        return any(verdict.is_finding for verdict in self.verdicts)


@dataclass(frozen=True)
class Fingerprint:
    """A target at every breakpoint that it supports.

    Attributes:
        name, version: of the target.
        dtype: of the numbers.
        readings: in the order of the catalogue.
        unsupported: functions that it lacks, with its reason.
        failures: functions for which there are no values, or something else is wrong: its kind,
            and what happened.
    """

    name: str
    version: str
    dtype: str
    readings: tuple[Reading, ...]
    unsupported: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, tuple[Verdict, str]] = field(default_factory=dict)

    @property
    def is_outside(self) -> bool:
        """Whether something cannot be right."""
        return bool(self.failures) or any(reading.is_outside for reading in self.readings)


@dataclass(frozen=True)
class Fingerprints:
    """What `manual-backprop kinks` shows.

    Attributes:
        targets: those that are judged.
        beside: those that are not.
        skipped: what is not installed, with the reason.
        dtype: of all numbers.
    """

    targets: tuple[Fingerprint, ...]
    beside: tuple[Fingerprint, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)
    dtype: str = "float64"

    @property
    def exit_status(self) -> int:
        """0 no target is outside, 1 one is, 3 none supports a function with a breakpoint."""
        if any(each.is_outside for each in self.targets):
            return 1
        return 0 if any(each.readings for each in self.targets) else 3


def fingerprint(target: Backend, dtype: str = "float64") -> Fingerprint:
    """The target at every breakpoint of the catalogue.

    Args:
        target: what is asked.
        dtype: float16, float32 or float64.

    >>> from conformance.backends import load
    >>> mine = fingerprint(load("backprop"))
    >>> mine.readings[0].function, mine.readings[0].values
    ('relu', (0.0, 0.0, 1.0))
    """
    readings: list[Reading] = []
    unsupported: dict[str, str] = {}
    failures: dict[str, tuple[Verdict, str]] = {}
    for function, breakpoints in places().items():
        outcome = _outcome(target, function, breakpoints, dtype)
        own = _readings(function, breakpoints, outcome)
        readings += own
        if outcome.kind is Verdict.UNSUPPORTED:
            unsupported[function] = outcome.message
        elif outcome.kind.is_finding and not any(each.is_outside for each in own):
            failures[function] = outcome.kind, outcome.words
    return Fingerprint(target.name, target.version, dtype, tuple(readings), unsupported, failures)


def places() -> dict[str, tuple[Breakpoint, ...]]:
    """Every activation with breakpoints, kinks or not, and every loss with a kink.

    >>> [float(each.at) for each in places()["relu6"]]
    [0.0, 6.0]
    """
    found = {name: each.breakpoints for name, each in ACTIVATIONS.items() if each.breakpoints}
    return found | {"absolute_error": _of_loss("absolute_error"), "hinge": _of_loss("hinge")}


def _of_loss(name: str) -> tuple[Breakpoint, ...]:
    """The kink in terms of an output x with the target y = 1: t = x − 1, or t = 1 − x for signs."""
    [each] = LOSSES[name].breakpoints
    if LOSSES[name].targets == "sign":
        return (Breakpoint(1 - each.at, left=-each.right, right=-each.left),)
    return (Breakpoint(1 + each.at, each.left, each.right),)


def points(breakpoints: tuple[Breakpoint, ...], dtype: str) -> Array:
    """Below, at and above each breakpoint, one after the other, shape (3·len(breakpoints),).

    >>> points((Breakpoint(at=3, left=0, right=1),), "float16")
    array([2.998, 3.   , 3.002], dtype=float16)
    """
    at = np.array([float(each.at) for each in breakpoints], dtype)
    smallest = np.finfo(dtype).smallest_normal
    below = np.where(at == 0, -smallest, np.nextafter(at, -np.inf))
    above = np.where(at == 0, smallest, np.nextafter(at, np.inf))
    return np.stack([below, at, above], axis=1).astype(dtype).ravel()


def _outcome(
    target: Backend, function: str, breakpoints: tuple[Breakpoint, ...], dtype: str
) -> Outcome:
    """What came of the first network with the function that the target supports."""
    at = points(breakpoints, dtype)
    outcomes = (Judge(problem).outcome(target, repeat=False) for problem in _problems(function, at))
    first = next(outcomes)
    if first.kind is not Verdict.UNSUPPORTED:
        return first
    return next((each for each in outcomes if each.kind is not Verdict.UNSUPPORTED), first)


def _problems(function: str, at: Array) -> Iterator[Problem]:
    """Networks in which ∂L/∂b of the first layer is the derivative at those points."""
    x, W = np.zeros((1, 1), at.dtype), np.ones((len(at), 1), at.dtype)
    if function in LOSSES:
        yield Problem(Network([Layer(W, at)]), x, np.ones((1, len(at)), at.dtype), function)
        return
    output = Layer(np.eye(len(at), dtype=at.dtype), np.zeros_like(at))
    values = ACTIVATIONS[function].value(at)
    for layers in ([], [output]):
        network = Network([Layer(W, at, function), *layers])
        for loss, distance in SLOPE_ONE.items():
            yield Problem(network, x, (values - at.dtype.type(distance))[None], loss)


def _readings(
    function: str, breakpoints: tuple[Breakpoint, ...], outcome: Outcome
) -> list[Reading]:
    """The bias gradients of the first layer, three a breakpoint; none if they do not fit."""
    array = _first_biases(outcome)
    if array is None or array.message:
        return []
    values, verdicts = array.given.reshape(-1, 3).tolist(), array.verdicts.reshape(-1, 3).tolist()
    rows: Any = zip(breakpoints, map(tuple, values), map(tuple, verdicts), strict=True)
    return [Reading(function, *row) for row in rows]


def _first_biases(outcome: Outcome) -> ArrayVerdict | None:
    arrays = outcome.judgement.arrays if outcome.judgement else ()
    return next((each for each in arrays if (each.name, each.layer) == ("biases", 0)), None)
