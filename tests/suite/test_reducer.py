"""The structural reducer: what it keeps, what it costs, and how small counterexamples become."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import pytest

from conformance.architectures import pool
from conformance.judge import Judge
from conformance.reducer import architecture_of, numbers_of, reduced, size_of
from conformance.reducer.functions import fewer_biases
from conformance.reducer.measure import digits
from conformance.reducer.numbers import shorter_arrays, shorter_numbers
from conformance.reducer.parts import parts_of, problem_of
from conformance.reducer.structure import blocks, fewer_layers, fewer_samples, fewer_units
from conformance.sampling import drawn
from conformance.vocabulary import Architecture
from manual_backprop import LOSSES, Layer, Network, Problem

from .mistaken import TYPICAL
from .planted import MISTAKES, planted

DTYPES = ("float16", "float32", "float64")
SOFTMAX = "softmax_cross_entropy"
LARGEST = Architecture((8,) * 6, ("tanh", "relu", "sigmoid", "gelu", "identity"), SOFTMAX, 32)
RARE = (
    LARGEST,
    Architecture((4, 4, 4, 4), ("tanh",) * 3, "half_squared_error", 3),
    Architecture((8, 8, 2), ("sigmoid", "identity"), "half_squared_error", 2),
    Architecture((2, 4, 3), ("hard_swish", "identity"), "half_squared_error", 3),
)
"""What some mistakes need: a large batch, equal widths, saturation, kinks."""


@cache
def problems(dtype: str = "float64") -> list[Problem]:
    """Networks drawn as a run draws them, and rarer ones; smallest first."""
    cases = [*drawn(pool(), 150, 0, dtype), *drawn(RARE, 80, 0, dtype)]
    return sorted((case.problem for case in cases), key=size_of)


def key(problem: Problem) -> bytes:
    """All that a problem is."""
    arrays = [(each.shape, each.tobytes()) for each in parts_of(problem).arrays]
    return repr((architecture_of(problem), arrays)).encode()


@dataclass
class Recorded:
    """A predicate that keeps what it was asked, and of that what failed."""

    predicate: Callable[[Problem], bool]
    asked: list[Problem] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)

    def __call__(self, problem: Problem) -> bool:
        self.asked.append(problem)
        if self.predicate(problem):
            self.failed.append(problem)
        return self.failed[-1:] == [problem]


def at_random(problem: Problem) -> bool:
    """Whether a checksum says so: as erratic a finding as there can be."""
    return zlib.crc32(key(problem)) % 3 == 0


# ── what holds of every reduction ──


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_step_is_to_a_smaller_problem_that_fails(dtype: str) -> None:
    """The result is the last problem that failed, each of them smaller than the one before."""
    for problem in problems(dtype)[::25]:
        fails = Recorded(at_random)
        result = reduced(problem, fails)

        sizes = [size_of(each) for each in (problem, *fails.failed)]
        assert sorted(sizes, reverse=True) == sizes
        assert len(set(sizes)) == len(sizes)
        assert (problem, *fails.failed)[-1] is result


@pytest.mark.parametrize("dtype", DTYPES)
def test_everything_asked_has_the_dtype(dtype: str) -> None:
    """Every candidate has the dtype and the reduction of the problem, and none is asked twice."""
    for problem in problems(dtype)[::25]:
        fails = Recorded(at_random)
        reduced(problem, fails)

        assert {(np.dtype(dtype), "mean")} == {(each.dtype, each.reduction) for each in fails.asked}
        assert len({key(each) for each in fails.asked}) == len(fails.asked)


def test_the_same_problem_gives_the_same_result() -> None:
    """Two reductions of one problem ask the same questions and end with the same bits."""
    for problem in problems()[::40]:
        first, second = Recorded(at_random), Recorded(at_random)
        results = [reduced(problem, each) for each in (first, second)]

        assert list(map(key, first.asked)) == list(map(key, second.asked))
        assert key(results[0]) == key(results[1])


@pytest.mark.parametrize("budget", [0, 1, 10, 50])
def test_the_budget_is_kept(budget: int) -> None:
    """`fails` is asked so often at most, and what is there by then is returned."""
    [problem] = (case.problem for case in drawn([LARGEST], 1, 0, "float64"))
    fails = Recorded(lambda problem: problem.samples > 16)

    result = reduced(problem, fails, budget)

    assert len(fails.asked) == budget
    assert (problem, *fails.failed)[-1] is result


def test_what_cannot_be_smaller_stays() -> None:
    """A problem of which no part can be missed is returned itself."""
    problem = problems()[40]

    assert reduced(problem, lambda candidate: False) is problem


# ── known mistakes come down to known networks ──


def failing(backprop: Callable[..., Any]) -> tuple[Problem, Problem]:
    """The smallest and the largest of the networks on which the implementation has a finding."""
    target = planted(backprop)

    def has_finding(problem: Problem) -> bool:
        return Judge(problem).outcome(target).kind.is_finding

    first = next(filter(has_finding, problems()))
    return first, next(filter(has_finding, reversed(problems())))


@cache
def counterexamples(name: str) -> list[tuple[Problem, int]]:
    """What remains of the smallest and the largest network with the mistake, and the calls."""
    backprop = TYPICAL[name][0] if name in TYPICAL else MISTAKES[name][0]()
    target, found = planted(backprop), []
    for problem in failing(backprop):
        kind = Judge(problem).outcome(target).kind
        fails = Recorded(lambda each, kind=kind: Judge(each).outcome(target).kind is kind)
        small = reduced(problem, fails)
        assert Judge(small).outcome(target).kind is kind
        found.append((small, len(fails.asked)))
    return found


@pytest.mark.parametrize("name", TYPICAL)
def test_a_mistake_comes_down_to_the_numbers_that_show_it(name: str) -> None:
    """The smallest and the largest network that fail come down to a known count of numbers."""
    counts = [numbers_of(small) for small, _ in counterexamples(name)]

    assert TYPICAL[name][1] == max(counts)


def test_the_median_counterexample_has_ten_numbers_at_most() -> None:
    """Over all mistakes, the median counterexample has at most ten numbers."""
    counts = [
        numbers_of(small) for name in (*TYPICAL, *MISTAKES) for small, _ in counterexamples(name)
    ]
    assert median(counts) <= 10


def test_a_reduction_takes_few_calls() -> None:
    """No mistake takes more than 200 calls, width 8, depth 5 and a batch of 32 included."""
    calls = [calls for name in (*TYPICAL, *MISTAKES) for _, calls in counterexamples(name)]

    assert max(calls) <= 200


def shown(problem: Problem) -> tuple[Any, ...]:
    """Activations, weights, inputs of a problem without biases whose targets are ignored."""
    layers = problem.network.layers
    assert problem.loss.name == "identity_sum"
    assert all(layer.biases is None for layer in layers)
    names = tuple(layer.activation.name for layer in layers)
    return names, [layer.weights.tolist() for layer in layers], problem.inputs.tolist()


SHOWN = {
    "sign": (("identity",), [[[0]]], [[0]]),
    "no 1/S": (("identity",), [[[0]]], [[0], [0]]),
    "relative 1e-9": (("identity",), [[[0]]], [[1]]),
    "no f' at the output": (("relu",), [[[1]]], [[-1]]),
    "kinks outside the hull": (("hard_swish",), [[[1]]], [[3]]),
    "nan at saturation": (("sigmoid",), [[[1]]], [[1024]]),
    "depth 5 or more": (("identity",) * 5, [[[0]], *[[[1]]] * 4], [[1]]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_what_remains_of_the_largest_network(name: str) -> None:
    """Of the largest network with the mistake the one remains that one would choose by hand."""
    small, _ = counterexamples(name)[-1]

    assert SHOWN[name] == shown(small)


# ── functions ──


def test_an_output_layer_may_be_all_that_is_left() -> None:
    """Where outputs must be linear, the output stays when the last layer goes."""
    problem = Problem.random((3, 4, 2), ("tanh", "identity"))
    first = problem.network.layers[0].weights[0, 0]

    def fails(each: Problem) -> bool:
        linear = each.network.layers[-1].activation.name == "identity"
        plain = linear and each.loss.name == "half_squared_error"
        return plain and bool(each.network.layers[0].weights[0, 0] == first)

    assert architecture_of(reduced(problem, fails)) == Architecture(
        (1, 1), ("identity",), "half_squared_error", 1, biases=False
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_targets_stay_in_the_domain_of_the_loss(loss: str) -> None:
    """Under each loss a network comes down to two outputs, with targets that the loss takes."""
    problem = Problem.random((3, 4, 3), "tanh", loss, samples=5)
    small = reduced(problem, lambda each: each.loss.name == loss and each.network.widths[-1] >= 2)

    assert (1, 2) == small.network.widths
    assert {"softmax_cross_entropy": [[1, 0]], "hinge": [[1, 1]]}.get(
        loss, [[0, 0]]
    ) == small.targets.tolist()


# ── candidates ──


def test_blocks_are_halves_first() -> None:
    """Blocks cover everything at every size, and never are everything."""
    assert [] == list(blocks(1))
    for count in range(2, 40):
        sizes: dict[int, list[int]] = {}
        for block in blocks(count):
            sizes.setdefault(block.stop - block.start, []).extend(block)
        assert max(sizes) == count // 2
        assert list(range(count)) == sizes[1][-count:]


@pytest.mark.parametrize("step", [fewer_samples, fewer_layers, fewer_units, fewer_biases])
def test_every_smaller_structure_is_a_problem(step: Callable[..., Any]) -> None:
    """What is left when a part is left out fits together, and has fewer numbers."""
    for problem in problems()[::20]:
        for parts in step(parts_of(problem)):
            smaller = problem_of(parts)
            assert smaller is not None
            if step is not fewer_biases:
                assert numbers_of(smaller) < numbers_of(problem)


@pytest.mark.parametrize("step", [shorter_arrays, shorter_numbers])
def test_shorter_numbers_keep_the_structure(step: Callable[..., Any]) -> None:
    """Candidates with other numbers have the architecture of the problem."""
    for problem in problems()[:100:10]:
        candidates = [problem_of(parts) for parts in step(parts_of(problem))]

        assert {architecture_of(problem)} == {architecture_of(each) for each in candidates if each}


def test_digits_count_what_is_written_down() -> None:
    """A number is as long as its binary expansion and its significant digits."""
    expansions = ["", "1", "-1", "11", "0.1", "0.01", "-1.11", "1010", "10000000001", "0.0000011"]
    values = [0, 1, -1, 3, 0.5, 0.25, -1.75, 10, 1025, 3 / 128]
    for dtype in DTYPES:
        counts = [digits(np.array([value], dtype)) for value in values]

        assert [
            len(each.replace(".", "")) + len(each.replace(".", "").strip("-0"))
            for each in expansions
        ] == counts


def test_a_number_that_overflows_is_passed_over() -> None:
    """A candidate with a number beyond the format is no problem, and the search goes on."""
    largest = np.finfo(np.float16).max
    problem = Problem(Network([Layer(np.full((1, 1), largest))]), [largest], [largest])
    result = reduced(problem, lambda each: bool(each.inputs[0, 0] > 60_000))

    assert 61_440 == result.inputs[0, 0]  # four significant bits; 65,536 is out of range
