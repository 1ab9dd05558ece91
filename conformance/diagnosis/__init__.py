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
from conformance.diagnosis.layers import layers_sentence
from conformance.diagnosis.observed import Observed, Pairs, observed
from conformance.diagnosis.remarks import Remark, remarks
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
    On the one network that fails, the output layer is wrong already.
    >>> print(diagnosis.sentences(leak_free=True)[1])
    Probably a derivative of an activation is missing.
    """
    if not failing:
        return Diagnosis()
    if any(judgement.kind is Verdict.TIMED_OUT for _, judgement in failing):
        return _of_slow(target, failing, passing)
    seen, others = observed(target, failing, FAILING), observed(target, passing, PASSING)
    found = remembering(target, seen)
    if found is not None:
        return Diagnosis("", found[0], None, (found[1],))
    matches, apart = explanations(seen, others), None
    if distinguish and 1 < len(matches) <= MOST_TOLD_APART and matches[0].is_whole:
        matches, apart = _narrowed(target, matches, [each.problem for each in seen])
    words = _description(matches, seen, others)
    return Diagnosis(layers_sentence(seen), tuple(matches), apart, tuple(words))


def _of_slow(target: Backend, failing: Pairs, passing: Pairs) -> Diagnosis:
    """Of a target that took too long: it is not called again."""
    slow = [Observed(*pair, None) for pair in failing if pair[1].kind is Verdict.TIMED_OUT]
    quick = [Observed(*pair, None) for pair in passing]
    sentence = condition_sentence(slow, quick) or "Calls took longer than they were given."
    return Diagnosis(description=(Remark(sentence, sentence),))


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
    """Where it shows, and how the entries look if no mistake explains it all."""
    if matches and matches[0].is_whole:
        return []
    words = condition_sentence(seen, others)
    where = [Remark(words, words)] if words else []
    explained = matches and all(match.matched == match.of for match in matches)
    return where if explained else where + remarks(seen)
