"""The catalogue: right where no seam is overridden, caught where one is, within sets of its own."""

from __future__ import annotations

import pickle
import re
from functools import cache, partial
from typing import Any

import numpy as np
import pytest

from conformance.architectures import pool
from conformance.backends import Backend
from conformance.backends.problems import as_arguments
from conformance.calling import called
from conformance.judge import Judge, Outcome
from conformance.mistakes import MISTAKES, RIGHT, Mistake, formulas
from conformance.mistakes.kinds import ARGUMENTS, FORM, FRAGILE, KINK, STATE
from conformance.mistakes.pairs import both, pairs_of
from conformance.sampling import drawn
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.backprop import backprop
from manual_backprop.objective import objective
from manual_backprop.oracle import admissible
from manual_backprop.oracle.verdict import Verdict

EACH = pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
WITH_SETS = [name for name, mistake in MISTAKES.items() if mistake.sets is not None]
"""All but those that remember, or write to their arguments, or raise an error."""

DRAWN = 60
"""Networks that a mistake is tried on, beside one of its own."""


@cache
def judges(dtype: str = "float64") -> list[Judge]:
    """Judges of drawn networks, whose sets are computed once for all mistakes."""
    return [Judge(case.problem) for case in drawn(pool(), DRAWN, 0, dtype)]


def outcomes(mistake: Mistake, problems: list[Judge]) -> list[Outcome]:
    """What a check makes of one run of the mistake, each network called twice."""
    target = Backend("planted", "reverse", "1", mistake.backprop)
    return [judge.outcome(target) for judge in problems]


# ── networks on which mistakes show that drawn ones may miss ──


def unit(name: str, *p: float, loss: str = "identity_sum", target: float = 0.0) -> Problem:
    """f(w x) at w = 1, so that the pre-activations are p, one sample each."""
    rows = np.array(p)[:, None]
    return Problem(Network([Layer([[1.0]], [0.0], name)]), rows, 0 * rows + target, loss)


def ending(loss: str, x: list[float], y: list[float]) -> Problem:
    """A loss of outputs x and targets y, behind one linear layer."""
    layers = [Layer(np.eye(len(x)), np.zeros(len(x)))]
    return Problem(Network(layers), [x], [y], loss)


OWN: dict[str, Problem] = {
    "samples_beyond_sixteen": Problem.random((2, 3, 1), samples=19),
    "leaky_kink": unit("leaky_relu", 0.0, 1.0),
    "elu_kink": unit("elu", 0.0, 1.0),
    "hard_swish_kink": unit("hard_swish", 3.0),
    "softplus_at_zero": unit("softplus", 0.0),
    "softplus_threshold": unit("softplus", 25.0),
    "small_slopes_are_zero": unit("sigmoid", 22.0),
    "clipped_probabilities": ending("binary_cross_entropy_with_logits", [18.0], [0.0]),
    "naive_sigmoid": unit("sigmoid", -800.0),
    "naive_tanh": unit("tanh", 800.0),
    "naive_softplus": unit("softplus", 800.0),
    "naive_softmax_cross_entropy": ending("softmax_cross_entropy", [800.0, 0.0], [0.0, 1.0]),
    "naive_binary_cross_entropy_with_logits": ending(
        "binary_cross_entropy_with_logits", [40.0], [0.0]
    ),
    "naive_log_cosh": ending("log_cosh", [800.0], [0.0]),
}
"""Large batches, kinks and tails: sixty drawn networks need not have them for every function."""


@pytest.mark.parametrize("name", OWN)
def test_mistakes_of_the_tails_show_where_they_should(name: str) -> None:
    """One unit at the place that a mistake is about is enough to catch it, as its kind says."""
    [outcome] = outcomes(MISTAKES[name], [Judge(OWN[name])])

    assert MISTAKES[name].verdict is outcome.kind


# ── no mistake ──


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_without_a_mistake_it_is_the_hand_written_recursion(dtype: str) -> None:
    """The seams as they stand give what `manual_backprop.backprop` gives, bit for bit."""
    for judge in judges(dtype):
        problem = judge.problem.with_biases()
        with np.errstate(all="ignore"):  # some overflow, and are to
            _, _, expected = backprop(
                problem.network.layers, problem.inputs, partial(objective, problem)
            )
        found = zip(*RIGHT.backprop(*as_arguments(judge.problem)), strict=True)

        assert [bits(*each) for each in expected] == [bits(*each) for each in found]


def bits(*gradients: Any) -> list[Any]:
    """Dtypes and bytes."""
    return [(each.dtype, each.tobytes()) for each in gradients]


