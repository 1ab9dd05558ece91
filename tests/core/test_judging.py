"""Verdicts: what is right conforms, what is slightly wrong is caught, what is unseen says so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from manual_backprop import (
    ACTIVATIONS,
    LOSSES,
    Gradients,
    Judgement,
    Layer,
    Network,
    Problem,
    Verdict,
    correctly_rounded,
    enclose,
    gradient,
    judge,
)
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.oracle import admissible
from manual_backprop.oracle.judging import judge_within

from .drawn import arrays, drawn

NETWORKS = 150
"""For each question; a campaign takes more."""

SLIGHTLY = 1 + 1e-11
DERIVATIVE_SLIGHTLY = 1 + 1e-10


def plain(seed: int) -> Problem:
    """A float64 network as people train them, weights N(0, 1/fan-in), inputs N(0, 1), no kink."""
    while enclose(problem := drawn(seed)).kinks:
        seed += 1_000_000
    return problem


def copied(g: Gradients) -> tuple[list[Any], list[Any]]:
    """A candidate that may be changed."""
    return [w.copy() for w in g.weights], [None if b is None else b.copy() for b in g.biases]


def with_entry(g: Gradients, place: int, change: Callable[[float], float]) -> Gradients:
    """The gradient with one entry changed, counted through the arrays layer by layer."""
    weights, biases = copied(g)
    for array in arrays(Gradients(None, tuple(weights), tuple(biases), lambda: None)):
        if place < array.size:
            array.ravel()[place] = change(array.ravel()[place])
            break
        place -= array.size
    return Gradients(g.loss, tuple(weights), tuple(biases), lambda: None)


def flat(judgement: Judgement, attribute: str) -> Any:
    """One number, or verdict, for each entry of all arrays."""
    return np.concatenate([getattr(each, attribute).ravel() for each in judgement.arrays])


def nonzero_entries(judgement: Judgement) -> Any:
    """The places of entries that are not exactly zero."""
    midpoints = np.concatenate([each.allowed.midpoint.ravel() for each in judgement.arrays])
    return np.flatnonzero(midpoints)


# ── what is right ──


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_the_correctly_rounded_gradient_conforms(name: str) -> None:
    """The best answer there is, is accepted in every class, and is half an ulp off at most."""
    for seed in range(NETWORKS // 3):
        dtype = {"bfloat16": "float16"}.get(name, name)
        problem = drawn(seed, dtype=dtype, biases=True)
        best = correctly_rounded(problem, name)
        if not best.undecided:
            truth = enclose(problem, 1024)  # so narrow that no distance is rounded up by it
            judgement = judge(problem, best, dtype=name, truth=truth)
            assert not judgement.kind.is_finding
            ulps = flat(judgement, "ulps")
            assert (ulps[np.isfinite(ulps)] <= 0.5).all()


@pytest.mark.parametrize("name", ["bfloat16", "tf32", "bfloat16_operands", "float16_operands"])
def test_float32_results_may_be_judged_by_coarser_classes(name: str) -> None:
    """A float32 gradient of numbers of the class conforms to classes with fewer bits."""
    for seed in range(NETWORKS // 3):
        problem = drawn(seed, dtype=np.float32)

        assert not judge(problem, gradient(problem), dtype=name).kind.is_finding


# ── what is slightly wrong ──


def slightly_wrong_is_caught(seed: int) -> bool:
    """Whether a factor 1 + 1e-11 on one entry, any that is not zero, is proved wrong there."""
    problem = plain(seed)
    g = gradient(problem)
    entries = nonzero_entries(judge(problem, g))
    if not len(entries):
        return True
    place = int(np.random.default_rng(seed).choice(entries))
    judgement = judge(problem, with_entry(g, place, lambda value: value * SLIGHTLY))
    return judgement.kind == Verdict.WRONG and flat(judgement, "verdicts")[place] == Verdict.WRONG


def test_a_factor_on_any_one_entry_is_caught() -> None:
    """1 + 1e-11 on a random entry is wrong, at that entry, in at least 95 % of plain networks."""
    caught = [slightly_wrong_is_caught(seed) for seed in range(NETWORKS)]

    assert np.mean(caught) >= 0.95


def resolutions(seeds: Iterator[int] | range) -> Any:
    """Bound / |entry| of every entry that is not zero, over plain networks."""
    found = []
    for seed in seeds:
        problem = plain(seed)
        judgement = judge(problem, gradient(problem))
        found.append(flat(judgement, "resolution")[nonzero_entries(judgement)])
    return np.concatenate(found)


def test_the_resolution_is_fine() -> None:
    """The median entry of plain float64 networks is bounded to 1e-12 of its size, or better."""
    assert np.median(resolutions(range(NETWORKS))) <= 1e-12


def slope_slightly_wrong(problem: Problem, name: str) -> Gradients:
    """The gradient with f' of one activation, or ∇L of one loss, off by a factor of 1 + 1e-10."""
    if name in LOSSES:
        right = LOSSES[name]
        wrong = replace(right, df=lambda x, y: right.df(x, y) * DERIVATIVE_SLIGHTLY)
        return gradient(Problem(problem.network, problem.inputs, problem.targets, wrong))
    of = ACTIVATIONS[name]
    mistaken = replace(of, df=lambda p: of.df(p) * DERIVATIVE_SLIGHTLY)
    layers = [
        Layer(each.weights, each.biases, mistaken if each.activation is of else each.activation)
        for each in problem.network.layers
    ]
    return gradient(Problem(Network(layers), problem.inputs, problem.targets, problem.loss))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_derivative_slightly_wrong_is_caught(name: str) -> None:
    """f' · (1 + 1e-10) is proved wrong in nearly every network, whatever the activation."""
    problems = [Problem.random((2, 4, 2), [name, "identity"], seed=seed) for seed in range(10)]
    kinds = [judge(each, slope_slightly_wrong(each, name)).kind for each in problems]

    assert kinds.count(Verdict.WRONG) >= 9


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_gradient_slightly_wrong_is_caught(name: str) -> None:
    """∇L · (1 + 1e-10) is proved wrong in nearly every network, whatever the loss."""
    problems = [Problem.random((2, 3, 2), "tanh", name, 4, seed) for seed in range(10)]
    kinds = [judge(each, slope_slightly_wrong(each, name)).kind for each in problems]

    assert kinds.count(Verdict.WRONG) >= 9


