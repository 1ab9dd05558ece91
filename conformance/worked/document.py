"""A page as data: a title, and blocks of words and formulas; the forms write them.

Words are plain text, and foreign text may be among them; a formula within them stands between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from conformance.worked.notation import Formula

Pieces: TypeAlias = tuple[str | Formula, ...]
"""Words and formulas in one line."""


@dataclass(frozen=True)
class Heading:
    """The heading of a section."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    pieces: Pieces


@dataclass(frozen=True)
class Tasks:
    """Paragraphs that are numbered from 1."""

    items: tuple[Pieces, ...]


@dataclass(frozen=True)
class Display:
    """A formula on a line of its own; `equation` is its number in the derivation, "(1.1)"."""

    formula: Formula
    equation: str = ""


@dataclass(frozen=True)
class Node:
    """A line of a tree, and the lines that it rests on."""

    pieces: Pieces
    equation: str = ""
    children: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Tree:
    """A tree of terms."""

    root: Node


Block: TypeAlias = Heading | Paragraph | Tasks | Display | Tree


@dataclass(frozen=True)
class Document:
    """A page.

    Attributes:
        title: plain text, on one line.
        blocks: what follows, in order.
    """

    title: str
    blocks: tuple[Block, ...]
