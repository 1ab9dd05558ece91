"""Whether a target's answers depend on the calls before, and which mistakes remember alike."""

from __future__ import annotations

from conformance.backends.base import Backend
from conformance.diagnosis.diagnosis import Match
from conformance.diagnosis.entries import Remark
from conformance.diagnosis.memory import depending, memory
from conformance.diagnosis.observed import NO_RESULT, REFORMED, Observed
from conformance.mistakes import MISTAKES
from conformance.mistakes.kinds import STATE

TRIED = 3
"""Networks that are called again: what was kept of a network that overflows hides all else."""


def remembering(
    target: Backend, failing: list[Observed]
) -> tuple[tuple[Match, ...], Remark] | None:
    """The mistakes that remember as the target does, and a sentence; None if it does not.

    Args:
        target: called five times each on networks where most entries depend on the samples.
        failing: networks that fail.
    """
    results = [each for each in failing if each.judgement.kind not in (*NO_RESULT, *REFORMED)]
    problems = sorted((each.problem for each in results), key=depending, reverse=True)
    for problem in problems[:TRIED]:
        seen = memory(target.backprop, problem)
        if seen is not None and not seen.is_none:
            mistakes = [each for each in MISTAKES.values() if each.kind == STATE]
            alike = [each for each in mistakes if memory(each.backprop, problem) == seen]
            remark = Remark(seen.words, "An answer depends on the calls before it.")
            return tuple(Match(each, 1, 1) for each in alike), remark
    return None
