"""From what a target returned to what is probably wrong with it.

First, which layers are right and from which on they are not. Then each mistake of the catalogue is
computed on the networks that fail, and matched inside its own admissible set; it must hold on the
networks that pass too. Where several explain it all, a network that tells them apart is searched
for. What no mistake of the catalogue explains is described.
"""

from __future__ import annotations

from conformance.backends.base import Backend
from conformance.diagnosis.conditions import condition_sentence
from conformance.diagnosis.diagnosis import Diagnosis, Match
from conformance.diagnosis.entries import Remark
from conformance.diagnosis.layers import layers_sentence
from conformance.diagnosis.observed import NO_RESULT, Observed, Pairs, observed
from conformance.diagnosis.remarks import remarks
from conformance.diagnosis.search import explanations
from conformance.diagnosis.state import remembering
from conformance.diagnosis.telling import told_apart
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict

__all__ = ["Diagnosis", "Match", "diagnose"]

FAILING = 40
"""Networks that fail on which mistakes are computed; small and large ones alike."""

PASSING = 60
"""Networks that pass against which an explanation is held."""

MOST_TOLD_APART = 6
"""Explanations that a network is searched for to tell apart."""


def diagnose(
    target: Backend, failing: Pairs, passing: Pairs = (), distinguish: bool = True
) -> Diagnosis:
    """What is probably wrong with a target.

    Args:
        target: called again a few times, where what it returned is not kept, to see whether it
            remembers its calls, and on networks that tell explanations apart.
        failing: networks with a finding, and what the judge said of them; one without a result
            has a judgement of that kind and no arrays.
        passing: networks that conform.
        distinguish: whether to search for a network where several explanations are left.
    Returns:
        Diagnosis; it says nothing of a target that fails no network.

    >>> from conformance.judge import Judge
    >>> from conformance.mistakes import MISTAKES
    >>> target = Backend("mine", "reverse", "1", MISTAKES["no_slope_at_output"].backprop)
    >>> problem = Problem.random((2, 3, 2), samples=3)
    >>> diagnosis = diagnose(target, [(problem, Judge(problem).outcome(target).judgement)])
    >>> print(diagnosis.sentences()[0])
    On the failing network, the output layer is wrong already.
    >>> print(diagnosis.sentences(leak_free=True)[1])
    Probably a derivative of an activation is missing.
    """
    slow = any(judgement.kind is Verdict.TIMED_OUT for _, judgement in failing)
    asked = None if slow else target
    seen, others = observed(asked, failing, FAILING), observed(asked, passing, PASSING)
    found = remembering(asked, seen) if asked else None
    if found is not None:
        return Diagnosis("", found[0], None, (found[1],))
    parts = [_part(asked, group, others, distinguish) for group in _groups(seen)]
    return Diagnosis(
        layers_sentence(seen),
        tuple(match for part in parts for match in part.matches),
        next((part.told_apart for part in parts if part.told_apart), None),
        tuple(remark for part in parts for remark in part.description),
    )


def _groups(seen: list[Observed]) -> list[list[Observed]]:
    """Networks with a result, and networks where an error or the like took its place."""
    ended = [each.judgement.kind in NO_RESULT for each in seen]
    groups = [
        [each for each, end in zip(seen, ended, strict=True) if end is kind]
        for kind in (False, True)
    ]
    return [group for group in groups if group]


def _part(
    target: Backend | None, seen: list[Observed], others: list[Observed], distinguish: bool
) -> Diagnosis:
    """What explains one group; the target is called only if there is one."""
    matches, apart = explanations(seen, others), None
    several = 1 < len(matches) <= MOST_TOLD_APART and matches[0].is_whole
    if target and distinguish and several:
        matches, apart = _narrowed(target, matches, [each.problem for each in seen])
    return Diagnosis("", tuple(matches), apart, tuple(_description(matches, seen, others)))


def _narrowed(
    target: Backend, matches: list[Match], like: list[Problem]
) -> tuple[list[Match], tuple[Problem, str] | None]:
    """The matches that hold on a network that tells them apart, and the network with a sentence."""
    found = told_apart(target, [each.mistake for each in matches], like)
    if found is None:
        return matches, None
    problem, left = found
    gone = [each.mistake.cause for each in matches if each.mistake not in left]
    shape = "-".join(map(str, problem.network.widths))
    words = f"A network of widths {shape} rules out: {'; '.join(gone)}."
    return [each for each in matches if each.mistake in left], (problem, words)


def _description(
    matches: list[Match], seen: list[Observed], others: list[Observed]
) -> list[Remark]:
    """Where it shows, and how the entries look, if no mistake explains it all."""
    if matches and matches[0].is_whole:
        return []
    words = condition_sentence(seen, others)
    where = [Remark(words, words)] if words else []
    return where if matches else where + remarks(seen)
