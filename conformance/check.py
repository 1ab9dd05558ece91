"""The judgement of any implementation on drawn networks: two phases, and a report.

In the first phase every network that was asked for is drawn from a seed, and each verdict is
recorded, never raised, so that one failure does not end the run. In the second, Hypothesis shrinks
each kind of finding once, by what is *provably* wrong, so that a counterexample never drifts into
rounding noise.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import HypothesisException

from conformance.architectures import Architecture, pool
from conformance.backends import Backend
from conformance.backends.problems import as_arguments
from conformance.departures import departures_of
from conformance.report import Report, Tally
from conformance.strategies import REGIMES, Case, case_from, cases
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.accuracy import Departure
from manual_backprop.oracle.admissible import AdmissibleSet, Order, admissible
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.judging import judge_within
from manual_backprop.oracle.verdict import Judgement, Verdict

SHRINKS = 3
"""Findings of one kind that a run shrinks for one target; the others it counts."""


THOUSAND = 1000
"""Networks that are drawn ahead."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one call of one target on one problem came to.

    Attributes:
        kind: the verdict on the network.
        judgement: entry by entry; None if there was no result to judge.
        message: what happened, where the entries do not say it.
        repeats: whether a second call gave the same bits.
    """

    kind: Verdict
    judgement: Judgement | None
    message: str = ""
    repeats: bool = True


class Judge:
    """The admissible sets of one problem, computed once an order, for any number of targets."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.dtype = str(problem.dtype)
        self._sets: dict[tuple[Order, tuple[Departure, ...]], AdmissibleSet] = {}
        self._truth: Enclosure | None = None

    def truth(self) -> Enclosure:
        """The enclosure of the true gradient."""
        if self._truth is None:
            self._truth = enclose(self.problem.with_biases())
        return self._truth

    def allowed(self, order: Order, departures: tuple[Departure, ...] = ()) -> AdmissibleSet:
        """The admissible set of the order, with what is granted to one implementation."""
        names = {layer.activation.name for layer in self.problem.network.layers}
        names.add(self.problem.loss.name)
        own = tuple(each for each in departures if each.function in names)
        if (order, own) not in self._sets:
            target = float_format(self.dtype)
            self._sets[order, own] = admissible(self.problem, target, order, own)
        return self._sets[order, own]

    def outcome(self, target: Backend, repeat: bool = True) -> Outcome:
        """Call the target on copies of its own, once or twice; judge each answer that is new."""
        first = _call(target, self.problem)
        if isinstance(first, Outcome):
            return first
        outcome = self._judged(first, target)
        if outcome.kind.is_finding or not repeat:
            return outcome
        second = _call(target, self.problem)
        if _same_bits(first, second):
            return outcome
        again = second if isinstance(second, Outcome) else self._judged(second, target)
        if again.kind.is_finding:
            where = f"in a second call on the same problem: {again.message}".rstrip(" :")
            return replace(again, message=where, repeats=False)
        return replace(outcome, repeats=False)

    def _judged(self, result: Any, target: Backend) -> Outcome:
        """The verdict on one answer."""
        allowed = self.allowed(target.order, departures_of(target.name))
        judgement = judge_within(allowed, result, self.dtype, target.order, self.truth)
        return Outcome(judgement.kind, judgement, judgement.message)


def _call(target: Backend, problem: Problem) -> Any:
    """What the target returns, or the outcome that took its place."""
    arguments, untouched = as_arguments(problem), as_arguments(problem)
    try:
        with np.errstate(all="ignore"):
            result = target.backprop(*arguments)
    except NotImplementedError as reason:
        return Outcome(Verdict.UNSUPPORTED, None, str(reason))
    except Exception as error:
        return Outcome(Verdict.RAISED, None, f"{type(error).__name__}: {error}")
    changed = _changed(arguments, untouched)
    return Outcome(Verdict.CHANGED_INPUTS, None, changed) if changed else result


def _changed(arguments: tuple[Any, ...], untouched: tuple[Any, ...]) -> str:
    """Which arguments a call wrote to; empty if none."""
    names = ("weights", "biases", "activations", "loss", "inputs", "targets")
    changed = [
        name
        for name, now, before in zip(names, arguments, untouched, strict=True)
        if not _same(now, before)
    ]
    return f"the call changed its {', '.join(changed)}" if changed else ""


def _same(now: Any, before: Any) -> bool:
    """Whether two arguments agree to the bit."""
    if isinstance(before, np.ndarray):
        return (
            isinstance(now, np.ndarray)
            and now.dtype == before.dtype
            and (now.shape == before.shape and now.tobytes() == before.tobytes())
        )
    if isinstance(before, list):
        return len(now) == len(before) and all(map(_same, now, before))
    return bool(now == before)


def _same_bits(first: Any, second: Any) -> bool:
    """Whether two results agree to the bit."""
    try:
        return all(_same(list(b), list(a)) for a, b in zip(first, second, strict=True))
    except Exception:  # objects of any kind, which may refuse to be compared
        return False


# ── phase one: draw, judge, record ──


