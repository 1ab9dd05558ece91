"""The judgement of one target on one problem: what its call came to, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from conformance.backends import Backend
from conformance.backends.problems import as_arguments
from conformance.calling import Failure, called, same_bits
from conformance.departures import departures_of
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.accuracy import Departure
from manual_backprop.oracle.admissible import AdmissibleSet, Order, admissible
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.judging import judge_within
from manual_backprop.oracle.verdict import Judgement, Verdict

Call = Callable[[Callable[..., Any], tuple[Any, ...]], Any]
"""What `called` is: a function and arguments ↦ the answer, or a `Failure`."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one call of one target on one problem came to.

    Attributes:
        kind: the verdict on the network.
        judgement: entry by entry; None if there was no result to judge.
        message: what happened, where the entries do not say it.
        repeats: whether a second call gave the same bits.
        final: whether there is no point in another call.
    """

    kind: Verdict
    judgement: Judgement | None
    message: str = ""
    repeats: bool = True
    final: bool = False

    @property
    def words(self) -> str:
        """The message of the result as a whole, or the first of its arrays; "" if entries say it.

        As the target has it: what is shown of it has to be harmless first.
        """
        arrays = self.judgement.arrays if self.judgement else ()
        messages = [self.message, *(array.message for array in arrays)]
        return "; ".join([each for each in messages if each][:2])


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

    def outcome(self, target: Backend, repeat: bool = True, call: Call = called) -> Outcome:
        """Call the target on copies of its own, once or twice; judge each answer that is new."""
        first = call(target.backprop, as_arguments(self.problem))
        outcome = self._judged(first, target)
        if outcome.judgement is None or outcome.kind.is_finding or not repeat:
            return outcome
        second = call(target.backprop, as_arguments(self.problem))
        if same_bits(first, second):
            return outcome
        again = self._judged(second, target)
        if again.kind.is_finding:
            where = f"in a second call on the same problem: {again.message}".rstrip(" :")
            return replace(again, message=where, repeats=False)
        return replace(outcome, repeats=False)

    def _judged(self, result: Any, target: Backend) -> Outcome:
        """The verdict on one answer, or on what took its place."""
        if isinstance(result, Failure):
            return Outcome(Verdict(result.kind), None, result.message, final=result.final)
        known = departures_of(target.name) if target.version else ()  # a user's has no version
        allowed = self.allowed(target.order, known)
        judgement = judge_within(allowed, result, self.dtype, target.order, self.truth)
        return Outcome(judgement.kind, judgement, judgement.message)
