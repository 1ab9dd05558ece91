"""Sums and products of terms that are text: a negative one is subtracted, or in parentheses."""

from __future__ import annotations

from collections.abc import Iterable

UNCERTAIN = ("±", r"\pm")
"""What marks a number with a bound, 0±c, which a sum or product has in parentheses."""


def summed(first: str, others: Iterable[str]) -> str:
    """The terms with + or − between them.

    >>> summed("8", ["-6", "1/2", "0±1e-30"])
    '8 - 6 + 1/2 + (0±1e-30)'
    """
    return first + "".join(map(_added, others))


def multiplied(first: str, others: Iterable[str], sign: str) -> str:
    """The factors with the sign between them.

    >>> multiplied("-1", ["-2", "3"], "·")
    '-1 · (-2) · 3'
    """
    return f" {sign} ".join([first, *map(_factor, others)])


def _added(term: str) -> str:
    if term.startswith("-"):
        return f" - {term[1:]}"
    return f" + ({term})" if _is_uncertain(term) else f" + {term}"


def _factor(term: str) -> str:
    return f"({term})" if term.startswith("-") or _is_uncertain(term) else term


def _is_uncertain(term: str) -> bool:
    return any(mark in term for mark in UNCERTAIN)
