"""Certificates: an enclosure of the gradient as a file, for others to verify without our code.

`tools/check_certificate.py` does that with python-flint alone; `oracle.certificate_document` says
what is in the file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manual_backprop.arithmetic.formats import float_format
from manual_backprop.files import to_document
from manual_backprop.network import Gradients, Problem
from manual_backprop.oracle.admissible import Order, admissible
from manual_backprop.oracle.certificate_document import (
    claims,
    digest,
    in_lines,
    verdict_document,
)
from manual_backprop.oracle.enclosure import Enclosure
from manual_backprop.oracle.judging import Candidate, judge_within
from manual_backprop.oracle.narrowness import Reached, narrowed
from manual_backprop.oracle.verdict import Judgement
from manual_backprop.oracle.witness import Direction, check_witness

SEED = 0
"""Of the witness's direction."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """An enclosure of a gradient, how narrow it is, and what it says of a candidate.

    Attributes:
        enclosure: the balls, which hold every choice at a kink, the kinks, the bits, the problem.
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
    candidate: Candidate | None = None,
    order: Order = "reverse",
    dtype: str | None = None,
) -> Certificate:
    """Enclose the gradient until every entry is narrow, and say so in a form to be verified.

    On a kink the balls hold what every choice gives. The power series of the objective is always
    held against the result (`check_witness`).

    Args:
        problem: what a problem file can hold.
        bits: precision to start with, doubled as needed.
        cap: the last precision tried; the first is tried in any case.
        candidate: a gradient to judge, as for `judge`; biases that a layer does not have are left
            out.
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
    enclosure, reached = narrowed(problem, bits, cap)
    check_witness(enclosure, SEED)
    judgement = None if candidate is None else _judged(enclosure, candidate, order, dtype)
    return Certificate(enclosure, cap, reached, judgement)


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
