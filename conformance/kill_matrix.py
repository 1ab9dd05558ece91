"""The kill matrix: how many networks it takes to catch each mistake of the catalogue.

Each mistake is judged as `check` would judge it, network by network, until it is caught; beside it
what finite-difference checkers need for the same mistake on the same networks, each counted only on
networks on which it accepts the right gradient: where it rejects that, it sees nothing.

    format      "manual-backprop/mistakes/1"
    networks    the most that were tried for each seed; `networks_of_checkers` likewise
    seeds       how many
    interrupted whether Ctrl-C ended it, so that mistakes are missing
    mistakes    {name: {cause, kind, caught: {dtype: [networks until caught, or null, by seed]},
                checkers: {name: networks until caught, or null}}}
    checkers    {name: {version, false_alarms: networks on which it rejects the right gradient}}
    skipped     {checker: reason}
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.architectures import EVERYTHING, pool
from conformance.backends import Backend, load
from conformance.checkers import Checker, all_installed
from conformance.checking import VARIETY
from conformance.judge import Judge
from conformance.mistakes import Mistake
from conformance.sampling import drawn
from manual_backprop import Problem

FORMAT = "manual-backprop/mistakes/1"

NETWORKS = 200
"""Of each seed, after which a mistake counts as one that survives."""

NETWORKS_OF_CHECKERS = 20
"""On which the checkers of others are tried; some take a tenth of a second for each."""

DTYPES = ("float64", "float32")

Caught = int | None
"""How many networks it took; None if the mistake survived them all."""


@dataclass(frozen=True, eq=False)
class Row:
    """One mistake.

    Attributes:
        mistake: of the catalogue.
        caught: by dtype, for each seed.
        checkers: by name, on the networks of seed 0.
    """

    mistake: Mistake
    caught: dict[str, list[Caught]]
    checkers: dict[str, Caught]

    @property
    def survives(self) -> bool:
        """Whether some seed's float64 networks did not catch it."""
        return any(each is None for each in self.caught["float64"])


@dataclass(eq=False)
class Matrix:
    """All rows, and what is to be known of the checkers."""

    seeds: int
    rows: list[Row] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    false_alarms: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def exit_status(self) -> int:
        """0 all are caught, 1 one survives, 130 Ctrl-C."""
        if self.interrupted:
            return 130
        return int(any(row.survives for row in self.rows))


def measured(
    chosen: Sequence[Mistake],
    seeds: int,
    with_checkers: bool,
    stage: Callable[[str], None],
    done: Callable[[int], None],
) -> Matrix:
    """The matrix; of what there is of it by then, if Ctrl-C ends it."""
    matrix = Matrix(seeds)
    try:
        runs = {dtype: [_Run(dtype, seed) for seed in range(seeds)] for dtype in DTYPES}
        others = _Checkers(matrix, stage) if with_checkers else None
        for count, mistake in enumerate(chosen, start=1):
            stage(mistake.name)
            caught = {
                dtype: [_until_caught(mistake, run, stage) for run in each]
                for dtype, each in runs.items()
            }
            matrix.rows.append(Row(mistake, caught, others.caught(mistake) if others else {}))
            done(count)
    except KeyboardInterrupt:
        matrix.interrupted = True
    return matrix


class _Run:
    """The networks of one seed, drawn and enclosed when first asked for, for all mistakes."""

    def __init__(self, dtype: str, seed: int) -> None:
        architectures = pool(EVERYTHING, VARIETY, seed)
        self._drawing = drawn(architectures, NETWORKS, seed, dtype)
        self._judges: list[Judge] = []

    def __iter__(self) -> Iterator[Judge]:
        yield from self._judges
        for case in self._drawing:
            self._judges.append(Judge(case.problem))
            yield self._judges[-1]


def _until_caught(mistake: Mistake, run: _Run, stage: Callable[[str], None]) -> Caught:
    """How many networks of a run it takes; every fourth is computed twice, as in a check."""
    target = Backend(mistake.name, "reverse", "", mistake.backprop)
    for number, judge in enumerate(run, start=1):
        stage(mistake.name)
        if judge.outcome(target, repeat=number % 4 == 0).kind.is_finding:
            return number
    return None


class _Checkers:
    """The checkers of others, and the networks on which each accepts the right gradient."""

    def __init__(self, matrix: Matrix, stage: Callable[[str], None]) -> None:
        found, matrix.skipped = all_installed()
        self.stage = stage
        architectures = pool(EVERYTHING, VARIETY, 0)
        problems = [each.problem for each in drawn(architectures, NETWORKS, 0, "float64")]
        self.sound: list[tuple[Checker, list[Problem]]] = []
        for checker in found:
            sound = self._accepting(checker, problems[:NETWORKS_OF_CHECKERS])
            self.sound.append((checker, sound))
            matrix.versions[checker.name] = checker.version
            matrix.false_alarms[checker.name] = NETWORKS_OF_CHECKERS - len(sound)

    def _accepting(self, checker: Checker, problems: Sequence[Problem]) -> list[Problem]:
        right = load("backprop").backprop
        accepted = []
        for problem in problems:
            self.stage(f"{checker.name} on the right gradient")
            if checker.accepts(right, problem):
                accepted.append(problem)
        return accepted

    def caught(self, mistake: Mistake) -> dict[str, Caught]:
        """How many networks each checker needs."""
        return {
            checker.name: self._until_caught(checker, mistake, problems)
            for checker, problems in self.sound
        }

    def _until_caught(
        self, checker: Checker, mistake: Mistake, problems: Sequence[Problem]
    ) -> Caught:
        function = mistake.backprop
        for number, problem in enumerate(problems, start=1):
            self.stage(f"{mistake.name}: {checker.name}")
            if not checker.accepts(function, problem):
                return number
        return None


def median_and_worst(caught: Sequence[Caught]) -> tuple[Caught, Caught]:
    """Over the seeds; None where one survived (the median counts it as more than all networks).

    >>> median_and_worst([1, 3, 2]), median_and_worst([1, None, 3])
    ((2, 3), (3, None))
    """
    beyond = NETWORKS + 1
    counts = [beyond if each is None else each for each in caught]
    middle, worst = statistics.median_high(counts), max(counts)
    return (None if middle == beyond else middle), (None if worst == beyond else worst)


def document(matrix: Matrix) -> dict[str, Any]:
    """The matrix as JSON has it."""
    return {
        "format": FORMAT,
        "networks": NETWORKS,
        "networks_of_checkers": NETWORKS_OF_CHECKERS,
        "seeds": matrix.seeds,
        "interrupted": matrix.interrupted,
        "mistakes": {
            row.mistake.name: {
                "cause": row.mistake.cause,
                "kind": row.mistake.kind,
                "caught": row.caught,
                "checkers": row.checkers,
            }
            for row in matrix.rows
        },
        "checkers": {
            name: {"version": version, "false_alarms": matrix.false_alarms[name]}
            for name, version in matrix.versions.items()
        },
        "skipped": matrix.skipped,
    }
