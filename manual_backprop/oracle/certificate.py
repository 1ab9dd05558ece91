"""Certificates: an enclosure of the gradient as a file, for others to verify without our code.

`tools/check_certificate.py` does that with python-flint alone; `oracle.certificate_document` says
what is in the file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from flint import arb

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.files import to_document
from manual_backprop.network import Gradients, Problem
from manual_backprop.oracle.admissible import Order, admissible
from manual_backprop.oracle.certificate_document import (
    claims,
    digest,
    in_lines,
    verdict_document,
    witness_document,
)
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.judging import judge_within
from manual_backprop.oracle.on_balls import Convention
from manual_backprop.oracle.verdict import Judgement
from manual_backprop.oracle.witness import Direction, check_witness

NARROW = -20
"""An entry is narrow if its radius is at most 2^NARROW ulp of float64."""

SEED = 0
"""Of the witness's direction."""

Reached = Literal["precision", "hull", "cap"]
"""How the enclosure ended: every entry narrow; narrow but for the choice at exact kinks; too wide
somewhere when the precision came to its cap."""

Candidate = Gradients | tuple[Sequence[Any], Sequence[Any]]


@dataclass(frozen=True, eq=False)
class Certificate:
    """An enclosure of a gradient, how narrow it is, and what it says of a candidate.

    Attributes:
        enclosure: the balls, the kinks and what was taken there, the bits, the problem.
        cap: the last precision that was allowed.
        reached: how it ended.
        judgement: the verdict on the candidate, if there was one.
    """

    enclosure: Enclosure
    cap: int
    reached: Reached
    judgement: Judgement | None = None

    @property
    def complete(self) -> bool:
        """Whether every entry is narrow, the choice at an exact kink aside."""
        return self.reached != "cap"

    @property
    def witness(self) -> Direction:
        """The direction v in which the power series of the objective confirmed the enclosure."""
        return Direction.random(self.enclosure.problem.network, SEED)

    def document(self) -> dict[str, Any]:
        """The certificate as JSON has it, its digest included."""
        parts = claims(self.enclosure, self.cap, self.reached)
        parts["witness"] = witness_document(self.enclosure, self.witness, SEED)
        if self.judgement is not None:
            parts["verdict"] = verdict_document(self.judgement)
        return parts | {"digest": digest(parts)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the document to a file, one key of it a line.

        Raises:
            OSError: if there is no writing there.
        """
        Path(path).write_text(in_lines(self.document()), encoding="ascii")


def certify(
    problem: Problem,
    bits: int = 128,
    cap: int = 4096,
    kink: Convention = "hull",
    candidate: Candidate | None = None,
    order: Order = "reverse",
    dtype: str | None = None,
) -> Certificate:
    """Enclose the gradient until every entry is narrow, and say so in a form to be verified.

    The power series of the objective is always held against the result (`check_witness`).

    Args:
        problem: what a problem file can hold.
        bits: precision to start with, doubled as needed.
        cap: the last precision tried; the first is tried in any case.
        kink: as for `enclose`.
        candidate: a gradient to judge, as for `judge`; biases that a layer does not have are left
            out. The verdict is about every choice at a kink, so `kink` has to be "hull".
        order: of the candidate's class, as for `judge`.
        dtype: of the candidate's class, as for `judge`.
    Returns:
        Certificate; not `complete` where the cap came first, with the enclosure that was reached.
    Raises:
        ValueError: if a problem file cannot hold the problem, or the candidate does not fit it.
        ArithmeticError: if the witness contradicts the enclosure.
    Accuracy: radius ≤ 2^-20 ulp of float64 in every entry, or `reached` says why not.

    >>> from manual_backprop import gradient
    >>> problem = Problem.random((2, 3, 1))
    >>> certificate = certify(problem, candidate=gradient(problem))
    >>> certificate.reached, certificate.enclosure.bits, certificate.judgement.kind
    ('precision', 128, <Verdict.CONFORMS: 'conforms'>)
    """
    to_document(problem)  # which says why where a file cannot hold it
    if candidate is not None and kink != "hull":
        raise ValueError(f"a verdict is about every choice at a kink: kink {kink!r} is one choice")
    enclosure, reached = _narrowed(problem, bits, cap, kink)
    check_witness(enclosure, SEED)
    judgement = None if candidate is None else _judged(enclosure, candidate, order, dtype)
    return Certificate(enclosure, cap, reached, judgement)


# ── how narrow ──


def _narrowed(problem: Problem, bits: int, cap: int, kink: Convention) -> tuple[Enclosure, Reached]:
    """The first enclosure that is narrow enough, or the one at the cap."""
    while True:
        enclosure = enclose(problem, bits, kink)
        reached = _reached(enclosure)
        if reached != "cap" or bits >= cap:
            return enclosure, reached
        bits = min(2 * bits, cap)


def _reached(enclosure: Enclosure) -> Reached:
    """Whether the enclosure is narrow, would be with one choice at its kinks, or is not."""
    if _is_narrow(enclosure):
        return "precision"
    hulls = enclosure.convention == "hull" and bool(enclosure.kinks)
    if not hulls or not all(each.exact for each in enclosure.kinks):
        return "cap"
    return "hull" if _is_narrow(enclose(enclosure.problem, enclosure.bits, "left")) else "cap"


def _is_narrow(enclosure: Enclosure) -> bool:
    """Whether every entry is, with a bit to spare for the rounding of radii in the document."""
    return all(
        ball.rel_accuracy_bits() >= 54 - NARROW or radius_in_ulp(ball) <= NARROW - 1
        for _, balls in named_balls(enclosure)
        for ball in balls.entries
    )


def named_balls(enclosure: Enclosure) -> list[tuple[str, Balls]]:
    """Every array of an enclosure with its name, the loss as an array of one.

    >>> [name for name, _ in named_balls(enclose(Problem.random((2, 1), biases=False)))]
    ['loss', 'weights of layer 0', 'inputs']
    """
    named = [("loss", Balls.of_entries([enclosure.loss], enclosure.bits))]
    for k, (weights, biases) in enumerate(zip(enclosure.weights, enclosure.biases, strict=True)):
        named.append((f"weights of layer {k}", weights))
        if biases is not None:
            named.append((f"biases of layer {k}", biases))
    return [*named, ("inputs", enclosure.inputs)]


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


# ── the candidate ──


def _judged(
    enclosure: Enclosure, candidate: Candidate, order: Order, dtype: str | None
) -> Judgement:
    """The verdict, zeros told from the rest by this enclosure."""
    problem = enclosure.problem
    name = dtype or str(problem.dtype)
    unbiased = [k for k, biases in enumerate(enclosure.biases) if biases is None]
    allowed = admissible(problem, float_format(name), order)
    own = _without(candidate, unbiased)
    judgement = judge_within(allowed, own, name, order, lambda: enclosure, unbiased)
    for message in (judgement.message, *(each.message for each in judgement.arrays)):
        if message:
            raise ValueError(f"the candidate does not fit the problem: {message}")
    return judgement


def _without(candidate: Candidate, unbiased: Sequence[int]) -> Candidate:
    """The candidate without the biases of these layers; as it is where it is no pair of lists."""
    pair: Any = candidate
    if isinstance(candidate, Gradients):
        pair = (candidate.weights, candidate.biases)
    try:
        weights, biases = pair
        own = tuple(None if k in unbiased else each for k, each in enumerate(biases))
    except (TypeError, ValueError):
        return candidate  # `judge_within` says what it is
    return Gradients(None, tuple(weights), own, lambda: None)
