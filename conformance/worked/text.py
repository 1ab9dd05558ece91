"""A page as plain text of 79 columns: formulas on one line, the tree drawn with box characters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any, TypeAlias

from conformance.worked.document import Display, Document, Heading, Node, Paragraph, Tasks, Tree
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Joined,
    Matrix,
    Num,
    Row,
    Sigma,
    Slope,
    Sym,
    Transposed,
    Value,
)
from conformance.worked.written import written

WIDTH = 79

DOTTED = {"p": "ṗ", "x": "ẋ"}


def rendered(document: Document) -> str:
    """The page.

    >>> print(rendered(Document("A page", (Display(Sym("p", (0,), 1), "(1.1)"),))), end="")
    A page
    ======
    <BLANKLINE>
        p_0^(1)                                                               (1.1)
    """
    lines = [*_underlined(document.title, "=")]
    for each in document.blocks:
        lines += ["", *block(each)]
    return "\n".join(lines) + "\n"


# ── blocks ──


@singledispatch
def block(each: Any) -> list[str]:
    """The lines of a block."""
    raise TypeError(f"no text for a {type(each).__name__}")


@block.register
def _(each: Heading) -> list[str]:
    return _underlined(each.text, "-")


@block.register
def _(each: Paragraph) -> list[str]:
    return _wrapped(words(each.pieces))


@block.register
def _(each: Tasks) -> list[str]:
    numbered = enumerate(map(words, each.items), start=1)
    return [line for k, item in numbered for line in _wrapped(item, f"{k:2}. ", " " * 4)]


@block.register
def _(each: Display) -> list[str]:
    if not _has_matrix(each.formula):
        return _wrapped(formula(each.formula), " " * 4, " " * 8, each.equation)
    *rows, last = _rows(each.formula)
    room = WIDTH - len(each.equation)
    middle = len(last) // 2
    last[middle] = f"{last[middle]:{room}}{each.equation}".rstrip()
    return [line.rstrip() for row in [*rows, last] for line in row]


@block.register
def _(each: Tree) -> list[str]:
    return list(_branch(each.root))


def _branch(node: Node, first: str = "", rest: str = "") -> Iterator[str]:
    """The lines of a node and of what is below it, each after what the tree draws before it."""
    below = rest + ("│  " if node.children else "   ")
    yield from _wrapped(words(node.pieces), first, below + "  ", node.equation)
    for child in node.children[:-1]:
        yield from _branch(child, rest + "├─ ", rest + "│  ")
    for child in node.children[-1:]:
        yield from _branch(child, rest + "└─ ", rest + "   ")


def _underlined(title: str, stroke: str) -> list[str]:
    lines = _wrapped(title)
    return [*lines, stroke * max(map(len, lines))]


def _wrapped(text: str, first: str = "", rest: str = "", tag: str = "") -> list[str]:
    """The text in lines that fit, its tag at the right of the last one."""
    settings: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    room = WIDTH - (len(tag) + 2 if tag else 0)
    lines = textwrap.wrap(text, room, initial_indent=first, subsequent_indent=rest, **settings)
    return [*lines[:-1], f"{lines[-1]:{WIDTH - len(tag)}}{tag}" if tag else lines[-1]]


def words(pieces: Sequence[str | Formula]) -> str:
    """Words and formulas as one line of text."""
    return "".join(each if isinstance(each, str) else formula(each) for each in pieces)


# ── matrices, drawn over several lines ──

Box: TypeAlias = list[str]
"""Lines of one length; formulas beside it stand at its middle."""


def drawn(each: Formula) -> Box:
    r"""The formula, its matrices as rows and columns.

    >>> from conformance.worked.notation import equal, matrix
    >>> print("\n".join(drawn(equal(Sym("W", (0,)), matrix([[1, -2], [3, 4]])))))
          ( 1  -2 )
    W_0 = ( 3   4 )
    """
    if isinstance(each, Matrix):
        columns = [
            _flush_right([formula(e) for e in column]) for column in zip(*each.rows, strict=True)
        ]
        return [f"( {'  '.join(row)} )" for row in zip(*columns, strict=True)]
    if isinstance(each, Joined) and _has_matrix(each):
        first, *others = map(drawn, each.parts)
        between = [_between(each.operator)]
        return _beside([first, *(part for other in others for part in (between, other))])
    return [formula(each)]


def _has_matrix(each: Formula) -> bool:
    if isinstance(each, Joined):
        return any(map(_has_matrix, each.parts))
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


def _rows(each: Formula) -> list[Box]:
    """The sides of an equation, as many beside each other as fit, with the rest below."""
    sides = list(map(drawn, each.parts)) if isinstance(each, Joined) else [drawn(each)]
    if not (isinstance(each, Joined) and each.operator == "="):
        return [_beside([[" " * 4], drawn(each)])]
    rows = [_beside([[" " * 4], sides[0]])]
    for side in sides[1:]:
        longer = _beside([rows[-1], [" = "], side])
        if len(longer[0]) <= WIDTH - 8:
            rows[-1] = longer
        else:
            rows.append(_beside([[" " * 8 + "= "], side]))
    return rows


# ── formulas ──


@singledispatch
def formula(each: Any) -> str:
    """The formula on one line.

    >>> from conformance.worked.notation import equal, product
    >>> formula(equal(Sym("p", (0,), 2, dot=True), product([2, -3]), Num(-6)))
    'ṗ_0^(2) = 2 · (-3) = -6'
    """
    raise TypeError(f"no text for a {type(each).__name__}")


@formula.register
def _(each: Num) -> str:
    return written(each.value)


@formula.register
def _(each: Sym) -> str:
    letter = DOTTED[each.letter] if each.dot else each.letter
    lower = f"_{','.join(map(str, each.units))}" if each.units else ""
    return f"{letter}{lower}" + (f"^({each.layer})" if each.layer is not None else "")


@formula.register
def _(each: Value) -> str:
    return f"f_{each.layer}({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Slope) -> str:
    return f"f_{each.layer}'({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Joined) -> str:
    first, *others = map(formula, each.parts)
    if each.operator == "+":
        return first + "".join(map(_added, others))
    if each.operator == "·":
        return " · ".join([first, *map(_factor, others)])
    return _between(each.operator).join([first, *others])


def _between(operator: str) -> str:
    return {" ": " ", ",": ",   "}.get(operator, f" {operator} ")


def _added(term: str) -> str:
    if "±" in term:
        return f" + ({term})"
    return f" - {term[1:]}" if term.startswith("-") else f" + {term}"


def _factor(term: str) -> str:
    return f"({term})" if term.startswith("-") or "±" in term else term


@formula.register
def _(each: Sigma) -> str:
    return f"Σ_{each.index} {formula(each.body)}"


@formula.register
def _(each: Derivative) -> str:
    sample = "" if each.sample is None else f"_{each.sample}"
    return f"∂L{sample}/∂{formula(each.parameter)}"


@formula.register
def _(each: Group) -> str:
    return f"({formula(each.body)})"


@formula.register
def _(each: Transposed) -> str:
    return f"{formula(each.body)}ᵀ"


@formula.register
def _(each: Row) -> str:
    more = [f"… {each.more} more"] if each.more else []
    return f"({', '.join([*map(formula, each.entries), *more])})"


@formula.register
def _(each: Matrix) -> str:
    if all(len(row) == 1 for row in each.rows):
        return f"({', '.join(formula(row[0]) for row in each.rows)})"
    return f"({'; '.join(' '.join(map(formula, row)) for row in each.rows)})"
