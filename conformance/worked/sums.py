"""A sum of products as lines of a tree: its symbols and numbers, and below it each term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.numbers import plural
from conformance.worked.document import Node
from conformance.worked.notation import (
    Formula,
    Index,
    Num,
    Sigma,
    equal,
    product,
    total,
)
from conformance.worked.written import Number


@dataclass(frozen=True, eq=False)
class Products:
    """A sum of products of three.

    Attributes:
        name: of the sum.
        letter: of its index.
        symbols: the factors of a term, by its index.
        factors: the same as numbers.
        value: of the sum.
        only: the index of the only term that is not 0, if that is known beforehand.
    """

    name: Formula
    letter: str
    symbols: Callable[[Index], Formula]
    factors: Sequence[tuple[Number, Number, Number]]
    value: Number
    only: int | None = None

    def node(self, most: int) -> Node:
        """The sum, at most so many of its terms below it; a single term in one line with it."""
        if self.only is not None or len(self.factors) == 1:
            place = self.only or 0
            term = product(self.factors[place])
            return Node((equal(self.name, self.symbols(place), term, Num(self.value)),))
        values = [a * b * c for a, b, c in self.factors]
        shown, left_out = values[:most], values[most:]
        added = total([*shown, *together(left_out)])
        head = equal(
            self.name, Sigma(self.letter, self.symbols(self.letter)), added, Num(self.value)
        )
        terms = [self._term(v, value) for v, value in enumerate(shown)]
        return Node((head,), "", (*terms, *rest("term", left_out)))

    def _term(self, v: int, value: Number) -> Node:
        formula = equal(self.symbols(v), product(self.factors[v]), Num(value))
        return Node((f"{self.letter} = {v}: ", formula))


def rest(noun: str, values: Sequence[Number]) -> Iterator[Node]:
    """What is left out, and what it comes to.

    >>> [node.pieces for node in rest("term", [1, 2])], list(rest("term", []))
    ([('… and 2 more terms, together ', Num(value=3))], [])
    """
    for value in together(values):
        words = f"… and {plural(len(values), f'more {noun}')}, together "
        yield Node((words, Num(value)))


def together(values: Sequence[Number]) -> list[Number]:
    """The sum of the values; nothing of none.

    >>> together([1, 2]), together([])
    ([3], [])
    """
    return [sum(values)] if values else []
