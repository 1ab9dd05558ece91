"""The campaign of trust: enclosures of thousands of networks against other derivations, resumable.

Each network comes from a seed of its own. Half are piecewise rational, and their enclosures have to
hold the gradient in exact `Fraction`s; half are of any activation and loss, and have to agree with
mpmath. All are held against power series, and asked for radii far below an ulp. The summary goes to
benchmarks/results/trust.md, which is committed.

    python -m benchmarks.trust_campaign [--networks 1000] [--workers 2]
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.resumable import NO_FINDINGS, PAGES, computed, concluded, in_chunks
from benchmarks.trust.claims import CLAIMS, Outcome, outcomes
from benchmarks.trust.networks import KINDS

SUMMARY = PAGES / "trust.md"

CHUNK = 50
"""Networks of one chunk: some seconds' work that an interruption can cost."""

FULL = 1000
"""Networks of each kind in a full campaign, 2,000 in all; its summary is kept."""


@dataclass(frozen=True)
class Chunk:
    """Networks of one kind, from consecutive seeds."""

    kind: str
    first_seed: int
    networks: int = CHUNK

    @property
    def name(self) -> str:
        """Says all that it depends on, the code aside."""
        return f"trust-{self.kind}-{self.first_seed}-{self.networks}"


def chunks(networks: int) -> list[Chunk]:
    """The chunks of a campaign of so many networks of each kind, kinds in turn.

    >>> [(each.kind, each.first_seed, each.networks) for each in chunks(60)]
    [('rational', 0, 50), ('any', 0, 50), ('rational', 50, 10), ('any', 50, 10)]
    """
    return [
        Chunk(kind, start, size) for start, size in in_chunks(networks, CHUNK) for kind in KINDS
    ]


def result_of(chunk: Chunk) -> dict[str, Any]:
    """The outcomes of each network, by claim; plain data, for a file."""
    seeds = range(chunk.first_seed, chunk.first_seed + chunk.networks)
    return {"kind": chunk.kind, "networks": {str(s): _of_network(chunk.kind, s) for s in seeds}}


def _of_network(kind: str, seed: int) -> dict[str, str]:
    """What came of each claim; where nothing did, each fails for that reason."""
    try:
        return {claim: str(outcome) for claim, outcome in outcomes(KINDS[kind], seed).items()}
    except Exception as error:  # named with its seed, and the others go on
        return dict.fromkeys(CLAIMS[kind], f"{type(error).__name__}: {error}")


Row = dict[str, list[str]]
"""The seeds of each outcome."""


def summary(results: Iterable[dict[str, Any]]) -> str:
    """The results as a Markdown page: a row for each kind and claim, then the seeds to look at."""
    rows: dict[tuple[str, str], Row] = {}
    for result in results:
        for seed, found in result["networks"].items():
            for claim, outcome in found.items():
                rows.setdefault((result["kind"], claim), {}).setdefault(outcome, []).append(seed)
    lines = [_row(kind, claim, row) for (kind, claim), row in rows.items()]
    still_open = [line for key, row in rows.items() for line in _named(*key, row, [Outcome.OPEN])]
    findings = [line for key, row in rows.items() for line in _named(*key, row, _failures(row))]
    head = _HEAD.format(platform.machine())
    return "\n".join([head, *lines, "", *still_open, "", *(findings or [NO_FINDINGS]), ""])


_HEAD = """\
# The last full campaign of trust

`ci/campaign` on {}: enclosures of random networks of every regime, beside derivations that share
no line with them. "Rational" networks are of piecewise rational functions; "any" are of all
activations and losses, the regime "huge" left out, whose exponentials are beyond every format.
"Hold of a hull": a unit sits exactly on a kink, so that entries are hulls of every choice, narrow
once one is taken. "Open": a unit as close to a kink as 4,096 bits can tell (in rational networks it
is proved to sit there), so that no radius in reach is narrow and mpmath would take a side by
chance; or a number of which mpmath cannot take the exponential.

| networks | claim | of | hold | hold of a hull | open | fail |
| --- | --- | ---: | ---: | ---: | ---: | ---: |"""


def _row(kind: str, claim: str, row: Row) -> str:
    counts = Counter({outcome: len(seeds) for outcome, seeds in row.items()})
    failures = sum(counts[each] for each in _failures(row))
    numbers = [counts.total(), *(counts[str(o)] for o in Outcome if o != Outcome.FAILS), failures]
    return f"| {kind} | {claim} | {' | '.join(f'{each:,}' for each in numbers)} |"


def _failures(row: Row) -> list[str]:
    """The outcomes that are failures: what is no good outcome is an error's text."""
    return [each for each in row if each not in (Outcome.HOLDS, Outcome.HULL, Outcome.OPEN)]


def _named(kind: str, claim: str, row: Row, wanted: Sequence[str]) -> list[str]:
    """A line for each outcome wanted, with the seeds that came to it."""
    return [
        f"- {kind}, {claim}: {outcome}, seed {', '.join(row[outcome])}"
        for outcome in wanted
        if outcome in row
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if every claim holds, 1 if one fails, 130 if it is not finished."""
    parser = argparse.ArgumentParser(prog="ci/campaign trust", description=__doc__)
    parser.add_argument("--networks", type=int, default=FULL, help="of each kind")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    options = parser.parse_args(arguments)
    todo = chunks(options.networks)
    results = computed(todo, result_of, options.workers)
    page = SUMMARY if options.networks >= FULL else None
    return concluded(summary(results), len(results) == len(todo), page)


if __name__ == "__main__":
    sys.exit(main())
