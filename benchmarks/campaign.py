"""The big campaign: tens of thousands of networks, in chunks, resumable.

Each chunk is a run of its own seed, kept as a file under .cache/campaign; a later call goes on
where an interrupted one stopped, and starts over when the code has changed. The summary goes to
benchmarks/results/campaign.md, which is committed.

    python -m benchmarks.campaign [--networks 10000] [--workers 2] [--dtype float64]...
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from conformance.backends import NAMES, NotInstalled, load
from conformance.check import run
from conformance.report import Report, Tally

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "campaign"
SUMMARY = ROOT / "benchmarks" / "results" / "campaign.md"

CHUNK = 500
"""Networks of one chunk: half a minute's work that an interruption can cost."""

FULL = 10_000
"""Networks of each dtype in a full campaign, 20,000 in all; its summary is kept."""

FIRST_SEED = 1000
"""Seeds below are left to `conform`, so that the campaign sees networks of its own."""


@dataclass(frozen=True)
class Chunk:
    """One run: so many networks of one dtype from one seed."""

    dtype: str
    seed: int
    networks: int = CHUNK

    @property
    def file(self) -> Path:
        """Where its result is kept, for the code as it is."""
        return KEPT / code_fingerprint() / f"{self.dtype}-{self.seed}-{self.networks}.json"


@cache
def code_fingerprint() -> str:
    """A digest of the packages' sources as they were at first: results of other code do not count.

    >>> len(code_fingerprint())
    16
    """
    digest = hashlib.sha256()
    for folder in ("manual_backprop", "conformance"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def chunks(networks: int, dtypes: Sequence[str]) -> list[Chunk]:
    """The chunks of a campaign of so many networks for each dtype, dtypes in turn.

    >>> [(each.dtype, each.networks) for each in chunks(600, ["float64"])]
    [('float64', 500), ('float64', 100)]
    """
    sizes = [CHUNK] * (networks // CHUNK) + ([networks % CHUNK] if networks % CHUNK else [])
    return [
        Chunk(dtype, FIRST_SEED + place, size)
        for place, size in enumerate(sizes)
        for dtype in dtypes
    ]


def result_of(chunk: Chunk) -> dict[str, Any]:
    """Run a chunk, with every backend that is installed; plain data, for a file."""
    targets = []
    for name in NAMES:
        try:
            targets.append(load(name))
        except NotInstalled as reason:
            print(reason, file=sys.stderr)
    report = run(targets, chunk.networks, chunk.seed, chunk.dtype)
    if report.interrupted:
        raise KeyboardInterrupt
    return {"dtype": chunk.dtype, "seed": chunk.seed, **_as_data(report)}


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


def campaign(todo: Sequence[Chunk], workers: int) -> list[dict[str, Any]]:
    """Every chunk's result, computed or read; a line of progress for each computed one."""
    missing = [chunk for chunk in todo if not chunk.file.exists()]
    print(f"{len(todo)} chunks, {len(todo) - len(missing)} already there", file=sys.stderr)
    if missing:
        _compute(missing, workers)
    return [json.loads(chunk.file.read_text()) for chunk in todo if chunk.file.exists()]


def _compute(missing: Sequence[Chunk], workers: int) -> None:
    """Run the chunks in processes of their own, each kept as soon as it is done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(result_of, chunk): chunk for chunk in missing}
        try:
            for count, future in enumerate(as_completed(running), start=1):
                _keep(running[future], future.result())
                print(f"{count} of {len(missing)} chunks", file=sys.stderr)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print("interrupted; the same command goes on from here", file=sys.stderr)


def _keep(chunk: Chunk, result: dict[str, Any]) -> None:
    chunk.file.parent.mkdir(parents=True, exist_ok=True)
    half = chunk.file.with_suffix(".part")
    half.write_text(json.dumps(result))
    half.replace(chunk.file)


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
        [_HEAD.format(platform.machine()), *lines, "", *(findings or ["No findings."]), ""]
    )


_HEAD = """\
# The last full campaign

`ci/campaign` on {}: every backend on the same random networks of every regime, judged entry by
entry against its admissible set. "Undecided" entries are those that a zero gradient would pass.

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
    parser = argparse.ArgumentParser(prog="ci/campaign", description=__doc__)
    parser.add_argument("--networks", type=int, default=FULL, help="for each dtype")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--dtype", action="append", choices=("float64", "float32"))
    options = parser.parse_args(arguments)
    todo = chunks(options.networks, options.dtype or ["float64", "float32"])
    results = campaign(todo, options.workers)
    text = summary(results)
    print(text)
    if len(results) < len(todo):
        return 130
    if len(todo) >= len(chunks(FULL, ["float64", "float32"])):
        SUMMARY.write_text(text)
    return 0 if text.rstrip().endswith("No findings.") else 1


if __name__ == "__main__":
    sys.exit(main())
