"""The networks of a run: which architectures, how many of each, in which order, from one seed.

Hypothesis would dwell on a few of them, since it varies what it drew before; it begins with zeros,
and draws constants that it found in the modules loaded. So a run draws for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from conformance.architectures import Architecture
from conformance.drawing import REGIMES, Case, case_from
from conformance.edges import EDGES, regimes_of

THOUSAND = 1000
"""Networks that are drawn ahead."""

EDGES_SHARE = 5
"""Every such network of a run, one in five, is of an edge; they come first."""


def drawn(
    architectures: Sequence[Architecture], networks: int, seed: int, dtype: str
) -> Iterator[Case]:
    """The networks of a run: edges, in turn, then a share for each of the other architectures.

    The others come a thousand at a time, shuffled, so that a run that is interrupted has seen some
    of everything.
    """
    edges = turn([each for each in architectures if each.edge])
    others = [each for each in architectures if not each.edge]
    first = _edge_count(len(edges), networks) if others else networks
    yield from islice(_in_turn(edges, seed, dtype), first)
    yield from _in_shares(others, networks - first, seed, dtype)


def turn(edges: Sequence[Architecture]) -> list[Architecture]:
    """The order in which edges are drawn: all twice but the sweeps, which leave less to chance."""
    sweeps = [each for each in edges if each.edge not in EDGES]
    rest = [each for each in edges if each.edge in EDGES]
    return [*rest, *rest, *sweeps]


def _edge_count(edges: int, networks: int) -> int:
    """A fifth of the networks, or one turn of the edges if there is room for that."""
    return min(max(networks // EDGES_SHARE, edges), networks // 2) if edges else 0


def _in_turn(edges: Sequence[Architecture], seed: int, dtype: str) -> Iterator[Case]:
    """One network of each edge, again and again, its regimes in turn."""
    random, times = Random(f"edges {seed}"), Counter[Architecture]()
    while edges:
        for edge in edges:
            regimes = regimes_of(edge, REGIMES)
            yield case_from(random, edge, regimes[times[edge] % len(regimes)], dtype)
            times[edge] += 1


def _in_shares(
    architectures: Sequence[Architecture], networks: int, seed: int, dtype: str
) -> Iterator[Case]:
    for start in range(0, networks, THOUSAND):
        parts = shares(architectures, min(THOUSAND, networks - start), seed + start)
        batch = [
            case
            for place, (architecture, count) in enumerate(parts)
            for case in examples(architecture, count, seed * 1_000_003 + start + place, dtype)
        ]
        Random(seed).shuffle(batch)
        yield from batch


def shares(
    architectures: Sequence[Architecture], networks: int, seed: int
) -> list[tuple[Architecture, int]]:
    """How many networks each architecture gets: one, if there are as many; more by tickets.

    The larger ones have four tickets each.

    >>> from conformance.architectures import pool
    >>> sum(count for _, count in shares(pool(), 1000, seed=0))
    1000
    """
    tickets = [each for each in architectures for _ in range(4 if each.parameters > 4 else 1)]
    counts = dict.fromkeys(architectures, int(networks >= len(architectures)))
    whole, rest = divmod(networks - sum(counts.values()), len(tickets))
    extra = Random(seed).sample(range(len(tickets)), rest)
    for place, ticket in enumerate(tickets):
        counts[ticket] += whole + (place in extra)
    return [(each, count) for each, count in counts.items() if count]


def examples(architecture: Architecture, count: int, seed: int, dtype: str) -> list[Case]:
    """That many cases of one architecture; regimes in turn, plain networks four times as many."""
    random = Random(seed)
    deck = [*REGIMES, *["plain"] * 3]
    whole, rest = divmod(count, len(deck))
    regimes = [*deck * whole, *random.sample(deck, rest)]
    return [case_from(random, architecture, regime, dtype) for regime in regimes]