# ── what is not seen ──


def test_a_zero_gradient_never_passes() -> None:
    """All zeros conform only where the truth is proved zero; elsewhere wrong, or undecided."""
    for seed in range(NETWORKS):
        problem = drawn(seed, biases=True)
        zeros = [[0 * each for each in group] for group in copied(gradient(problem))]
        verdicts = [each.verdicts for each in judge(problem, (zeros[0], zeros[1])).arrays]
        truths = [balls.is_zero() for balls in arrays(enclose(problem))]

        for verdict, truth in zip(verdicts, truths, strict=True):
            assert truth[verdict == Verdict.CONFORMS].all()
            assert set(verdict[~truth]) <= {Verdict.WRONG, Verdict.UNDECIDED}


def test_most_zero_gradients_are_wrong() -> None:
    """The set holds 0 in few entries: an all-zero gradient is wrong in nine networks in ten."""
    kinds = []
    for seed in range(NETWORKS):
        problem = drawn(seed, biases=True)
        weights, biases = copied(gradient(problem))
        kinds.append(judge(problem, ([0 * w for w in weights], [0 * b for b in biases])).kind)

    assert kinds.count(Verdict.WRONG) >= 0.9 * NETWORKS


def test_no_zero_falls_between_wrong_and_undecided() -> None:
    """A bound that 0 misses by less than `wrong` can tell leaves 0 undecided, never conforming."""
    problem = Problem(Network([Layer([[1.0]], [0.0])]), [1.0], loss="identity_sum")
    sets = admissible(problem, float_format("float64"))
    just_missed = Rounded(np.array([[1 + 2.0**-52]]), np.ones((1, 1)), sets.weights[0].rounding)
    zeros = [np.zeros((1, 1))], [np.ones(1)]
    judgement = judge_within(
        replace(sets, weights=(just_missed,)), zeros, "float64", "reverse", lambda: enclose(problem)
    )

    assert judgement.weights[0][0, 0] == Verdict.UNDECIDED


