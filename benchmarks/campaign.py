"""The campaign of the backends: tens of thousands of networks, in chunks, resumable.

Each chunk is a run of its own seed. The summary goes to benchmarks/results/campaign.md, which is
committed.

    python -m benchmarks.campaign [--networks 10000] [--workers 2] [--dtype float64]...
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
from conformance.backends import NAMES, Backend, NotInstalled, load
from conformance.check import run
from conformance.report import Report, Tally
from conformance.variants import VARIANTS

SUMMARY = PAGES / "campaign.md"

CHUNK = 500
"""Networks of one chunk: half a minute's work that an interruption can cost."""

FULL = 10_000
"""Networks of each dtype in a full campaign, 20,000 in all; its summary is kept."""

QUICK_PEERS = ("hips_autograd", "sklearn_mlp", "micrograd")
"""Of the other frameworks those that take a millisecond or so for a network."""

FIRST_SEED = 1000
"""Seeds below are left to `conform`, so that the campaign sees networks of its own."""


@dataclass(frozen=True)
class Chunk:
    """One run: so many networks of one dtype from one seed."""

    dtype: str
    seed: int
    networks: int = CHUNK

    @property
    def name(self) -> str:
        """Says all that it depends on, the code aside."""
        return f"{self.dtype}-{self.seed}-{self.networks}"


def chunks(networks: int, dtypes: Sequence[str]) -> list[Chunk]:
    """The chunks of a campaign of so many networks for each dtype, dtypes in turn.

    >>> [(each.dtype, each.networks) for each in chunks(600, ["float64"])]
    [('float64', 500), ('float64', 100)]
    """
    return [
        Chunk(dtype, FIRST_SEED + place, size)
        for place, (_, size) in enumerate(in_chunks(networks, CHUNK))
        for dtype in dtypes
    ]


def result_of(chunk: Chunk) -> dict[str, Any]:
    """Run a chunk, with every backend that is installed; plain data, for a file."""
    report = run(targets(), chunk.networks, chunk.seed, chunk.dtype)
    if report.interrupted:
        raise KeyboardInterrupt
    return {"dtype": chunk.dtype, "seed": chunk.seed, **_as_data(report)}


def targets() -> list[Backend]:
    """The backends, the peers that compile nothing, and right implementations of other makes."""
    found = []
    for name in (*NAMES, *QUICK_PEERS):
        try:
            found.append(load(name))
        except NotInstalled as reason:
            print(reason, file=sys.stderr)
    return [*found, *VARIANTS.values()]


def _as_data(report: Report) -> dict[str, Any]:
    return {"tallies": [_tally_data(tally) for tally in report.tallies]}


def _tally_data(tally: Tally) -> dict[str, Any]:
    return {
        "name": tally.name,
        "version": tally.version,
        "kinds": {str(kind): count for kind, count in tally.kinds.items()},
        "entries": tally.entries,
        "undecided_entries": tally.undecided_entries,
        "worst_fraction": tally.worst_fraction,
        "restless": tally.restless,
        "findings": [
            f"{finding.outcome.kind} on {finding.case.architecture} ({finding.case.regime})"
            for finding in tally.findings[:5]
        ],
    }


def summary(results: Iterable[dict[str, Any]]) -> str:
    """The results as a Markdown page: a row for each backend and dtype."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    findings: list[str] = []
    for result in results:
        for tally in result["tallies"]:
            row = rows.setdefault(
                (tally["name"] + " " + tally["version"], result["dtype"]), Counter()
            )
            row.update(tally["kinds"])
            row.update({"entries": tally["entries"], "open": tally["undecided_entries"]})
            findings += [
                f"- {tally['name']}, seed {result['seed']}: {x}" for x in tally["findings"]
            ]
    lines = [_row(name, dtype, row) for (name, dtype), row in sorted(rows.items())]
    return "\n".join(
        [_HEAD.format(platform.machine()), *lines, "", *(findings or [NO_FINDINGS]), ""]
    )


_HEAD = """\
# The last full campaign

`ci/campaign` on {}: every backend, and right implementations of other makes
(`conformance/variants.py`), on the same random networks of every kind, judged entry by entry
against its admissible set. "Undecided" entries are those that a zero gradient would pass.

| backend | dtype | networks | conform | undecided | wrong or other findings | entries | undecided |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"""


def _row(name: str, dtype: str, row: Counter[str]) -> str:
    networks = sum(count for kind, count in row.items() if kind not in ("entries", "open"))
    fine = row["conforms"] + row["undecided"] + row["unsupported"]
    share = row["open"] / max(row["entries"], 1)
    return (
        f"| {name} | {dtype} | {networks:,} | {row['conforms']:,} | {row['undecided']:,} | "
        f"{networks - fine:,} | {row['entries']:,} | {share:.1%} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if nothing is wrong, 1 if something is, 130 if it is not finished."""
    parser = argparse.ArgumentParser(prog="ci/campaign backends", description=__doc__)
    parser.add_argument("--networks", type=int, default=FULL, help="for each dtype")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--dtype", action="append", choices=("float64", "float32"))
    options = parser.parse_args(arguments)
    todo = chunks(options.networks, options.dtype or ["float64", "float32"])
    results = computed(todo, result_of, options.workers)
    full = len(todo) >= len(chunks(FULL, ["float64", "float32"]))
    return concluded(summary(results), len(results) == len(todo), SUMMARY if full else None)


if __name__ == "__main__":
    sys.exit(main())
