"""The diagnosis: a planted mistake is named, a stranger described, and no number leaks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
import pytest

from conformance.architectures import Vocabulary, pool
from conformance.backends import Backend, load
from conformance.backends.base import Failed
from conformance.diagnosis import Diagnosis, diagnose
from conformance.diagnosis.conditions import condition_sentence
from conformance.diagnosis.memory import memory
from conformance.judge import Judge
from conformance.mistakes import MISTAKES, RIGHT
from conformance.sampling import drawn
from manual_backprop import Layer, Network, Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.verdict import Judgement, Verdict

Function = Callable[..., Any]
Pairs = list[tuple[Problem, Judgement]]

right = RIGHT.backprop


@cache
def judges(networks: int = 100, dtype: str = "float64") -> list[Judge]:
    """Judges of drawn networks, whose sets are computed once for all targets."""
    return [Judge(case.problem) for case in drawn(pool(), networks, 0, dtype)]


def judged(target: Backend, problems: Sequence[Judge]) -> tuple[Pairs, Pairs]:
    """Networks that fail and networks that pass; a call without a result has a verdict alone."""
    failing, passing = [], []
    for judge in problems:
        outcome = target_outcome(target, judge)
        if outcome.kind.is_finding:
            failing.append((judge.problem, outcome))
        elif outcome.kind is Verdict.CONFORMS:
            passing.append((judge.problem, outcome))
    return failing, passing


def target_outcome(target: Backend, judge: Judge) -> Judgement:
    """The judgement, or one without arrays."""
    outcome = judge.outcome(target)
    if outcome.judgement is not None:
        return outcome.judgement
    return Judgement((), outcome.kind, float_format(judge.dtype), target.order, outcome.message)


def diagnosed(
    function: Function,
    problems: Sequence[Judge] | None = None,
    order: Literal["reverse", "forward"] = "reverse",
) -> Diagnosis:
    """The diagnosis of a function on drawn networks, or on those given."""
    target = Backend("planted", order, "1", function)
    return diagnose(target, *judged(target, judges() if problems is None else problems))


def names(diagnosis: Diagnosis) -> list[str]:
    """The mistakes that it names."""
    return [match.mistake.name for match in diagnosis.matches]


# ── the catalogue ──


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_named_first(name: str) -> None:
    """A mistake of the catalogue that fails some network is the first that is named."""
    target = Backend("planted", "reverse", "1", MISTAKES[name].backprop)
    failing, passing = judged(target, judges(200))

    diagnosis = diagnose(target, failing, passing)

    assert failing
    assert name == diagnosis.matches[0].mistake.name
    assert diagnosis.matches[0].matched == diagnosis.matches[0].of


@pytest.mark.parametrize("name", ["no_slope_at_output", "bias_of_first_sample", "reversed_layers"])
def test_mistakes_are_named_in_float32_too(name: str) -> None:
    """The sets of the format that the target computes in are the ones to match."""
    assert [name] == names(diagnosed(MISTAKES[name].backprop, judges(100, "float32")))


def test_a_sentence_says_on_how_many_networks() -> None:
    """The words of the issue: the cause, and how many of how many networks agree."""
    sentences = diagnosed(MISTAKES["no_slope_at_output"].backprop).sentences()

    assert re.fullmatch(
        r"Your gradient equals what you get by leaving out f' at the output layer "
        r"\(matches on (\d+) of \1 failing networks\)\.",
        sentences[1],
    )


def test_a_target_that_fails_nothing_has_no_diagnosis() -> None:
    """Without a network that fails there is nothing to explain."""
    assert Diagnosis() == diagnosed(right, judges(20))


# ── implementations that share no line with the catalogue ──


def by_loops(
    output_slope: bool = True, over: Callable[[int, str], int] = lambda samples, part: samples
) -> Function:
    """Backpropagation on Python's floats, one sample and one weight at a time.

    Args:
        output_slope: whether f' is there at the output layer.
        over: (S, "weights" or "biases") ↦ what a sample's part is divided by.
    """
    f = {"tanh": math.tanh, "sin": math.sin, "identity": lambda p: p}
    df = {"tanh": lambda p: 1 - math.tanh(p) ** 2, "sin": math.cos, "identity": lambda p: 1.0}

    def backprop(W: Any, b: Any, names: Any, loss: str, X: Any, Y: Any) -> Any:
        of_weights, of_biases = [np.zeros_like(w) for w in W], [np.zeros_like(c) for c in b]
        for row, y in zip(X.tolist(), Y.tolist(), strict=True):
            x, p = [row], []
            for w, c, name in zip(W, b, names, strict=True):
                inner = [
                    c[i] + sum(w[i, j] * v for j, v in enumerate(x[-1])) for i in range(len(w))
                ]
                p.append([float(each) for each in inner])
                x.append([f[name](each) for each in p[-1]])
            bar = [v - t for v, t in zip(x[-1], y, strict=True)]
            for k in range(len(W) - 1, -1, -1):
                bare = k == len(W) - 1 and not output_slope
                slopes = [1.0 if bare else df[names[k]](each) for each in p[k]]
                delta = [slope * v for slope, v in zip(slopes, bar, strict=True)]
                for i, d in enumerate(delta):
                    of_biases[k][i] += d / over(len(X), "biases")
                    for j, v in enumerate(x[k]):
                        of_weights[k][i, j] += d * v / over(len(X), "weights")
                bar = [sum(W[k][i, j] * d for i, d in enumerate(delta)) for j in range(len(x[k]))]
        return of_weights, of_biases

    return backprop


def small_vocabulary() -> list[Judge]:
    """Networks of the functions that `by_loops` knows."""
    vocabulary = Vocabulary.of(["tanh", "sin", "identity"], ["half_squared_error"])
    return [Judge(case.problem) for case in drawn(pool(vocabulary), 60, 0, "float64")]


def test_loops_without_a_mistake_conform() -> None:
    """The implementation itself is right, so that what is named is what was planted."""
    assert Diagnosis() == diagnosed(by_loops(), small_vocabulary())


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (by_loops(output_slope=False), "no_slope_at_output"),
        (by_loops(over=lambda samples, part: 1), "no_mean"),
        (by_loops(over=lambda samples, part: samples**2), "mean_twice"),
        (
            by_loops(over=lambda samples, part: samples if part == "biases" else 1),
            "no_mean_of_weights",
        ),
    ],
)
def test_mistakes_in_loops_are_named(function: Function, name: str) -> None:
    """Other sums in another order have the mistake's name all the same: its set holds them."""
    assert [name] == names(diagnosed(function, small_vocabulary()))