def overflowing() -> Problem:
    """A unit that is off, behind outputs that overflow: 0 times what nobody knows."""
    layers = [
        Layer([[1.0], [1.0]], [-2.0, 0.0], "relu"),
        Layer([[1e200, 1e200]], [0.0], "square"),
        Layer([[1.0]], [0.0], "square"),
    ]
    return Problem(Network(layers), [1.0], loss="identity_sum")


def test_what_overflow_hides_is_undecided() -> None:
    """Where the radius is infinite nothing conforms: not 7, nor inf, nor the 0 that is true."""
    problem = overflowing()
    with np.errstate(all="ignore"):
        weights, biases = copied(gradient(problem))
    for value in (7.0, 0.0, np.inf, np.nan):
        weights[0][:], biases[0][:] = value, value
        verdicts = judge(problem, (weights, biases))

        assert set(verdicts.weights[0].ravel()) == {Verdict.UNDECIDED}
        assert set(verdicts.biases[0].ravel()) == {Verdict.UNDECIDED}
    assert enclose(problem).weights[0].is_zero()[0, 0]


# ── results that are none ──


def problem_and_candidate() -> tuple[Problem, list[Any], list[Any]]:
    """A problem, and its gradient as lists."""
    problem = Problem.random((2, 3, 1))
    weights, biases = copied(gradient(problem))
    return problem, weights, biases


Change = Callable[[list[Any], list[Any]], Any]


def _set(group: int, k: int, value: Any) -> Change:
    """The candidate with one array replaced, by a function of it or a value."""

    def change(weights: list[Any], biases: list[Any]) -> Any:
        array = (weights, biases)[group][k]
        (weights, biases)[group][k] = value(array) if callable(value) else value
        return weights, biases

    return change


def _first(value: float) -> Callable[[Any], Any]:
    def change(array: Any) -> Any:
        array.ravel()[0] = value
        return array

    return change


SHAPE, DTYPE = Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE

NO_RESULTS: list[tuple[Change, Verdict, str]] = [
    (_set(0, 0, lambda w: w.T), SHAPE, "weights gradient of layer 0 has shape (2, 3); (3, 2) fits"),
    (_set(1, 1, lambda b: b[:, None]), SHAPE, "biases gradient of layer 1 has shape (1, 1); (1,)"),
    (_set(0, 1, lambda w: w.tolist()), SHAPE, "layer 1 is a list of 1; a NumPy array of shape (1,"),
    (
        _set(1, 0, None),
        SHAPE,
        "biases gradient of layer 0 is None; a NumPy array of shape (3,) fit",
    ),
    (_set(0, 0, 0.5), SHAPE, "weights gradient of layer 0 is a float; a NumPy array"),
    (_set(0, 0, lambda w: w.astype("f4")), DTYPE, "layer 0 has dtype float32; float64 fits"),
    (_set(1, 1, lambda b: b.astype(int)), DTYPE, "layer 1 has dtype int64; float64 fits"),
    (_set(0, 1, lambda w: w.astype(object)), DTYPE, "layer 1 has dtype object; float64 fits"),
    (_set(0, 1, lambda w: w.astype(complex)), DTYPE, "has dtype complex128; float64 fits"),
    (_set(0, 0, _first(np.nan)), Verdict.NOT_FINITE, ""),
    (_set(1, 0, _first(-np.inf)), Verdict.NOT_FINITE, ""),
    (_set(1, 1, _first(1e9)), Verdict.WRONG, ""),
    (lambda w, b: (w[:1], b), SHAPE, "weight_gradients are a list of 1; a list of 2 arrays, one a"),
    (lambda w, b: (w, b + b), SHAPE, "bias_gradients are a list of 4; a list of 2 arrays"),
    (lambda w, b: (w, None), SHAPE, "bias_gradients are None; a list of 2 arrays"),
    (lambda w, b: None, SHAPE, "the result is None; (weight_gradients, bias_gradients) fits"),
    (lambda w, b: w[0], SHAPE, "the result is a ndarray; (weight_gradients, bias_gradients)"),
    (lambda w, b: (w, b, w), SHAPE, "the result is a tuple of 3; (weight_gradients"),
]


