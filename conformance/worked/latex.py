"""A page as LaTeX: an article that needs amsmath and amssymb alone; a tree is a nested list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import singledispatch
from typing import Any

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

PREAMBLE = r"""\documentclass[a4paper]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb}
\usepackage[margin=25mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\allowdisplaybreaks
\sloppy
"""

SPECIAL = {each: f"\\{each}" for each in "#$%&_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"\ldots{}",
    "²": r"\textsuperscript{2}",
    "·": r"\textperiodcentered{}",
    "Σ": r"$\Sigma$",
    "≤": r"$\leq$",
    "½": r"$\tfrac{1}{2}$",
    "∂": r"$\partial$",
    "×": r"$\times$",
    "±": r"$\pm$",
}

LETTERS = {
    "δ": r"\delta",
    "η": r"\eta",
    "θ": r"\theta",
    "∇L": r"\nabla L",
}

OPERATORS = {"·": r"\cdot", "∘": r"\circ", "←": r"\leftarrow", " ": r"\,", ",": r",\quad"}


def rendered(document: Document) -> str:
    r"""The page.

    >>> print(rendered(Document("A page", ())).splitlines()[-4])
    \section*{A page}
    """
    body = "\n\n".join(map(block, document.blocks))
    title = f"\\section*{{{escaped(document.title)}}}"
    return f"{PREAMBLE}\\begin{{document}}\n{title}\n\n{body}\n\\end{{document}}\n"


# ── blocks ──


@singledispatch
def block(each: Any) -> str:
    """The LaTeX of a block."""
    raise TypeError(f"no LaTeX for a {type(each).__name__}")


@block.register
def _(each: Heading) -> str:
    return f"\\subsection*{{{escaped(each.text)}}}"


@block.register
def _(each: Paragraph) -> str:
    return words(each.pieces)


@block.register
def _(each: Tasks) -> str:
    return _listed("enumerate", [words(item) for item in each.items])


@block.register
def _(each: Display) -> str:
    tag = f" \\tag{{{each.equation.strip('()')}}}" if each.equation else ""
    return f"\\begin{{equation*}}\n{formula(each.formula)}{tag}\n\\end{{equation*}}"


@block.register
def _(each: Tree) -> str:
    return _branch(each.root)  # a line of its own: LaTeX nests four lists, and no fifth


def _branch(node: Node) -> str:
    line = words(node.pieces) + (f" \\hfill {node.equation}" if node.equation else "")
    below = _listed("itemize", list(map(_branch, node.children))) if node.children else ""
    return f"{line}\n{below}".rstrip()


def _listed(environment: str, items: Sequence[str]) -> str:
    lines = "\n".join(f"\\item {item}" for item in items)
    return f"\\begin{{{environment}}}\n{lines}\n\\end{{{environment}}}"


def words(pieces: Sequence[str | Formula]) -> str:
    """Words, escaped, and formulas between dollars."""
    return "".join(
        escaped(each) if isinstance(each, str) else f"${formula(each)}$" for each in pieces
    )


def escaped(text: str) -> str:
    r"""The text as LaTeX prints it.

    >>> print(escaped("50% of W_0"))
    50\% of W\_0
    """
    return "".join(SPECIAL.get(each, each) for each in text)


# ── formulas ──


@singledispatch
def formula(each: Any) -> str:
    r"""The formula, for math mode.

    >>> from conformance.worked.notation import equal, product
    >>> print(formula(equal(Sym("p", (0,), 2, dot=True), product([2, -3]), Num(-6))))
    \dot{p}_{0}^{(2)} = 2 \cdot (-3) = -6
    """
    raise TypeError(f"no LaTeX for a {type(each).__name__}")


@formula.register
def _(each: Num) -> str:
    return number(written(each.value))


def number(text: str) -> str:
    r"""What `written` writes, for math mode.

    >>> print(number("-3/4"), number("1.5e-7"), number("[0, 1]"))
    -\tfrac{3}{4} 1.5 \cdot 10^{-7} [0, 1]
    """
    text = re.sub(r"(\d+)/(\d+)", r"\\tfrac{\1}{\2}", text)
    text = re.sub(r"±1e(-?\d+)", r" \\pm 10^{\1}", text)
    return re.sub(r"e(-?\d+)", r" \\cdot 10^{\1}", text).replace("∞", r"\infty")


@formula.register
def _(each: Sym) -> str:
    letter = LETTERS.get(each.letter, each.letter)
    letter = f"\\dot{{{letter}}}" if each.dot else letter
    lower = f"_{{{','.join(map(str, each.units))}}}" if each.units else ""
    return f"{letter}{lower}" + (f"^{{({each.layer})}}" if each.layer is not None else "")


@formula.register
def _(each: Value) -> str:
    return f"f_{{{each.layer}}}({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Slope) -> str:
    return f"f_{{{each.layer}}}'({formula(Sym('p', each.units, each.layer))})"


@formula.register
def _(each: Joined) -> str:
    first, *others = map(formula, each.parts)
    if each.operator == "+":
        return first + "".join(map(_added, others))
    if each.operator == "·":
        others = list(map(_factor, others))
    sign = OPERATORS.get(each.operator, each.operator)
    return f" {sign} ".join([first, *others])


def _added(term: str) -> str:
    if r"\pm" in term:
        return f" + ({term})"
    return f" - {term[1:]}" if term.startswith("-") else f" + {term}"


def _factor(term: str) -> str:
    return f"({term})" if term.startswith("-") or r"\pm" in term else term


@formula.register
def _(each: Sigma) -> str:
    return f"\\sum_{{{each.index}}} {formula(each.body)}"


@formula.register
def _(each: Derivative) -> str:
    sample = "" if each.sample is None else f"_{{{each.sample}}}"
    return f"\\partial L{sample} / \\partial {formula(each.parameter)}"


@formula.register
def _(each: Group) -> str:
    return f"({formula(each.body)})"


@formula.register
def _(each: Transposed) -> str:
    body = formula(each.body)
    return f"({body})^\\top" if getattr(each.body, "layer", None) is not None else f"{body}^\\top"


@formula.register
def _(each: Row) -> str:
    more = [f"\\ldots\\ {each.more}\\ \\text{{more}}"] if each.more else []
    return f"({', '.join([*map(formula, each.entries), *more])})"


@formula.register
def _(each: Matrix) -> str:
    rows = r" \\ ".join(" & ".join(map(formula, row)) for row in each.rows)
    return f"\\begin{{pmatrix}} {rows} \\end{{pmatrix}}"
