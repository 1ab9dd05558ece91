"""The arithmetic of a page, computed anew: what the numbers of its formulas come to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from conformance.worked.document import Display, Document, Node, Paragraph, Tree
from conformance.worked.notation import Formula, Group, Joined, Matrix, Num, Row

# ── as trees ──


def value(formula: Formula) -> Any:
    """A Fraction, or an array of them; None where there are letters."""
    if isinstance(formula, Num):
        return Fraction(formula.value)
    if isinstance(formula, Group):
        return value(formula.body)
    if isinstance(formula, Matrix):
        return np.array([[value(e) for e in row] for row in formula.rows], dtype=object)
    if isinstance(formula, Row):
        return np.array([value(e) for e in formula.entries], dtype=object)
    if isinstance(formula, Joined):
        return joined(formula.operator, list(map(value, formula.parts)))
    return None


def joined(operator: str, parts: list[Any]) -> Any:
    """What the operator makes of them, from left to right."""
    if any(part is None for part in parts):
        return None
    result = parts[0]
    for part in parts[1:]:
        result = {
            "+": lambda a, b: a + b,
            "-": lambda a, b: a - b,
            "·": lambda a, b: a * b,
            "∘": lambda a, b: a * b,
            " ": lambda a, b: a @ b,
        }[operator](result, part)
    return result


def formulas_of(document: Document) -> Iterator[Formula]:
    """Every formula of a page, in order."""
    for block in document.blocks:
        if isinstance(block, Display):
            yield block.formula
        elif isinstance(block, Tree):
            yield from formulas_below(block.root)
        elif isinstance(block, Paragraph):
            yield from (each for each in block.pieces if isinstance(each, Formula))


def formulas_below(node: Node) -> Iterator[Formula]:
    """Those of a node and of all that it rests on."""
    yield from (each for each in node.pieces if isinstance(each, Formula))
    for child in node.children:
        yield from formulas_below(child)


def equations(document: Document) -> list[tuple[Any, Any]]:
    """Sides that are numbers, next to each other in one equation: they are to be equal."""
    pairs = []
    for each in formulas_of(document):
        if isinstance(each, Joined) and each.operator == "=":
            sides = [found for side in each.parts if (found := value(side)) is not None]
            pairs += list(pairwise(sides))
    return pairs


# ── as text ──

NUMBER = r"\d+(?:/\d+)?"
NUMERIC = re.compile(rf"[-(]*{NUMBER}\)?(?: [·+-] [-(]*{NUMBER}\)*)*")


def text_equations(text: str) -> list[list[Fraction]]:
    """The sides of each line's equation that are numbers, read and computed; one line a formula."""
    untagged = re.sub(r" +\(\d\.\d\)$", "", text, flags=re.MULTILINE)
    lines = [
        [compute(side) for side in line.split(" = ") if is_numeric(side)]
        for line in untagged.splitlines()
    ]
    return [sides for sides in lines if len(sides) > 1]


def is_numeric(side: str) -> bool:
    """Whether there are only numbers in it."""
    return NUMERIC.fullmatch(side.strip()) is not None


def compute(side: str) -> Fraction:
    """What a side like "1/2 · (-3) + 2" comes to."""
    python = re.sub(NUMBER, lambda found: f"Fraction('{found[0]}')", side.replace("·", "*"))
    result: Fraction = eval(python, {"Fraction": Fraction})
    return result