@pytest.mark.parametrize(("change", "kind", "words"), NO_RESULTS)
def test_what_is_no_gradient_has_its_own_verdict(change: Change, kind: Verdict, words: str) -> None:
    """Shapes, types, dtypes, counts, nan and inf: each has its kind, and a message for it."""
    problem, weights, biases = problem_and_candidate()
    judgement = judge(problem, change(weights, biases))
    messages = [judgement.message, *(each.message for each in judgement.arrays)]

    assert judgement.kind == kind
    assert any(words in message for message in messages)
    assert judgement.kind.is_finding


def test_one_bad_array_leaves_the_others_judged() -> None:
    """A wrong shape in one layer hides no other verdict."""
    problem, weights, biases = problem_and_candidate()
    judgement = judge(problem, ([weights[0].T, weights[1]], biases))

    assert judgement.kind == Verdict.WRONG_SHAPE
    assert judgement.weights[0].size == 0
    assert set(judgement.weights[1].ravel()) == {Verdict.CONFORMS}
    assert judgement.count(Verdict.CONFORMS) == 3 + 3 + 1


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("bfloat16", "float32"), ("tf32", "float32"), ("float16_operands", "float32")],
)
def test_classes_without_a_dtype_travel_as_float32(dtype: str, expected: str) -> None:
    """bfloat16 and tf32 results are float32 arrays; a float64 array there is a wrong dtype."""
    problem = Problem.random((2, 1), "identity", dtype=np.float32)
    g = gradient(problem)
    wide = [w.astype(np.float64) for w in g.weights], list(g.biases)
    judgement = judge(problem, wide, dtype=dtype)

    assert judge(problem, g, dtype=dtype).kind == Verdict.CONFORMS
    assert judgement.kind == Verdict.WRONG_DTYPE
    assert f"has dtype float64; {expected} fits" in judgement.arrays[0].message


# ── layers without biases ──


def test_layers_without_biases_are_judged_either_way() -> None:
    """`Gradients` have None there; a pair of lists has the gradients of zeros."""
    problem = Problem.random((2, 3, 1), biases=False)
    zeros = gradient(problem.with_biases())

    assert len(judge(problem, gradient(problem)).arrays) == 2
    assert judge(problem, gradient(problem)).kind == Verdict.CONFORMS
    assert judge(problem, (zeros.weights, zeros.biases)).kind == Verdict.CONFORMS
    assert judge(problem, (zeros.weights, [None, None])).kind == Verdict.WRONG_SHAPE


def test_biases_left_out_are_found() -> None:
    """`Gradients` with None for a layer that has biases do not pass."""
    problem = Problem.random((2, 3, 1))
    judgement = judge(problem, replace(gradient(problem), biases=(None, None)))

    assert judgement.kind == Verdict.WRONG_SHAPE
    assert "biases gradient of layer 0 is None" in judgement.arrays[1].message


# ── inputs ──


def test_the_inputs_of_gradients_are_not_read() -> None:
    """Weights and biases alone are judged: the product for ∂L/∂x is not even computed."""
    problem = Problem.random((2, 3, 1))

    def never() -> Any:
        raise AssertionError("computed")

    assert judge(problem, replace(gradient(problem), compute_inputs=never)).kind == Verdict.CONFORMS