def test_two_mistakes_at_once_are_named() -> None:
    """No f' at the output and no 1/S: no mistake of the catalogue alone, and both by name."""
    function = by_loops(output_slope=False, over=lambda samples, part: 1)
    diagnosis = diagnosed(function, small_vocabulary())

    assert ["no_slope_at_output + no_mean"] == names(diagnosis)
    assert diagnosis.sentences(leak_free=True)[1] == (
        "Probably a derivative of an activation is missing, and the gradient has a wrong factor."
    )


def test_a_mistake_that_goes_front_to_back_is_named() -> None:
    """The recursion of section 3 rounds otherwise; a factor in it is found inside wider sets."""
    recursion = load("recursion").backprop

    def doubled(*arguments: Any) -> Any:
        weights, biases = recursion(*arguments)
        return [2 * each for each in weights], [2 * each for each in biases]

    assert ["doubled"] == names(diagnosed(doubled, order="forward"))


# ── which layers ──


def test_layers_are_counted_back_from_the_output() -> None:
    """What is right behind the first wrong layer is said."""
    words = {
        name: diagnosed(MISTAKES[name].backprop).layers.split(", ", 1)[1]
        for name in (
            "no_slope_at_output",
            "output_layer_only",
            "four_layers_only",
            "biases_left_out",
            "one_entry_off",
        )
    }

    assert words == {
        "no_slope_at_output": "the output layer is wrong already.",
        "output_layer_only": "the output layer is right and the gradient is wrong from the layer "
        "before on.",
        "four_layers_only": "the last 4 layers are right and the gradient is wrong from the layer "
        "before on.",
        "biases_left_out": "only biases are wrong, all weights are right; the output layer is "
        "wrong already.",
        "one_entry_off": "only weights are wrong, all biases are right; only the first layer is "
        "wrong.",
    }


# ── several explanations ──


def one_layer(samples: int = 2) -> list[Judge]:
    """Networks on which the output layer is the first one, and there are no hidden ones."""
    return [Judge(Problem.random((2, 3), "tanh", samples=samples, seed=seed)) for seed in range(5)]


def test_what_one_layer_cannot_tell_a_deeper_network_does() -> None:
    """f' missing at the output or at the first layer: a network is searched for, and decides."""
    planted = MISTAKES["no_slope_at_first"].backprop
    diagnosis = diagnosed(planted, one_layer())

    assert ["no_slope_at_first"] == names(diagnosis)
    assert diagnosis.told_apart is not None
    assert diagnosis.told_apart[0].network.depth > 1
    assert "leaving out f' at the output layer" in diagnosis.told_apart[1]


