"""What a target supports, found out with tiny networks before the run.

Each activation under each loss, as the output of a network of one layer, or of two if it takes no
fewer; then each activation as a hidden layer; then whether layers may differ. NotImplementedError
says "not supported"; whatever else a call does counts as supported, and what is a finding there is
one of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from random import Random

from conformance.backends import Backend
from conformance.drawing import Case, case_from
from conformance.judge import Judge, Outcome
from conformance.vocabulary import Architecture, Uniform, Vocabulary
from manual_backprop.oracle.verdict import Verdict

PROBED = 6
"""Hidden activations between which differing layers are tried."""


@dataclass(eq=False)
class Support:
    """What was found out.

    Attributes:
        vocabulary: what networks for the target may be made of.
        reasons: why others are not, with how many tiny networks gave each reason.
        findings: the tiny networks on which something was wrong.
        stopped: why the search ended before its time; empty if it did not.
    """

    vocabulary: Vocabulary
    reasons: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[Case, Outcome]] = field(default_factory=list)
    stopped: str = ""


class _GaveUp(Exception):
    """There is no point in another call."""


def support(
    target: Backend,
    wanted: Vocabulary,
    dtype: str = "float64",
    check: Callable[[], None] = lambda: None,
) -> Support:
    """What the target supports of what is wanted.

    Args:
        target: what is judged; what it declares is believed where it is said to be complete.
        wanted: activations, losses and sizes.
        dtype: of the networks.
        check: called before each tiny network; it may end the search by raising.

    >>> from conformance.backends import load
    >>> support(load("backprop"), Vocabulary.of(["tanh"], ["huber"])).vocabulary.outputs
    (('tanh', 'huber'),)
    """
    wanted = _declared(target, wanted)
    if target.declared is not None and target.declared.complete:
        return Support(wanted)
    found = Support(wanted)
    try:
        return _Search(target, dtype, check, found).found()
    except _GaveUp as reason:
        found.stopped = str(reason)
        return found


def _declared(target: Backend, wanted: Vocabulary) -> Vocabulary:
    """What is left of the wish."""
    declared = target.declared
    if declared is None:
        return wanted

    def fits(name: str, names: Sequence[str] | None) -> bool:
        return names is None or name in names

    return replace(
        wanted,
        hidden=tuple(each for each in wanted.hidden if fits(each, declared.activations)),
        outputs=tuple(
            (f, loss)
            for f, loss in wanted.outputs
            if fits(f, declared.activations) and fits(loss, declared.losses)
        ),
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """The tiny networks of one target."""

    target: Backend
    dtype: str
    check: Callable[[], None]
    support: Support

    def found(self) -> Support:
        """The support, once all is tried."""
        wanted = self.support.vocabulary
        outputs = tuple(each for each in wanted.outputs if self.takes_output(*each))
        found = replace(wanted, outputs=outputs, hidden=())
        if outputs and wanted.max_depth > 1:
            hidden = tuple(each for each in wanted.hidden if self.takes_hidden(each, found))
            found = replace(found, hidden=hidden)
            found = replace(found, uniform=self.uniform(found))
        self.support.vocabulary = found
        return self.support

    def takes_output(self, f: str, loss: str) -> bool:
        """Whether the last layer may have that activation under that loss."""
        return self.takes((f,), loss) or (
            self.support.vocabulary.max_depth > 1 and self.takes((f, f), loss)
        )

    def takes_hidden(self, name: str, found: Vocabulary) -> bool:
        """Whether a layer before the last may have that activation."""
        own = [each for each in found.outputs if each[0] == name]
        return any(self.takes((name, f), loss) for f, loss in [found.plainest, *own[:1]])

    def uniform(self, found: Vocabulary) -> Uniform:
        """Which layers must be alike."""
        f, loss = found.plainest
        others = [name for name in found.hidden if name != f][:PROBED]
        if others and not any(self.takes((name, f), loss) for name in others):
            return "all"
        pairs = list(pairwise(others))
        if found.max_depth > 2 and pairs and not any(self.takes((*p, f), loss) for p in pairs):
            return "hidden"
        return "no"

    def takes(self, activations: tuple[str, ...], loss: str) -> bool:
        """Whether the target answers on such a network; findings are kept."""
        self.check()
        widths = (1, *(2 for _ in activations))
        architecture = Architecture(widths, activations, loss, samples=1)
        case = case_from(Random(0), architecture, "dyadic", self.dtype)
        outcome = Judge(case.problem).outcome(self.target, repeat=False)
        if outcome.kind is Verdict.UNSUPPORTED:
            self.support.reasons[outcome.message] += 1
            return False
        if outcome.kind.is_finding:
            self.support.findings.append((case, outcome))
        if outcome.final:
            raise _GaveUp(outcome.message)
        return True


def in_words(vocabulary: Vocabulary, of: Iterable[str]) -> str:
    """The activations and losses, briefly.

    >>> in_words(Vocabulary.of(["tanh"], ["huber"]), ["tanh", "relu"])
    '1 of 2 activations (tanh) and 1 loss (huber)'
    """
    activations, losses = vocabulary.activations, vocabulary.losses
    word = "loss" if len(losses) == 1 else "losses"
    return (
        f"{len(activations)} of {len(list(of))} activations ({', '.join(activations)}) "
        f"and {len(losses)} {word} ({', '.join(losses)})"
    )
