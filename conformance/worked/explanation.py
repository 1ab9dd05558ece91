"""The page that explains one derivative: what it is of, its tree, how it is proved."""

from __future__ import annotations

import math
from dataclasses import dataclass

from conformance.render.gradient import headline
from conformance.worked.document import Block, Document, Node, Paragraph, Tree
from conformance.worked.entry import Entry
from conformance.worked.limits import limits
from conformance.worked.notation import numbers_in
from conformance.worked.point import ball_point, exact_point
from conformance.worked.proof import nearest, proof
from conformance.worked.recursion import Recursion, recursion
from conformance.worked.remarks import kinks, numbers_are, place, proved_by
from conformance.worked.tree import tree
from conformance.worked.written import is_decided, is_short
from manual_backprop import Problem
from manual_backprop.files import ProblemFile
from manual_backprop.oracle.rounding import CAP

PRECISIONS = (128, 512, CAP)
"""Bits of the balls, until every number is decided."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """One derivative, explained.

    Attributes:
        document: the page.
        decided: whether each of its numbers is proved to the digits that are written.
    """

    document: Document
    decided: bool


def explanation(file: ProblemFile, source: str, entry: Entry) -> Explanation:
    """The page on one entry.

    Args:
        file: the problem; it has samples.
        source: what to call it.
        entry: the weight or the bias.
    Raises:
        ArithmeticError: if backpropagation contradicts the recursion.

    >>> page = explanation(ProblemFile(Problem.random((2, 1)), "float64"), "p.json", Entry(0, 0, 1))
    >>> page.document.title, page.decided
    ('∂L/∂weights[0][0, 1], step by step', True)
    """
    of, root, decided = evaluated(file.problem, entry)
    proved = proof(of, file.problem)
    blocks: tuple[Block, ...] = (
        Paragraph((" ".join(headline(source, file)),)),
        place(entry),
        numbers_are(of.at, decided),
        *kinks(of.at),
        Tree(root),
        *proved_by(of, proved, file.problem),
    )
    title = f"∂L/∂{entry.in_python}, step by step"
    return Explanation(Document(title, blocks), decided and not math.isnan(proved.nearest))


def evaluated(problem: Problem, entry: Entry) -> tuple[Recursion, Node, bool]:
    """The recursion, its tree, and whether its numbers are decided: exact, or with enough bits."""
    if (at := exact_point(problem)) is not None:
        of = recursion(at, entry)
        root = tree(of, limits(problem, entry))
        if all(map(is_short, [of.value, *numbers_in(root)])):
            return of, root, True
    for bits in PRECISIONS:
        of = recursion(ball_point(problem, bits), entry)
        root = tree(of, limits(problem, entry, decimals=True))
        decided = all(map(is_decided, numbers_in(root)))
        if decided and not math.isnan(nearest(of.value, problem.dtype.name, bits)):
            break
    return of, root, decided
