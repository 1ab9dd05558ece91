"""A page as Markdown, its formulas LaTeX between dollars: for GitHub, Jupyter and MyST."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


def rendered(document: Document) -> str:
    """The page.

    >>> from conformance.worked.notation import Sym
    >>> print(rendered(Document("A page", (Paragraph(("It has ", Sym("W", (0,)))),))), end="")
    # A page
    <BLANKLINE>
    It has $W_{0}$
    """
    blocks = [f"# {escaped(document.title)}", *map(block, document.blocks)]
    return "\n\n".join(blocks) + "\n"


@singledispatch
def block(each: Any) -> str:
    """The Markdown of a block."""
    raise TypeError(f"no Markdown for a {type(each).__name__}")


@block.register
def _(each: Heading) -> str:
    return f"## {escaped(each.text)}"


@block.register
def _(each: Paragraph) -> str:
    return words(each.pieces)


@block.register
def _(each: Tasks) -> str:
    return "\n".join(f"{k}. {words(item)}" for k, item in enumerate(each.items, start=1))


@block.register
def _(each: Display) -> str:
    return f"$$\n{tagged(each.formula, each.equation)}\n$$"


@block.register
def _(each: Tree) -> str:
    return "\n".join(_branch(each.root, ""))


def _branch(node: Node, indent: str) -> Iterator[str]:
    equation = f" {node.equation}" if node.equation else ""
    yield f"{indent}- {words(node.pieces)}{equation}"
    for child in node.children:
        yield from _branch(child, f"{indent}  ")


def words(pieces: Pieces) -> str:
    """Words, escaped, and formulas between dollars."""
    return inline(pieces, escaped)


def escaped(text: str) -> str:
    r"""The text as Markdown shows it.

    >>> print(escaped("my_net*.json"))
    my\_net\*.json
    """
    return re.sub(r"([\\`*_<>$|#~])", r"\\\1", text)
