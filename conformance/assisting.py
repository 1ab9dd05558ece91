"""The process that judges shares of a run: it loads the backends, and counts when asked.

    python -m conformance.assisting DESCRIPTOR NAME...

It talks through a connection of its own; `conformance.assistants` is the other end.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from conformance.assistants import Answers, Counted, Share
from conformance.backends import Backend, load
from conformance.calling import called
from conformance.judge import Call, Judge, Outcome
from conformance.report import Report
from conformance.tally import MOST_KEPT, PASSING_KEPT, Tally
from manual_backprop.oracle.verdict import Verdict


def assist(connection: Connection, names: Sequence[str]) -> None:
    """Load the backends, and judge shares until there is nobody to tell."""
    targets = []
    for name in dict.fromkeys(names):
        with contextlib.suppress(Exception):  # the run tells why; it goes on without it, too
            targets.append(load(name))
    with contextlib.suppress(EOFError, OSError):
        while True:
            share = connection.recv()
            if share is not None:  # else it was told to stop when it was ready
                able = list(share.targets) == [each.name for each in targets]
                connection.send(counted(targets if able else [], share, connection))


def counted(targets: Sequence[Backend], share: Share, connection: Connection) -> Counted:
    """The verdicts on its networks, until it is told to stop; nothing without targets."""
    tallies = [Tally.of(target) for target in targets]
    report = Report(share.seed, share.dtype, share.networks, tallies)
    returned: dict[int, Answers] = {}
    kept = [Kept() for _ in targets]
    if not targets:
        return Counted(report, returned)
    own = ((number, case) for number, case, place in share.cases() if place == share.place)
    for done, (number, case) in enumerate(own, start=1):
        judge = Judge(case.problem)
        answers: Answers = [[] for _ in targets]
        outcomes = [
            judge.outcome(target, share.repeats(number), recording(each))
            for target, each in zip(targets, answers, strict=True)
        ]
        is_kept = [each.keeps(outcome) for each, outcome in zip(kept, outcomes, strict=True)]
        if any(is_kept):
            returned[number] = answers
        else:
            report.add(number, case, judge, outcomes)
        connection.send(done)
        if connection.poll():
            connection.recv()
            break
    for tally in tallies:
        tally.passing.clear()
        tally.findings.clear()
    return Counted(report, returned)


@dataclass
class Kept:
    """How many networks of one target a report would have kept by now, by what they are."""

    counts: Counter[bool] = field(default_factory=Counter)

    def keeps(self, outcome: Outcome) -> bool:
        """Whether it keeps that one, too."""
        is_finding = outcome.kind.is_finding
        if not is_finding and outcome.kind is not Verdict.CONFORMS:
            return False
        self.counts[is_finding] += 1
        return self.counts[is_finding] <= (MOST_KEPT if is_finding else PASSING_KEPT)


def recording(answers: list[Any]) -> Call:
    """`called`, each answer appended."""

    def call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        answers.append(called(function, arguments))
        return answers[-1]

    return call


if __name__ == "__main__":
    assist(Connection(int(sys.argv[1])), sys.argv[2:])
