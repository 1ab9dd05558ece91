"""How narrow an enclosure is, beside the spacing of float64 numbers, and how to make it so."""

from __future__ import annotations

import math
from typing import Literal

from flint import arb

from manual_backprop.network import Problem
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.named_balls import named_balls

NARROW = -20
"""An entry is narrow if its radius is at most 2^(NARROW − 53) of it, and so 2^NARROW ulp of
float64, or 2^NARROW of the smallest subnormal."""

LEAST = arb((1, NARROW - 1075))
"""Half of that part of the smallest subnormal."""

Reached = Literal["precision", "hull", "cap"]
"""How the enclosure ended: every entry narrow; or as wide as the choice at exact kinks makes it,
with more bits, too; or too wide somewhere when the precision came to its cap."""


def narrowed(problem: Problem, bits: int, cap: int) -> tuple[Enclosure, Reached]:
    """The first enclosure that is narrow enough, or the one at the cap, and how it ended.

    Args:
        problem: as for `enclose`.
        bits: precision to start with, doubled as needed.
        cap: the last precision tried; the first is tried in any case.

    >>> enclosure, reached = narrowed(Problem.random((2, 3, 1)), bits=32, cap=4096)
    >>> enclosure.bits, reached
    (128, 'precision')
    """
    while True:
        enclosure = enclose(problem, bits)
        reached = _reached(enclosure)
        if reached != "cap" or bits >= cap:
            return enclosure, reached
        bits = min(2 * bits, cap)


def _reached(enclosure: Enclosure) -> Reached:
    """Whether the enclosure is narrow, is wide by the choice at its kinks, or needs more bits."""
    coarse = _all_balls(enclosure)
    if all(map(_is_narrow, coarse)):
        return "precision"
    if not enclosure.kinks or not all(each.exact for each in enclosure.kinks):
        return "cap"
    fine = _all_balls(enclose(enclosure.problem, min(2 * enclosure.bits + 64, 10**6)))
    pairs = zip(coarse, fine, strict=True)
    return "hull" if all(_is_narrow(a) or _stays_wide(a, b) for a, b in pairs) else "cap"


def _all_balls(enclosure: Enclosure) -> list[arb]:
    return [ball for _, balls in named_balls(enclosure) for ball in balls.entries]


def _stays_wide(coarse: arb, fine: arb) -> bool:
    """Whether most of the width is there with more bits, too."""
    return bool(coarse.is_finite() and coarse.rad() <= 1.5 * fine.rad())


def _is_narrow(ball: arb) -> bool:
    """Whether it is, with a bit to spare for the rounding of its radius in the document."""
    return bool(ball.rel_accuracy_bits() >= 55 - NARROW or ball.rad() <= LEAST)


def radius_in_ulp(ball: arb) -> float:
    """The least whole k with radius ≤ 2^k ulp of float64; −inf for an exact ball, inf for no bound.

    The ulp is that of the end nearest to 0, and never less than the smallest subnormal, 2^−1074.
    A k beyond float64, where e^(e^1000) has one, counts as no bound.

    >>> radius_in_ulp(arb(1, (1, -72))), radius_in_ulp(arb(0.5))
    (-19.0, -inf)
    """
    if not ball.is_finite():
        return math.inf
    if ball.is_exact():
        return -math.inf
    mantissa, exponent = map(int, ball.rad().man_exp())
    size = (mantissa - 1).bit_length() + exponent
    lowest, scale = map(int, ball.abs_lower().man_exp())
    leading = lowest.bit_length() - 1 + scale if lowest else -1074
    k = size - max(leading - 52, -1074)
    return math.inf if k >= 2**1023 else float(max(k, -(2**1023)))
