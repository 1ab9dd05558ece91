"""Formulas over several lines of text: matrices drawn as rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from conformance.worked.forms.text_formulas import between, formula
from conformance.worked.notation import Formula, Joined, Matrix

Box: TypeAlias = list[str]
"""Lines of one length; formulas beside it stand at its middle."""


def drawn(each: Formula) -> Box:
    r"""The formula, its matrices as rows and columns.

    >>> from conformance.worked.notation import Sym, equal, matrix
    >>> print("\n".join(drawn(equal(Sym("W", (0,)), matrix([[1, -2], [3, 4]])))))
          ( 1  -2 )
    W_0 = ( 3   4 )
    """
    if isinstance(each, Matrix):
        columns = [
            _flush_right([formula(e) for e in column]) for column in zip(*each.rows, strict=True)
        ]
        return [f"( {'  '.join(row)} )" for row in zip(*columns, strict=True)]
    if isinstance(each, Joined) and has_matrix(each):
        first, *others = map(drawn, each.parts)
        sign = [between(each.operator)]
        return _beside([first, *(part for other in others for part in (sign, other))])
    return [formula(each)]


def has_matrix(each: Formula) -> bool:
    """Whether it takes several lines."""
    if isinstance(each, Joined):
        return any(map(has_matrix, each.parts))
    return isinstance(each, Matrix)


def _flush_right(texts: Sequence[str]) -> list[str]:
    width = max(map(len, texts))
    return [f"{text:>{width}}" for text in texts]


def _beside(boxes: Sequence[Box]) -> Box:
    """The boxes in a row, their middles on one line."""
    above = max(len(box) // 2 for box in boxes)
    below = max(len(box) - len(box) // 2 for box in boxes)
    padded = []
    for box in boxes:
        blank, over = " " * len(box[0]), above - len(box) // 2
        padded.append([blank] * over + box + [blank] * (above + below - over - len(box)))
    return ["".join(parts) for parts in zip(*padded, strict=True)]


def rows(each: Formula, width: int) -> list[Box]:
    """The sides of an equation, as many beside each other as fit, with the rest below."""
    is_equation = isinstance(each, Joined) and each.operator == "="
    first, *others = map(drawn, each.parts if is_equation else [each])  # type: ignore[attr-defined]
    found = [first]
    for side in others:
        longer = _beside([found[-1], [" = "], side])
        if len(longer[0]) <= width:
            found[-1] = longer
        else:
            found.append(_beside([["    = "], side]))
    return found