def test_without_a_mistake_it_allows_what_the_class_allows() -> None:
    """The seams as they stand give the admissible set of the order "reverse", to the last bit."""
    for judge in judges():
        expected = admissible(judge.problem, float_format("float64"))
        found = RIGHT.admissible(judge.problem, float_format("float64"))

        assert found is not None
        for one, other in zip(arrays(expected), arrays(found), strict=True):
            assert np.array_equal(one.midpoint, other.midpoint)
            assert np.array_equal(one.radius, other.radius)
        assert expected.kinks == found.kinks


def test_without_a_mistake_nothing_is_found() -> None:
    """The seams as they stand have no finding on any network."""
    found = [*outcomes(RIGHT, judges()), *outcomes(RIGHT, [*map(Judge, OWN.values())])]

    assert not any(outcome.kind.is_finding for outcome in found)


# ── each is caught, at an entry of its own ──


@EACH
def test_each_mistake_is_caught(mistake: Mistake) -> None:
    """Some network has the finding that the mistake leads to; no entry of a finding is right."""
    own = [Judge(OWN[mistake.name])] if mistake.name in OWN else []
    problems = [*judges(), *own]

    found = outcomes(mistake, problems)

    assert mistake.verdict in {outcome.kind for outcome in found}
    if mistake.kind not in (STATE, ARGUMENTS, FRAGILE, FORM):
        for judge, outcome in zip(problems, found, strict=True):
            assert not outcome.kind.is_finding or is_affected(mistake, judge.problem, outcome)


def is_affected(mistake: Mistake, problem: Problem, outcome: Outcome) -> bool:
    """Whether the worst entry is one that the mistake changes: its bits are not the right ones."""
    assert outcome.judgement is not None
    worst = outcome.judgement.worst()
    assert worst is not None
    array, place = worst
    part = 0 if array.name == "weights" else 1
    right = RIGHT.backprop(*as_arguments(problem))[part][array.layer][place]
    return bool(array.given[place] != float(right))


# ── each stays within its own set, which is not the right one ──


BEYOND = {each.name for each in formulas.MISTAKES}
"""What these formulas give where they fail, no set says."""


@pytest.mark.parametrize("name", [name for name in WITH_SETS if name not in BEYOND])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_lie_in_the_mistakes_own_set(name: str, dtype: str) -> None:
    """What the function with the mistake returns is allowed by the mistake, in shape and value."""
    mistake = MISTAKES[name]
    problems = [judge.problem for judge in judges(dtype) if mistake.concerns(judge.problem)]

    assert problems
    assert all(lies_within(mistake, problem) for problem in problems)


@pytest.mark.parametrize("name", sorted(BEYOND))
def test_naive_formulas_lie_in_the_right_set_where_they_work(name: str) -> None:
    """Away from saturation a naive formula is as good as the class asks."""
    mistake = MISTAKES[name]
    [function] = mistake.of
    problem = (
        Problem.random((3, 4, 2), function, samples=5)
        if function in ACTIVATIONS
        else Problem.random((3, 4, 2), ["tanh", "identity"], function, samples=5)
    )

    assert lies_within(mistake, problem)


def lies_within(mistake: Mistake, problem: Problem) -> bool:
    """Whether every entry is in the set; anything is where nothing is known."""
    allowed = mistake.admissible(problem, float_format(str(problem.dtype)))
    assert allowed is not None
    result = [each for part in mistake.backprop(*as_arguments(problem)) for each in part]
    for sets, given in zip(arrays(allowed), result, strict=True):
        entries = np.asarray(given, np.float64)
        assert sets.shape == entries.shape
        with np.errstate(all="ignore"):
            inside = np.abs(entries - sets.midpoint) <= sets.radius
        if not np.all(inside | np.isinf(sets.radius)):
            return False
    return True


def arrays(sets: Any) -> list[Any]:
    """Weights and then biases."""
    return [*sets.weights, *sets.biases]


WIDER = {*BEYOND, "shorter_inside", "shorter_result", "lists_for_arrays"}
"""Their sets hold the right one: the formulas, the form of the result, a shorter format."""

ON_A_KINK = {"hard_swish_kink"}
"""No rounded sum is surely 3, so its set holds both; of a layer of zeros it is surely 0."""


