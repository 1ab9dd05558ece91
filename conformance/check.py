"""The judgement of implementations on drawn networks: two phases, and a report.

In the first phase every network that was asked for is drawn from a seed, and each verdict is
recorded, never raised, so that one failure does not end the run. In the second, each kind of
finding is shrunk once (`conformance.shrinking`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import count, islice

from conformance.architectures import Architecture, pool
from conformance.assistants import Answers, Assistant, Share, replaying, stop
from conformance.backends import Backend
from conformance.drawing import Case
from conformance.judge import Judge, Outcome
from conformance.report import Report
from conformance.sampling import drawn
from conformance.shrinking import shrink_findings
from conformance.tally import Tally
from manual_backprop.oracle.verdict import Verdict

ROUNDS = 5
"""How often networks are drawn again in place of those that a target does not support."""


def run(
    targets: Sequence[Backend],
    networks: int = 1000,
    seed: int = 0,
    dtype: str = "float64",
    architectures: Sequence[Architecture] | None = None,
    progress: Callable[[int], None] = lambda judged: None,
    shrinking: Callable[[str], None] = lambda what: None,
    repeat_every: int = 4,
    replacing: bool = False,
    assistants: Sequence[Assistant] = (),
) -> Report:
    """Judge targets on networks drawn from a seed.

    Args:
        targets: what to judge; all on the same networks.
        networks: how many to draw.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: float16, float32 or float64.
        architectures: what to draw from; `pool()` if None.
        progress: called with the number of networks judged so far.
        shrinking: called with a line on the finding that is being shrunk.
        repeat_every: every such network is computed twice, to see whether a target repeats itself.
        replacing: whether another network takes the place of one that no target supports.
        assistants: processes with the same targets, which judge a share of the networks, unless
            some are replaced; the report is the same without them.
    Returns:
        Report; `interrupted` is set if Ctrl-C ended the run, with what there is by then.

    >>> from conformance.backends import load
    >>> run([load("backprop")], networks=20).tallies[0].count("wrong")
    0
    """
    chosen = tuple(pool() if architectures is None else architectures)
    report = Report(seed, dtype, networks, [Tally.of(target) for target in targets])
    try:
        if replacing:
            _judge_supported(report, targets, chosen, progress, repeat_every)
        else:
            processes = 1 + len(assistants)
            share = Share(report.names, chosen, networks, seed, dtype, repeat_every, 0, processes)
            _judge_shares(report, targets, share, assistants, progress)
        for target, tally in zip(targets, report.tallies, strict=True):
            tally.notes = target.notes()
            shrink_findings(target, tally, shrinking)
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def _judge_shares(
    report: Report,
    targets: Sequence[Backend],
    share: Share,
    assistants: Sequence[Assistant],
    progress: Callable[[int], None],
) -> None:
    """The run's own share, while the assistants judge theirs; then what they return or lose."""
    own = 0

    def tell() -> None:
        for each in assistants:
            each.look()
        progress(own + sum(each.judged for each in assistants))

    for place, each in enumerate(assistants, start=1):
        each.begin(replace(share, place=place))
    try:
        for number, case, place in share.cases():
            report.expect(case.kind)
            if place == share.place:
                _judge_case(report, targets, number, case, share.repeats(number))
                own += 1
                tell()
        for each in assistants:
            each.wait(tell)
    except KeyboardInterrupt:
        stop(assistants)
        _add_counted(report, targets, share, assistants)
        raise
    lost = _add_counted(report, targets, share, assistants)
    _judge_lost(report, targets, share, lost, progress)


def _add_counted(
    report: Report, targets: Sequence[Backend], share: Share, assistants: Sequence[Assistant]
) -> set[int]:
    """Add what the assistants counted, and judge the answers that they return.

    Returns:
        The places of those that counted nothing: they ended, or lack a target of the run.
    """
    lost: set[int] = set()
    returned: dict[int, Answers] = {}
    for place, each in enumerate(assistants, start=1):
        if each.counted is None or each.counted.report.names != report.names:
            lost.add(place)
        else:
            report.merge(each.counted.report)
            returned.update(each.counted.returned)
    others = report.empty()
    for number, case, _ in islice(share.cases(), max(returned, default=0)):
        if number in returned:
            judge, repeat = Judge(case.problem), share.repeats(number)
            outcomes = [
                judge.outcome(target, repeat, replaying(answers))
                for target, answers in zip(targets, returned[number], strict=True)
            ]
            others.add(number, case, judge, outcomes)
    report.merge(others)
    return lost


def _judge_lost(
    report: Report,
    targets: Sequence[Backend],
    share: Share,
    lost: Collection[int],
    progress: Callable[[int], None],
) -> None:
    """Judge the shares that nobody else did."""
    others, done = report.empty(), max((tally.networks for tally in report.tallies), default=0)
    try:
        for number, case, place in share.cases() if lost else ():
            if place in lost:
                _judge_case(others, targets, number, case, share.repeats(number))
                done += 1
                progress(done)
    finally:
        report.merge(others)


def _judge_case(
    report: Report, targets: Sequence[Backend], number: int, case: Case, repeat: bool
) -> list[Outcome]:
    """Every target on one network, recorded."""
    judge = Judge(case.problem)
    outcomes = [judge.outcome(target, repeat) for target in targets]
    report.add(number, case, judge, outcomes)
    return outcomes


def _judge_supported(
    report: Report,
    targets: Sequence[Backend],
    architectures: Sequence[Architecture],
    progress: Callable[[int], None],
    repeat_every: int,
) -> None:
    """As many networks as were asked for that some target supports; fewer if there are none.

    An architecture that is not supported once is left out from then on.
    """
    lacking: set[Architecture] = set()
    judged = 0
    for number, case in _again_and_again(report, architectures, lacking):
        outcomes = _judge_case(report, targets, number, case, (judged + 1) % repeat_every == 0)
        if all(each.kind is Verdict.UNSUPPORTED for each in outcomes):
            lacking.add(case.architecture)
            continue
        judged += 1
        progress(judged)
        final = [each.message for each in outcomes if each.final]
        if final:
            report.stopped = final[0]
        if final or judged == report.networks:
            return


def _again_and_again(
    report: Report, architectures: Sequence[Architecture], lacking: set[Architecture]
) -> Iterator[tuple[int, Case]]:
    """Numbered networks of the architectures that are not lacking, seed after seed."""
    numbers = count(1)
    for turn in range(ROUNDS):
        left = [each for each in architectures if each not in lacking]
        if not left:
            return
        for case in drawn(left, report.networks, report.seed + turn * 1_000_000_007, report.dtype):
            if case.architecture not in lacking:
                yield next(numbers), case