def test_a_layer_in_front_brings_the_inputs_to_judgement() -> None:
    """Behind an identity layer ∂L/∂x of one sample is a bias gradient, judged as any other."""
    network = Network.random((2, 3, 1), "tanh")
    alone, front = Problem(network, [0.5, -1.0], [1.0]), Layer(np.eye(2), np.zeros(2))
    problem = Problem(Network([front, *network.layers]), [0.5, -1.0], [1.0])
    weights, biases = copied(gradient(problem))

    assert np.array_equal(gradient(alone).inputs, biases[0])
    assert judge(problem, (weights, biases)).kind == Verdict.CONFORMS
    biases[0] = biases[0] * SLIGHTLY
    assert set(judge(problem, (weights, biases)).biases[0]) == {Verdict.WRONG}


# ── what a judgement says ──


def test_the_worst_entry_is_the_one_that_was_changed() -> None:
    """`worst` points at the array and the entry, and `fraction` there is above 1."""
    problem, weights, biases = problem_and_candidate()
    weights[0][2, 1] *= 1 + 1e-6
    found = judge(problem, (weights, biases)).worst()

    assert found is not None
    array, place = found
    assert (array.name, array.layer, place) == ("weights", 0, (2, 1))
    assert array.fraction[place] > 1
    assert array.verdicts[place] == Verdict.WRONG
    assert np.sum(array.fraction > 1) == 1


def test_distances_are_those_from_the_truth() -> None:
    """ulps, and the fraction of the bound, are measured from the enclosure, here a point."""
    network = Network([Layer([[1.0]], [0.0])])
    problem = Problem(network, [[1.0], [2.0**-53]], loss="identity_sum", reduction="sum")
    weights = [np.array([[1.0 + 2.0**-52]])]  # the truth is 1 + 2⁻⁵³
    array = judge(problem, (weights, [np.array([2.0])])).arrays[0]

    assert array.distance[0, 0] == 2.0**-53
    assert array.ulps[0, 0] == 0.5
    assert array.accuracy[0, 0] == 2.0**-53 / array.allowed.radius[0, 0]


def test_an_exact_zero_has_no_distance() -> None:
    """Where truth and entry are 0, the distance is 0 ulp; the least subnormal is one ulp off."""
    layers = [Layer([[1.0]], [-2.0], "relu"), Layer([[1.0]], [0.0])]
    problem = Problem(Network(layers), [1.0], loss="identity_sum")
    weights, biases = copied(gradient(problem))
    assert judge(problem, (weights, biases)).arrays[0].ulps[0, 0] == 0
    weights[0][:] = 5e-324

    assert judge(problem, (weights, biases)).arrays[0].ulps[0, 0] == 1


def test_the_class_is_named() -> None:
    """A verdict says which class it is a proof for."""
    problem = Problem.random((2, 1), dtype=np.float32)
    judgement = judge(problem, gradient(problem))

    assert judgement.class_text == "reverse, float32 (u = 2^-24)"


def test_the_candidate_is_left_alone() -> None:
    """Judging changes neither the candidate's arrays nor the problem's."""
    problem, weights, biases = problem_and_candidate()
    before = [each.copy() for each in (*weights, *biases)]

    judge(problem, (weights, biases))

    assert all(np.array_equal(a, b) for a, b in zip(before, [*weights, *biases], strict=True))


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (Problem(Network([Layer([[1.0]], [0.0], "relu")]), [0.0], [1.0]), "kink"),
        (Problem(Network([Layer([[1e308]], [1e308], "square")]), [1.0], [0.0]), "overflow"),
        (
            Problem(Network([Layer([[1e-200]])] * 3), [1.0], loss="identity_sum"),
            "underflow",
        ),
        (Problem(Network([Layer([[0.1, -0.3]], [0.2])]), [1.0, 1.0], [-1e-17]), "cancellation"),
    ],
)
def test_an_undecided_entry_has_its_reason(problem: Problem, reason: str) -> None:
    """Kink, overflow, underflow and cancellation each leave entries undecided, and are named.

    Whatever NumPy is told to do about them: bounds that overflow are infinite, and no error.
    """
    with np.errstate(all="ignore"):
        candidate = gradient(problem)

    with np.errstate(all="raise"):
        verdict = judge(problem, candidate)
        reasons = verdict.reasons()

    assert reason in reasons
    assert verdict.count(Verdict.UNDECIDED) == reasons.total()
