"""How often the diagnosis names a planted mistake first, and how soon the mistake is caught.

    python -m benchmarks.diagnosis [--networks 200] [--seeds 5] [--dtype float64] [--named NAME]

Each mistake of the catalogue runs on the networks of each seed, as `conformance.check.run` draws
them. A row is a mistake: the network that first caught it (median and worst of the seeds), how
many failed, how often the diagnosis named it first and alone, and what it named in its place.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from conformance.architectures import pool
from conformance.backends import Backend
from conformance.diagnosis import diagnose
from conformance.judge import Judge, Outcome
from conformance.mistakes import MISTAKES, Mistake
from conformance.sampling import drawn
from conformance.tally import PASSING_KEPT
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.verdict import Judgement, Verdict


@dataclass
class Row:
    """What was seen of one mistake."""

    caught: list[int] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)
    first: int = 0
    alone: int = 0
    others: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)


def judgement(outcome: Outcome, judge: Judge) -> Judgement:
    """The judgement of an outcome; one without arrays if there was no result."""
    if outcome.judgement is not None:
        return outcome.judgement
    return Judgement((), outcome.kind, float_format(judge.dtype), "reverse", outcome.message)


def run(mistake: Mistake, judges: list[Judge], row: Row) -> None:
    """One mistake on the networks of one seed."""
    target = Backend("planted", "reverse", "1", mistake.backprop)
    outcomes = [judge.outcome(target, n % 4 == 0) for n, judge in enumerate(judges, start=1)]
    seen = [
        (judge.problem, judgement(outcome, judge))
        for judge, outcome in zip(judges, outcomes, strict=True)
    ]
    failing = [pair for pair in seen if pair[1].kind.is_finding]
    passing = [pair for pair in seen if pair[1].kind is Verdict.CONFORMS][:PASSING_KEPT]
    row.failing.append(len(failing))
    if not failing:
        return
    row.caught.append(next(n for n, each in enumerate(outcomes, 1) if each.kind.is_finding))
    start = time.perf_counter()
    found = diagnose(target, failing, passing)
    row.seconds.append(time.perf_counter() - start)
    names = [match.mistake.name for match in found.matches]
    row.first += names[:1] == [mistake.name]
    row.alone += names == [mistake.name]
    row.others |= {*names} - {mistake.name}


def report(rows: dict[str, Row], seeds: int, console: Console) -> None:
    """The table, and its sum."""
    table = Table("mistake", "caught at", "worst", "failing", "first", "alone", "also", box=None)
    for name, row in rows.items():
        missed = seeds - len(row.caught)
        table.add_row(
            name,
            f"{statistics.median(row.caught):.0f}" if row.caught else "—",
            f"{max(row.caught)}" if not missed else f"{missed} missed",
            f"{statistics.median(row.failing):.0f}",
            f"{row.first} of {len(row.caught)}",
            f"{row.alone}",
            ", ".join(sorted(row.others)),
        )
    console.print(table)
    caught, first = sum(len(row.caught) for row in rows.values()), [r.first for r in rows.values()]
    times = [seconds for row in rows.values() for seconds in row.seconds]
    console.print(
        f"{len(rows)} mistakes, {seeds} seeds: caught {caught} of {len(rows) * seeds} times; named "
        f"first {sum(first)} of {caught} times ({sum(first) / max(caught, 1):.1%}); a diagnosis "
        f"took {statistics.median(times):.2f} s in the median, {max(times):.2f} s at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--named", action="append", choices=[*MISTAKES], help="this one alone")
    options = parser.parse_args()
    rows = {name: Row() for name in options.named or MISTAKES}
    for seed in range(options.seeds):
        cases = drawn(pool(), options.networks, seed, options.dtype)
        judges = [Judge(case.problem) for case in cases]
        for name, row in rows.items():
            run(MISTAKES[name], judges, row)
    report(rows, options.seeds, Console(width=120))


if __name__ == "__main__":
    main()
