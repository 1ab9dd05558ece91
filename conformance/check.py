"""The judgement of implementations on drawn networks: two phases, and a report.

In the first phase every network that was asked for is drawn from a seed, and each verdict is
recorded, never raised, so that one failure does not end the run. In the second, each kind of
finding is shrunk once (`conformance.shrinking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from conformance.architectures import Architecture, pool
from conformance.assistants import Assistant, Share
from conformance.backends import Backend
from conformance.drawing import Case
from conformance.judge import Judge, Outcome
from conformance.report import Report
from conformance.sampling import drawn
from conformance.shrinking import shrink_findings
from conformance.tally import Tally
from manual_backprop.oracle.verdict import Verdict

MOST_LEFT = 10
"""Networks that are judged again after Ctrl-C, because another process found something wrong."""

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
        assistants: processes with the same targets, which judge a share of the networks of `pool()`
            unless some are replaced; the report is the same without them.
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
            share = Share(report.names, networks, seed, dtype, repeat_every, 0, processes)
            _judge_shares(report, targets, chosen, share, assistants, progress)
        for target, tally in zip(targets, report.tallies, strict=True):
            tally.notes = target.notes()
            shrink_findings(target, tally, shrinking)
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def _judge_shares(
    report: Report,
    targets: Sequence[Backend],
    architectures: Sequence[Architecture],
    share: Share,
    assistants: Sequence[Assistant],
    progress: Callable[[int], None],
) -> None:
    """The run's own share, while the assistants judge theirs; then what they leave to it."""
    own = 0

    def tell() -> None:
        for each in assistants:
            each.look()
        progress(own + sum(each.judged for each in assistants))

    for place, each in enumerate(assistants, start=1):
        each.begin(replace(share, place=place))
    try:
        for number, case, is_own in share.cases(architectures):
            report.expect(case.kind)
            if is_own:
                _judge_case(report, targets, number, case, share.repeats(number))
                own += 1
                tell()
        for each in assistants:
            each.wait(tell)
    except KeyboardInterrupt:
        for each in assistants:
            each.stop()
        _judge_left(report, targets, architectures, share, assistants, MOST_LEFT, progress)
        raise
    _judge_left(report, targets, architectures, share, assistants, share.networks, progress)


def _judge_left(
    report: Report,
    targets: Sequence[Backend],
    architectures: Sequence[Architecture],
    share: Share,
    assistants: Sequence[Assistant],
    most: int,
    progress: Callable[[int], None],
) -> None:
    """Add what the assistants counted, and judge what they left, at most so many networks."""
    left: set[int] = set()
    for place, each in enumerate(assistants, start=1):
        if each.counted is not None and each.counted.report.names == report.names:
            report.add_counts(each.counted.report)
            left.update(each.counted.left)
        else:  # the process ended, or could not load what the run did
            lost = replace(share, place=place).cases(architectures)
            left.update(number for number, _, is_own in lost if is_own)
    chosen = set(sorted(left)[:most])
    for number, case, _ in share.cases(architectures) if chosen else ():
        if number in chosen:
            _judge_case(report, targets, number, case, share.repeats(number))
            progress(max(tally.networks for tally in report.tallies))
    report.sort_findings()


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