@pytest.mark.parametrize("name", [each for each in WITH_SETS if each not in WIDER | ON_A_KINK])
def test_each_set_is_somewhere_disjoint_from_the_right_one(name: str) -> None:
    """On some network no right implementation can return what the mistake gives."""
    mistake = MISTAKES[name]
    zeros = [
        Problem(Network([Layer([[0.0]], [0.0], each), Layer([[1.0]], [0.0])]), [1.0], [1.0])
        for each in mistake.of
        if each in ACTIVATIONS and mistake.kind == KINK
    ]
    problems = ([OWN[name]] if name in OWN else []) + zeros + [judge.problem for judge in judges()]

    assert any(is_disjoint(mistake, problem) for problem in problems)


def is_disjoint(mistake: Mistake, problem: Problem) -> bool:
    """Whether an entry's two sets, or its shapes, have nothing in common."""
    form = float_format("float64")
    allowed = mistake.admissible(problem, form)
    assert allowed is not None
    pairs = zip(arrays(allowed), arrays(admissible(problem, form)), strict=True)
    with np.errstate(all="ignore"):
        return any(
            one.shape != other.shape
            or bool(np.any(np.abs(one.midpoint - other.midpoint) > one.radius + other.radius))
            for one, other in pairs
        )


def test_two_mistakes_at_once_lie_in_a_set_of_their_own() -> None:
    """Seams of two mistakes make one function and one set; of the thousands, every fiftieth."""
    problem = Problem.random((3, 4, 4, 2), ["tanh", "leaky_relu", "sin"], samples=3)
    pairs = list(pairs_of(MISTAKES.values(), problem))

    assert len(pairs) > 1000
    assert all(lies_within(pair, problem) for pair in pairs[::50])


def test_one_seam_has_one_mistake() -> None:
    """Two mistakes in the same seam, or in none, are no pair."""
    assert both(MISTAKES["no_mean"], MISTAKES["mean_twice"]) is None
    assert both(MISTAKES["no_mean"], MISTAKES["dropout"]) is None
    assert both(MISTAKES["leaky_slope"], MISTAKES["gelu_by_tanh"]) is None


def test_the_shorter_formats_set_is_that_of_the_shorter_format() -> None:
    """Computing in float32 is allowed what float32 is, though the arrays are float64."""
    problem = Problem.random((2, 3, 2))
    found = MISTAKES["shorter_inside"].admissible(problem, float_format("float64"))
    expected = admissible(problem, float_format("float32"))

    assert found is not None
    assert np.array_equal(expected.weights[0].radius, found.weights[0].radius)


# ── the catalogue itself ──


def test_there_are_enough() -> None:
    """The catalogue holds a hundred mistakes, each under its own name and with its own cause."""
    assert len(MISTAKES) >= 100
    assert len(MISTAKES) == len({mistake.cause for mistake in MISTAKES.values()})


@EACH
def test_each_mistake_says_what_it_is(mistake: Mistake) -> None:
    """A cause completes a sentence, a kind gives no number away, an origin can be looked up."""
    assert re.fullmatch(r"[a-z].*[^.]", mistake.cause)
    assert re.fullmatch(r"[a-z][^0-9]*", mistake.kind)
    assert mistake.origin == "coursework" or mistake.origin.startswith("https://")
    assert {*mistake.of} <= {*ACTIVATIONS, *LOSSES}
    assert mistake.verdict.is_finding


def test_no_two_mistakes_are_one() -> None:
    """Any two mistakes give different bits, or another form, on some network."""
    problems = [judge.problem for judge in judges()] + [*OWN.values()]
    seen = {name: tuple(fingerprint(mistake, problems)) for name, mistake in MISTAKES.items()}

    assert len(seen) == len(set(seen.values()))


def fingerprint(mistake: Mistake, problems: list[Problem]) -> list[bytes]:
    """What the mistake answers, to the bit; one function for all, so that it may remember."""
    function = mistake.backprop
    calls = [as_arguments(problem) for problem in problems for _ in range(2)]
    return [pickle.dumps(called(function, arguments)) for arguments in calls]


def test_a_fresh_function_remembers_nothing() -> None:
    """Each `backprop` starts anew, so that one run does not spoil the next."""
    arguments = as_arguments(Problem.random((2, 3, 1)))
    used = MISTAKES["accumulates"].backprop
    first, second = used(*arguments), used(*arguments)

    anew = MISTAKES["accumulates"].backprop(*arguments)

    assert np.array_equal(first[0][0], anew[0][0])
    assert np.array_equal(second[0][0], 2 * first[0][0])


def test_verdicts_are_of_every_kind() -> None:
    """Together the mistakes lead to every finding but a timeout."""
    expected = {kind for kind in Verdict if kind.is_finding} - {Verdict.TIMED_OUT}

    assert expected == {mistake.verdict for mistake in MISTAKES.values()}