def test_without_a_search_all_explanations_are_listed() -> None:
    """Each of the explanations is one, if no further network is asked for."""
    target = Backend("planted", "reverse", "1", MISTAKES["no_slope_at_first"].backprop)
    failing, passing = judged(target, one_layer())
    diagnosis = diagnose(target, failing, passing, distinguish=False)

    assert {"no_slope_at_first", "no_slope_at_output", "no_slopes"} <= {*names(diagnosis)}
    assert diagnosis.told_apart is None
    assert diagnosis.sentences()[2].startswith("Or your gradient equals")


def test_networks_that_pass_refute_an_explanation() -> None:
    """What would show on networks that pass comes after what would not, and says so."""

    def with_relu(*arguments: Any) -> Any:
        return (MISTAKES["doubled"].backprop if "relu" in arguments[2] else right)(*arguments)

    diagnosis = diagnosed(with_relu)

    assert ["doubled"] == names(diagnosis)
    assert diagnosis.matches[0].against > 0
    assert re.search(r"but \d+ pass on which it would show", diagnosis.sentences()[1])
    assert "It shows on networks with relu alone" in diagnosis.sentences()[2]


def test_two_mistakes_share_the_networks_out() -> None:
    """One loss with one mistake, the others with another: both are named, with their shares."""

    def two(*arguments: Any) -> Any:
        name = "negated_weights" if arguments[3] == "huber" else "mean_of_biases"
        return MISTAKES[name].backprop(*arguments)

    diagnosis = diagnosed(two)

    assert {"mean_of_biases", "negated_weights"} == {*names(diagnosis)}
    assert diagnosis.matches[0].of == sum(match.matched for match in diagnosis.matches)
    assert diagnosis.sentences()[1].startswith(f"On {diagnosis.matches[0].matched} of")


def test_errors_and_wrong_results_are_explained_apart() -> None:
    """A function that raises on one sample and is wrong on several has both named."""

    def both(*arguments: Any) -> Any:
        MISTAKES["squeezes_singles"].backprop(*arguments)
        return MISTAKES["negated_biases"].backprop(*arguments)

    assert ["negated_biases", "squeezes_singles"] == names(diagnosed(both))


# ── strangers ──


def changed(of_weights: Function, of_biases: Function) -> Function:
    """The right gradients, each array changed."""

    def backprop(*arguments: Any) -> Any:
        weights, biases = right(*arguments)
        return [of_weights(each) for each in weights], [of_biases(each) for each in biases]

    return backprop


def alike(change: Function) -> Function:
    """The same for weights and biases."""
    return changed(change, change)


def same(array: Any) -> Any:
    """No change."""
    return array


def decayed(*arguments: Any) -> Any:
    """0.3 W added."""
    weights, biases = right(*arguments)
    return [g + 0.3 * W for g, W in zip(weights, arguments[0], strict=True)], biases


def over_layers(*arguments: Any) -> Any:
    """Over the number of layers."""
    return [[each / len(arguments[0]) for each in part] for part in right(*arguments)]


STRANGERS: dict[str, tuple[Function, str]] = {
    "ratio": (alike(lambda g: g * 3), "Every wrong entry is 3 times the right one."),
    "of weights": (
        changed(lambda g: g * 2, lambda g: -g),
        "Every wrong entry of the weights is 2 times the right one.",
    ),
    "of biases": (
        changed(lambda g: g * 2, lambda g: -g),
        "Every wrong entry of the biases is the negative of the right one.",
    ),
    "size": (over_layers, "Every wrong entry is the right one, over the number of layers."),
    "decay": (decayed, "Every wrong entry is the right one and 0.3 times the parameter itself."),
    "shift": (alike(lambda g: g + 0.25), "Every wrong entry is the right one and 0.25."),
    "zeros": (
        changed(lambda g: g * (np.arange(len(g)) % 2 == 0)[:, None], same),
        "Every wrong entry is 0.",
    ),
    "clipped": (
        alike(lambda g: g.clip(-5, 5)),
        "Every wrong entry is 5 or -5, where the right one is larger: it is clipped.",
    ),
    "places": (
        changed(lambda g: g[::-1].copy(), same),
        "Every wrong entry is a right one that belongs to another place of its array.",
    ),
    "digits": (
        alike(lambda g: g * (1 + 1e-6 * np.sin(1e3 * g))),
        "Every wrong entry is off by 1e-06 of the largest of its array, or less: digits are lost, "
        "as in a shorter format, in finite differences, or by cancellation.",
    ),
}
"""What no mistake of the catalogue is, and what is said of it."""


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_are_described(name: str) -> None:
    """A mistake that the catalogue lacks is described by how the wrong entries look."""
    function, words = STRANGERS[name]
    diagnosis = diagnosed(function)

    assert not diagnosis.matches
    assert words in diagnosis.sentences()


