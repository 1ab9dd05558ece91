"""What a target supports is found out; networks are drawn from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.architectures import pool
from conformance.backends import Backend, load
from conformance.backends.base import Declared
from conformance.calling import Failed
from conformance.check import run
from conformance.support import support
from conformance.vocabulary import Vocabulary
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.oracle.verdict import Verdict

from .planted import planted
from .students import backprops

FOUR = ("identity", "sigmoid", "tanh", "relu")


def found(function: Callable[..., Any], **limits: int) -> Vocabulary:
    """The vocabulary of a function."""
    return support(planted(function), replace(Vocabulary(), **limits)).vocabulary


def test_activations_losses_and_pairs_are_found() -> None:
    """Of 26 activations and 10 losses, just those that the function takes, in pairs it takes."""
    vocabulary = found(backprops.backprop)

    assert set(FOUR) == set(vocabulary.hidden)
    squared = {(name, "half_squared_error") for name in FOUR}
    assert squared | {("identity", "softmax_cross_entropy")} == set(vocabulary.outputs)
    assert vocabulary.uniform == "no"


def test_everything_is_found() -> None:
    """The hand-written gradient supports every activation, every loss and every pair."""
    vocabulary = found(load("backprop").backprop)

    assert set(ACTIVATIONS) == set(vocabulary.hidden)
    assert len(ACTIVATIONS) * len(LOSSES) == len(vocabulary.outputs)


@pytest.mark.parametrize(
    ("function", "uniform"), [(backprops.uniform, "hidden"), (backprops.one_for_all, "all")]
)
def test_layers_that_must_be_alike_are_found(function: Callable[..., Any], uniform: str) -> None:
    """A function of one activation for the hidden layers, or for all, is given such networks."""
    assert uniform == found(function).uniform


def test_a_function_of_two_layers_is_found() -> None:
    """Where one layer is too few, two are tried."""
    assert set(FOUR) == set(found(backprops.two_layers).hidden)


@pytest.mark.parametrize(
    "function",
    [backprops.backprop, backprops.uniform, backprops.one_for_all, backprops.two_layers],
)
def test_as_many_networks_are_judged_as_were_asked_for(function: Callable[..., Any]) -> None:
    """-n 60 means sixty networks judged, however little is supported."""
    target = planted(function)

    report = run([target], 60, architectures=pool(found(function), 60, 0), replacing=True)

    kinds = report.tallies[0].kinds
    assert 60 == sum(count for kind, count in kinds.items() if kind is not Verdict.UNSUPPORTED)
    assert report.exit_status == 0


def test_nothing_may_be_left() -> None:
    """A function that supports nothing has no vocabulary, and its reasons are kept."""
    result = support(planted(backprops.nothing), Vocabulary())

    assert () == result.vocabulary.outputs
    assert ["NotImplementedError, without a reason"] == list(result.reasons)


def test_another_dtype_may_be_supported() -> None:
    """A function of float32 alone supports nothing in float64, and as usual in float32."""
    target = planted(backprops.float32_only)

    assert () == support(target, Vocabulary(), "float64").vocabulary.outputs
    assert set(FOUR) == set(support(target, Vocabulary(), "float32").vocabulary.hidden)


def test_an_exception_counts_as_supported_and_is_kept() -> None:
    """What raises anything else is supported, and a finding there already."""
    result = support(planted(backprops.raises_on_relu), Vocabulary())

    assert "relu" in result.vocabulary.hidden
    assert {Verdict.RAISED} == {outcome.kind for _, outcome in result.findings}
    assert {"ZeroDivisionError: no relu today"} == {each.message for _, each in result.findings}


def test_what_is_declared_is_not_searched_beyond() -> None:
    """A target that declares its names is tried on those alone."""
    declared = Declared(activations=("tanh",), losses=("huber", "poisson"))
    seen: set[tuple[str, ...]] = set()

    def backprop(weights: Any, biases: Any, activations: Any, loss: str, *rest: Any) -> Any:
        seen.update([(*activations, loss)])
        return load("backprop").backprop(weights, biases, activations, loss, *rest)

    support(replace(planted(backprop), declared=declared), Vocabulary())

    assert {"tanh", "huber", "poisson"} == {name for names in seen for name in names}


def test_a_complete_declaration_is_believed() -> None:
    """Where every combination is declared there is no call at all."""

    def backprop(*arguments: Any) -> Any:
        raise AssertionError

    declared = Declared(activations=("tanh",), complete=True)
    result = support(replace(planted(backprop), declared=declared), Vocabulary())

    assert ("tanh",) == result.vocabulary.hidden
    assert [] == result.findings


def test_the_search_ends_where_no_call_does() -> None:
    """A target that is left alone after its failures is not searched on."""
    calls = []

    def backprop(*arguments: Any) -> Any:
        calls.append(1)
        raise Failed("timed_out", "no answer within 10 s", final=len(calls) == 3)

    result = support(Backend("slow", "reverse", "", backprop), Vocabulary())

    assert 3 == len(calls)
    assert "no answer within 10 s" == result.stopped


def test_limits_of_depth_are_kept() -> None:
    """With a depth of one no network of two layers is tried, and there are no hidden layers."""
    vocabulary = found(backprops.two_layers, max_depth=1)

    assert () == vocabulary.outputs
    assert () == found(backprops.backprop, max_depth=1).hidden
