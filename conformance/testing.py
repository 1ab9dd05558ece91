"""The checks in Python: `check_backprop` for a notebook or a script, and a decorator for pytest.

>>> import conformance
>>> def zeros(weights, biases, activations, loss, inputs, targets):
...     return [0 * W for W in weights], [0 * b for b in biases]
>>> report = conformance.check_backprop(zeros, networks=20, activations=["tanh"])
>>> report.exit_status
1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from conformance.backends import Backend
from conformance.calling import misfit
from conformance.checking import Options, checked
from conformance.drawing import REGIMES
from conformance.edges import EDGES, SWEEPS
from conformance.errors import Misuse
from conformance.limits import known_order
from conformance.publishing import kept
from conformance.render.diagnosis import diagnosis_lines
from conformance.render.findings import finding_text
from conformance.report import Report
from conformance.shown_report import ShownReport
from conformance.tally import is_decided
from manual_backprop.oracle.admissible import Order

Function = Callable[..., Any]
"""A function under test: (weights, biases, activations, loss, inputs, targets) to gradients."""


def check_backprop(
    function: Function,
    networks: int = 200,
    seed: int = 0,
    dtype: str = "float64",
    activations: str | Iterable[str] = (),
    losses: str | Iterable[str] = (),
    max_depth: int = 8,
    max_width: int = 16,
    max_batch: int = 33,
    order: Order = "reverse",
    hide_values: bool = False,
) -> ShownReport:
    """Judge a backpropagation on random networks, in this process.

    Args:
        function: called by position with weights, biases, activations, loss, inputs and targets;
            returns (weight_gradients, bias_gradients) of the mean loss, two lists of arrays. It
            raises NotImplementedError for what it does not support.
        networks: how many to judge.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: "float64" or "float32".
        activations: a name or names to restrict it to; without any, all that the function supports.
        losses: likewise.
        max_depth: layers at most.
        max_width: units of a layer at most.
        max_batch: samples at most.
        order: the class that it is judged by, "reverse" or "forward".
        hide_values: whether the report keeps the expected numbers to itself.
    Returns:
        A `Report`: `exit_status` is 0 if nothing is wrong; a notebook shows it as a page, `print`
        as text.
    Raises:
        Misuse: if an option does not fit, or the function takes other arguments; the message says
            what does.

    >>> from conformance.backends import load
    >>> report = check_backprop(load("backprop").backprop, networks=20)
    >>> print(str(report).splitlines()[-1])
    Nothing is wrong: backprop conforms wherever something could be decided.
    """
    options = Options(
        networks,
        seed,
        dtype,
        _names(activations),
        _names(losses),
        max_depth,
        max_width,
        max_batch,
        hide_values,
    )
    with np.errstate(all="warn", under="ignore"):  # NumPy's own: a notebook's may be to raise
        return ShownReport.of(checked(as_target(function, order), options))


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def as_target(function: Function, order: Order = "reverse") -> Backend:
    """The function as what the suite judges, under its own name.

    Raises:
        Misuse: if it is no function, takes other arguments, or the order is unknown.
    """
    name = str(getattr(function, "__name__", type(function).__name__))
    if fault := misfit(function, name):
        raise Misuse(fault)
    return Backend(name, known_order(order), "", function)


@dataclass(frozen=True)
class Check:
    """One kind of network, as a test that is called.

    Attributes:
        kind: "a batch of one", say.
        report: the report on all kinds, made when first called for.
    """

    kind: str
    report: Callable[[], Report]

    def __call__(self) -> None:
        """Fail with the finding and its diagnosis if one is wrong; skip if none is decided."""
        __tracebackhide__ = True
        import pytest

        report = self.report()
        counts = report.tallies[0].by_kind.get(self.kind, Counter())
        if not is_decided(counts):
            pytest.skip(f"no network of the kind {self.kind!r} was both supported and decided")
        if any(each.is_finding for each in counts):
            pytest.fail(failure(report, self.kind), pytrace=False)


def failure(report: Report, kind: str) -> str:
    """The findings on a kind of network, counted; one such finding in full, and the diagnosis."""
    [tally] = report.tallies
    counts = tally.by_kind[kind]
    wrong = {each: count for each, count in counts.items() if each.is_finding}
    parts = [f"{each} on {count} of {counts.total()}: {kind}" for each, count in wrong.items()]
    examples = [each for each in kept(report) if each.finding.outcome.kind in wrong]
    parts += [finding_text(each, report.hide_values) for each in examples[:1]]
    lines = [diagnosis_lines(each, report.hide_values) for each in report.diagnoses.values()]
    return "\n\n".join([*parts, *("\n".join(each) for each in lines)])


def parametrize_with_checks(function: Function, **options: Any) -> Callable[[Function], Any]:
    """A pytest decorator: one test for each kind of network, by the name of the kind.

        @parametrize_with_checks(my_backprop, networks=200)
        def test_my_backprop(check):
            check()

    Args:
        function: as for `check_backprop`; it is judged once, when the first test runs.
        options: those of `check_backprop`.
    """
    import pytest

    report = cache(lambda: check_backprop(function, **options))
    kinds = [*EDGES, *SWEEPS, *REGIMES]
    return pytest.mark.parametrize("check", [Check(each, report) for each in kinds], ids=kinds)
