"""A page as LaTeX: an article; a tree is a nested list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from conformance.worked.document import (
    Display,
    Document,
    Heading,
    Node,
    Paragraph,
    Pieces,
    Tasks,
    Tree,
)
from conformance.worked.forms.latex_formulas import inline, tagged

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
    "∂": r"$\partial$",
    "×": r"$\times$",
    "±": r"$\pm$",
}


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
    return f"\\begin{{equation*}}\n{tagged(each.formula, each.equation)}\n\\end{{equation*}}"


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


def words(pieces: Pieces) -> str:
    """Words, escaped, and formulas between dollars."""
    return inline(pieces, escaped)


def escaped(text: str) -> str:
    r"""The text as LaTeX prints it.

    >>> print(escaped("50% of W_0"))
    50\% of W\_0
    """
    return "".join(SPECIAL.get(each, each) for each in text)