def run(
    targets: Sequence[Backend],
    networks: int = 1000,
    seed: int = 0,
    dtype: str = "float64",
    architectures: Sequence[Architecture] | None = None,
    progress: Callable[[int], None] = lambda judged: None,
    shrinking: Callable[[str], None] = lambda what: None,
    repeat_every: int = 4,
) -> Report:
    """Judge targets on networks drawn from a seed.

    Args:
        targets: what to judge; all on the same networks.
        networks: how many to draw.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: float16, float32 or float64.
        architectures: what to draw from, smallest first; `pool()` if None.
        progress: called with the number of networks judged so far.
        shrinking: called with a line on the finding that is being shrunk.
        repeat_every: every such network is computed twice, to see whether a target repeats itself.
    Returns:
        Report; `interrupted` is set if Ctrl-C ended the run, with what there is by then.

    >>> from conformance.backends import load
    >>> run([load("backprop")], networks=20).tallies[0].count("wrong")
    0
    """
    chosen = tuple(architectures or pool())
    report = Report(seed, dtype, networks, [Tally.of(target) for target in targets])
    try:
        for number, case in enumerate(drawn(chosen, networks, seed, dtype), start=1):
            judge = Judge(case.problem)
            for target, tally in zip(targets, report.tallies, strict=True):
                tally.add(number, case, judge.outcome(target, number % repeat_every == 0))
            report.add_resolution(judge)
            progress(number)
        for target, tally in zip(targets, report.tallies, strict=True):
            _shrink_findings(target, tally, chosen, seed, dtype, shrinking)
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def drawn(
    architectures: Sequence[Architecture], networks: int, seed: int, dtype: str
) -> Iterator[Case]:
    """The networks of a run: a share for each architecture, and of that for each regime.

    Hypothesis would dwell on a few of them, since it varies what it drew before; it begins with
    zeros, and draws constants that it found in the modules loaded. A thousand at a time, shuffled,
    so that a run that is interrupted has seen some of everything.
    """
    for start in range(0, networks, THOUSAND):
        parts = shares(architectures, min(THOUSAND, networks - start), seed + start)
        batch = [
            case
            for place, (architecture, count) in enumerate(parts)
            for case in _examples(architecture, count, seed * 1_000_003 + start + place, dtype)
        ]
        Random(seed).shuffle(batch)
        yield from batch


def shares(
    architectures: Sequence[Architecture], networks: int, seed: int
) -> list[tuple[Architecture, int]]:
    """How many networks each architecture gets: one, if there are as many; more by tickets.

    The larger ones have four tickets each.

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


def _examples(architecture: Architecture, count: int, seed: int, dtype: str) -> list[Case]:
    """That many cases of one architecture; regimes in turn, plain networks four times as many."""
    random = Random(seed)
    deck = [*REGIMES, *["plain"] * 3]
    whole, rest = divmod(count, len(deck))
    regimes = [*deck * whole, *random.sample(deck, rest)]
    return [case_from(random, architecture, regime, dtype) for regime in regimes]


_QUIET = settings(
    database=None,
    deadline=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
    print_blob=False,
)

# ── phase two: shrink each kind of finding once ──


def _shrink_findings(
    target: Backend,
    tally: Tally,
    architectures: Sequence[Architecture],
    seed: int,
    dtype: str,
    shrinking: Callable[[str], None],
) -> None:
    """Replace the first finding of each kind by the smallest network that has it."""
    for place, finding in enumerate(tally.smallest_findings(SHRINKS)):
        shrinking(f"shrinking: {target.name}, {finding.outcome.kind}")
        smaller = shrunk(target, finding.outcome.kind, architectures, finding.case, seed, dtype)
        outcome = Judge(smaller.problem).outcome(target)
        if outcome.kind is finding.outcome.kind:  # not so if the target answers as it likes
            tally.findings[place] = replace(finding, case=smaller, outcome=outcome)


def shrunk(
    target: Backend,
    kind: Verdict,
    architectures: Sequence[Architecture],
    case: Case,
    seed: int,
    dtype: str,
    tries: int = 500,
) -> Case:
    """The smallest case with that verdict: first the architecture, then Hypothesis the numbers.

    Hypothesis alone would shrink an architecture by its place in the list, and miss the few small
    ones that fail; likewise it would keep to a regime, so the one with short numbers is tried
    first. Without success the given case is returned.
    """

    def fails(candidate: Case) -> bool:
        return Judge(candidate.problem).outcome(target).kind == kind

    case = _of_smaller_architecture(case, fails, architectures, seed, dtype)
    phases = [Phase.generate, Phase.shrink]
    for regimes, most in ((REGIMES[:1], tries // 5), (REGIMES, tries)):
        with contextlib.suppress(HypothesisException), contextlib.redirect_stderr(io.StringIO()):
            return find(
                cases([case.architecture], dtype, regimes),
                fails,
                settings=settings(_QUIET, max_examples=most, phases=phases),
                random=Random(seed),
            )
    return case


def _of_smaller_architecture(
    case: Case,
    fails: Callable[[Case], bool],
    architectures: Sequence[Architecture],
    seed: int,
    dtype: str,
    draws: int = 10,
) -> Case:
    """A failing case of the smallest architecture that fails in a few draws; else the given one."""
    for architecture in architectures:
        if architecture.parameters >= case.architecture.parameters:
            break
        failing = filter(fails, _examples(architecture, draws, seed, dtype))
        if (smaller := next(failing, None)) is not None:
            return smaller
    return case
