"""Two mistakes at once: the seams of both overridden, where they are not the same seams.

Mistakes in the form of the result are left out: what changes shapes suits few other lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations

from conformance.mistakes.mistake import Mistake, function_of, sets_of
from conformance.mistakes.seams import Backprop
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict


def pairs_of(mistakes: Iterable[Mistake], problem: Problem) -> Iterator[Mistake]:
    """Any two of the mistakes that can be made at once, of those that the problem takes.

    >>> from conformance.mistakes import MISTAKES
    >>> chosen = [MISTAKES[name] for name in ("no_mean", "mean_twice", "no_slopes")]
    >>> [each.name for each in pairs_of(chosen, Problem.random((2, 1)))]
    ['no_mean + no_slopes', 'mean_twice + no_slopes']
    """
    taken = [each for each in mistakes if each.recursion and each.concerns(problem)]
    for one, other in combinations(taken, 2):
        pair = both(one, other)
        if pair is not None:
            yield pair


def both(one: Mistake, other: Mistake) -> Mistake | None:
    """The two mistakes in one recursion; None if they are not two seams, or in the form."""
    if one.recursion is None or other.recursion is None:
        return None
    if Verdict.WRONG_SHAPE in (one.verdict, other.verdict):
        return None
    if not _names(one.recursion).isdisjoint(_names(other.recursion)):
        return None
    recursion = type("Both", (one.recursion, other.recursion), {})
    return Mistake(
        name=f"{one.name} + {other.name}",
        cause=f"{one.cause}, and {other.cause}",
        kind=one.kind if one.kind == other.kind else f"{one.kind}, and {other.kind}",
        origin="coursework",
        verdict=Verdict.WRONG,
        of=(*one.of, *other.of) if one.of and other.of else (),
        make=partial(function_of, recursion),
        sets=partial(sets_of, recursion),
        recursion=recursion,
    )


def _names(recursion: type[Backprop]) -> set[str]:
    """What a recursion overrides, `of` included: its seams, and what they are made of."""
    above = recursion.__mro__[: recursion.__mro__.index(Backprop)]
    words = {"kind", "origin", "verdict"}
    return {name for each in above for name in vars(each) if not name.startswith("_")} - words
