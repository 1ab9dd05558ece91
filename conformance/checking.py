"""One target judged: what it supports is found out, networks are drawn from that, and a diagnosis.

`manual-backprop check` and `check_backprop` both end here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from conformance.architectures import EVERYTHING, MIXED, Vocabulary, pool
from conformance.backends import Backend
from conformance.check import run
from conformance.diagnosis import diagnose
from conformance.errors import Misuse
from conformance.judge import Outcome
from conformance.limits import check_dtype, check_networks, check_size, check_whole
from conformance.report import Report, Tally
from conformance.support import Support, in_words, support
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.names import nearest
from manual_backprop.oracle.verdict import Judgement

VARIETY = 60
"""Larger architectures that networks are drawn from, for a target that compiles nothing."""


@dataclass(frozen=True)
class Options:
    """What a check is asked for.

    Attributes:
        networks: how many are to be judged.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: float64 or float32.
        activations, losses: names to restrict it to; all if there are none.
        max_depth: layers at most.
        max_width: units of a layer at most.
        max_batch: samples at most.
        hide_values: whether the report is to keep the expected numbers to itself.
    """

    networks: int = 200
    seed: int = 0
    dtype: str = "float64"
    activations: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    max_depth: int = EVERYTHING.max_depth
    max_width: int = EVERYTHING.max_width
    max_batch: int = EVERYTHING.max_batch
    hide_values: bool = False

    def __post_init__(self) -> None:
        """Raise Misuse for a number or a dtype that does not fit."""
        check_networks(self.networks)
        check_whole("--seed", self.seed)
        check_dtype(self.dtype)
        for name in ("max_depth", "max_width", "max_batch"):
            check_size(f"--{name.replace('_', '-')}", getattr(self, name))

    def vocabulary(self) -> Vocabulary:
        """What networks may be made of.

        Raises:
            Misuse: if there is no such activation or loss.
        """
        return replace(
            Vocabulary.of(
                _known("--activations", self.activations, ACTIVATIONS),
                _known("--losses", self.losses, LOSSES),
            ),
            max_depth=self.max_depth,
            max_width=self.max_width,
            max_batch=self.max_batch,
        )


def _known(option: str, names: tuple[str, ...], catalogue: Iterable[str]) -> tuple[str, ...]:
    """The names, or all of the catalogue; raise Misuse for one that is not in it."""
    all_names = tuple(catalogue)
    for name in names:
        if name not in all_names:
            raise Misuse(f"{option}: unknown name {name!r}: {nearest(name, list(all_names))}")
    return tuple(each for each in all_names if each in names) or all_names


def checked(
    target: Backend,
    options: Options,
    judged: Callable[[int], None] = lambda networks: None,
    stage: Callable[[str], None] = lambda what: None,
    check: Callable[[], None] = lambda: None,
) -> Report:
    """The report on one target.

    Args:
        target: what to judge.
        options: what is asked for.
        judged: called with the number of networks judged so far.
        stage: called with a line on whatever else goes on.
        check: called before each call of the target; it ends the run by KeyboardInterrupt.
    Raises:
        Misuse: if the options fit no network.
    """
    wanted = options.vocabulary()
    stage(f"finding out what {target.name} supports")
    try:
        found = support(target, wanted, options.dtype, check)
    except KeyboardInterrupt:
        return _nothing(target, options, interrupted=True)
    if found.stopped or not found.vocabulary.outputs:
        return _without_networks(target, options, found)
    compiled = target.declared is not None and target.declared.complete
    architectures = pool(found.vocabulary, *((MIXED,) if compiled else (VARIETY, options.seed)))
    report = run(
        [target],
        options.networks,
        options.seed,
        options.dtype,
        architectures,
        judged,
        stage,
        replacing=True,
    )
    report.supported = in_words(found.vocabulary, wanted.activations)
    report.hide_values = options.hide_values
    _add_probes(report.tallies[0], found)
    add_diagnosis(report, target, stage)
    return report


def _nothing(target: Backend, options: Options, interrupted: bool = False) -> Report:
    tally = Tally.of(target)
    return Report(options.seed, options.dtype, options.networks, [tally], interrupted=interrupted)


def _without_networks(target: Backend, options: Options, found: Support) -> Report:
    """Nothing that was wanted is supported, or no call comes to an end: the tiny networks alone."""
    report = _nothing(target, options)
    report.stopped = found.stopped
    report.supported = "" if found.stopped else "nothing of what was asked for"
    _add_probes(report.tallies[0], found)
    return report


def _add_probes(tally: Tally, found: Support) -> None:
    """What came out of finding out: reasons, and findings if the run has none of their kind."""
    tally.reasons.update(found.reasons)
    for case, outcome in found.findings:
        if not tally.kinds[outcome.kind]:
            tally.add(0, case, outcome)


def add_diagnosis(report: Report, target: Backend, stage: Callable[[str], None]) -> None:
    """What is probably wrong, where something is; Ctrl-C ends the search, and the report stays."""
    if report.interrupted:
        return
    [tally] = (each for each in report.tallies if each.name == target.name)
    failing = [
        (each.original.problem, _judgement(each.original_outcome, target, report.dtype))
        for each in tally.findings
    ]
    if failing:
        stage(f"looking for the cause: {target.name}")
        try:
            diagnosis = diagnose(target, failing, list(tally.passing.values()))
        except KeyboardInterrupt:
            report.interrupted = True
            return
        if not diagnosis.says_nothing:
            report.diagnoses[target.name] = diagnosis


def _judgement(outcome: Outcome, target: Backend, dtype: str) -> Judgement:
    """What the judge said; of a call without a result its kind and message."""
    if outcome.judgement is not None:
        return outcome.judgement
    return Judgement((), outcome.kind, float_format(dtype), target.order, outcome.message)
