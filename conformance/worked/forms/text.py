"""A page as plain text of 79 columns, its tree drawn with box characters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any

from conformance.worked.document import Display, Document, Heading, Node, Paragraph, Tasks, Tree
from conformance.worked.forms.boxes import has_matrix, rows
from conformance.worked.forms.text_formulas import formula
from conformance.worked.notation import Formula

WIDTH = 79

TAG = 8
"""Columns that an equation's number takes at the right."""


def rendered(document: Document) -> str:
    """The page.

    >>> from conformance.worked.notation import Sym
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
    if not has_matrix(each.formula):
        return _wrapped(formula(each.formula), " " * 4, " " * 8, each.equation)
    *others, last = rows(each.formula, WIDTH - 4 - TAG)
    middle, room = len(last) // 2, WIDTH - 4 - len(each.equation)
    last[middle] = f"{last[middle]:{room}}{each.equation}"
    return [f"    {line}".rstrip() for box in [*others, last] for line in box]


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