def test_square_arrays_may_be_transposed() -> None:
    """Where every wrong array is square, its transpose is looked at."""
    problems = [Judge(Problem.random((3, 3, 3), samples=3, seed=seed)) for seed in range(5)]

    def halfway(*arguments: Any) -> Any:
        weights, biases = right(*arguments)
        return [weights[0].T.copy(), *weights[1:]], biases

    diagnosis = diagnosed(halfway, problems)

    assert "Every wrong entry is in an array that is transposed." in diagnosis.sentences()


@pytest.mark.parametrize(
    ("holds", "words"),
    [
        (lambda *a: len(a[4]) == 1, "of one sample"),
        (lambda *a: "tanh" in a[2], "with tanh"),
        (lambda *a: a[3] == "hinge", "with hinge"),
        (lambda *a: len(a[4]) >= 3, "of 3 and more samples"),
        (lambda *a: len(a[0]) >= 4, "of 4 and more layers"),
    ],
)
def test_what_failing_networks_have_in_common_is_said(holds: Function, words: str) -> None:
    """A mistake that shows on some kind of network alone is told by the kind."""
    strange = alike(lambda g: g * 1.3 + g**2 / 3)

    def backprop(*arguments: Any) -> Any:
        return (strange if holds(*arguments) else right)(*arguments)

    sentences = diagnosed(backprop).sentences()

    assert any(each.startswith(f"It shows on networks {words} alone") for each in sentences)


def test_a_few_networks_are_no_condition() -> None:
    """Of two networks nothing general is said."""
    assert condition_sentence([], []) == ""


def test_far_off_is_not_almost_right() -> None:
    """A weight in place of its gradient, 0, is beyond all floats too large: no digits are lost."""
    problems = [Judge(Problem(Network([Layer([[2.0**k]])]), [0.0], [0.0])) for k in (30, 40, 51)]

    diagnosis = diagnosed(lambda weights, biases, *_: (weights, biases), problems)

    assert "digits are lost" not in " ".join(diagnosis.sentences())


# ── state ──


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("accumulates", "it answers the right gradient and 1 times its answer before."),
        ("momentum", "it answers the right gradient and 0.9 times its answer before."),
        ("stale_forward", "It answers rightly only where the call before was on the same network."),
        ("dropout", "Called again on one network, it answers something else."),
    ],
)
def test_what_is_kept_from_call_to_call_is_seen(name: str, words: str) -> None:
    """Calls in turn show what an answer has of the one before."""
    diagnosis = diagnosed(MISTAKES[name].backprop)

    assert [name] == names(diagnosis)
    assert words in diagnosis.sentences()[-1]


@pytest.mark.parametrize("name", ["no_slopes", "doubled", "naive_tanh"])
def test_a_function_without_memory_has_none(name: str) -> None:
    """A mistake that answers alike each time is not said to remember."""
    found = memory(MISTAKES[name].backprop, Problem.random((2, 3, 2), samples=3))

    assert found is not None
    assert found.is_none


# ── a target that is not to be called again ──


def test_a_target_that_is_slow_is_not_called_again() -> None:
    """After a timeout what was returned before is explained, without another call."""
    target = Backend("planted", "reverse", "1", MISTAKES["doubled"].backprop)
    failing, passing = judged(target, judges(20))
    late = Judgement((), Verdict.TIMED_OUT, float_format("float64"), "reverse", "10 s")

    def called(*arguments: Any) -> Any:
        raise AssertionError("called again")

    slow = Backend("planted", "reverse", "1", called)
    diagnosis = diagnose(slow, [*failing, (failing[0][0], late)], passing)

    assert ["doubled"] == names(diagnosis)


def test_a_target_that_dies_meanwhile_spoils_nothing() -> None:
    """A call that comes to no result leaves the diagnosis to what is there."""
    target = Backend("planted", "reverse", "1", MISTAKES["doubled"].backprop)
    failing, passing = judged(target, judges(20))

    def dead(*arguments: Any) -> Any:
        raise Failed("raised", "the process is gone")

    assert ["doubled"] == names(diagnose(Backend("m", "reverse", "1", dead), failing, passing))


# ── nothing leaks ──


def leak_free_sentences() -> Iterator[tuple[str, list[str]]]:
    """Causes, and what graders see in their place, of some mistakes and of strangers."""
    for name in list(MISTAKES)[::5]:
        yield MISTAKES[name].cause, diagnosed(MISTAKES[name].backprop).sentences(leak_free=True)
    for function, _ in STRANGERS.values():
        yield "", diagnosed(function).sentences(leak_free=True)


def test_no_number_and_no_cause_leaks() -> None:
    """The leak-free words have counts of networks and layers alone, and never the cause itself."""
    for cause, sentences in leak_free_sentences():
        text = " ".join(sentences)
        assert not cause or cause not in text
        assert not re.search(r"\d[.e]\d|\d/\d|\d times", text)
