"""What was measured, as plain data and back, and the ratios that the pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.speed.contenders import CONTENDERS, FRAMEWORKS, OURS
from benchmarks.speed.growth import Growth
from benchmarks.speed.ladder import Case, Rung
from benchmarks.speed.rounds import Timing


@dataclass(frozen=True)
class Results:
    """A run of the benchmark.

    Attributes:
        machine: what it ran on, in words, by subject.
        clocks: by number of threads, which of `rounds.CLOCKS` it went by.
        timings: of every contender on every case.
        growth: of the recursion and of backpropagation; None if that was not measured.
    """

    machine: Mapping[str, str]
    clocks: Mapping[int, str]
    timings: Sequence[Timing]
    growth: Growth | None

    def of(self, contender: str, case: Case, threads: int) -> Timing | None:
        """One timing, if it is there."""
        found = [
            each
            for each in self.timings
            if (each.contender, each.case, each.threads) == (contender, case, threads)
        ]
        return found[0] if found else None

    def cases(self, threads: int) -> list[Case]:
        """Those that were timed with so many threads, in order."""
        return list(dict.fromkeys(each.case for each in self.timings if each.threads == threads))

    def ratio(self, contender: str, other: str, case: Case, threads: int) -> float | None:
        """The time of one contender over that of another, if both are there."""
        first, second = (self.of(each, case, threads) for each in (contender, other))
        return first.seconds / second.seconds if first and second else None

    def over_limit(self, contender: str, case: Case, threads: int) -> float | None:
        """Its time over that of the bare products in its own library."""
        limit = CONTENDERS[contender].limit
        return None if limit is None else self.ratio(contender, limit, case, threads)

    def over_best(self, case: Case, threads: int) -> float | None:
        """Ours over that of the framework that comes nearest to its own limit, each over its.

        None where it is calls that take the time, so that products are no limit to compare with.
        """
        ours = self.over_limit(OURS.name, case, threads)
        theirs = _there(self.over_limit(each.name, case, threads) for each in FRAMEWORKS)
        return ours / min(theirs) if ours and ours < 1.4 and theirs else None

    def with_those_of(self, earlier: Results) -> Results:
        """These, and another run's with numbers of threads that are not here, on this machine."""
        if dict(earlier.machine) != dict(self.machine):
            return self
        kept = {n: clock for n, clock in earlier.clocks.items() if n not in self.clocks}
        timings = [each for each in earlier.timings if each.threads in kept]
        return replace(self, clocks=kept | dict(self.clocks), timings=[*timings, *self.timings])

    def memory(self, other: str, case: Case, threads: int) -> float | None:
        """The memory that `gradient` takes over that of another."""
        first, second = (self.of(each, case, threads) for each in (OURS.name, other))
        return first.peak / second.peak if first and second and second.peak else None


def _there(ratios: Iterable[float | None]) -> list[float]:
    return [each for each in ratios if each is not None]


def to_document(results: Results) -> dict[str, Any]:
    """Results as data for JSON."""
    return {
        "machine": dict(results.machine),
        "clocks": {str(threads): clock for threads, clock in results.clocks.items()},
        "timings": [_timing_document(each) for each in results.timings],
        "growth": results.growth and asdict(results.growth),
    }


def _timing_document(timing: Timing) -> dict[str, Any]:
    case = timing.case
    return {
        "contender": timing.contender,
        "widths": list(case.rung.widths),
        "samples": case.rung.samples,
        "dtype": case.dtype,
        "activation": case.activation,
        "threads": timing.threads,
        "seconds": float(f"{timing.seconds:.4g}"),
        "peak": timing.peak,
    }


def from_document(document: Mapping[str, Any]) -> Results:
    """What `to_document` made data of."""
    growth = document["growth"]
    return Results(
        document["machine"],
        {int(threads): clock for threads, clock in document["clocks"].items()},
        [_timing(each) for each in document["timings"]],
        growth and Growth.of(growth),
    )


def _timing(each: Mapping[str, Any]) -> Timing:
    rung = Rung(tuple(each["widths"]), each["samples"])
    case = Case(rung, each["dtype"], each["activation"])
    return Timing(each["contender"], case, each["threads"], each["seconds"], each["peak"])
