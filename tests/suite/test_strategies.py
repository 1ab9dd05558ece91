"""What drawn networks reach, measured; that a seed repeats them, and that failures shrink."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import find, settings

from conformance.architectures import Architecture, pool
from conformance.drawing import REGIMES, Case
from conformance.edges import EDGES, OF_ACTIVATION, OF_LOSS
from conformance.judge import Outcome
from conformance.sampling import drawn, shares
from conformance.shrinking import shrunk
from conformance.strategies import cases
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.forward import forward
from manual_backprop.oracle.verdict import Verdict

from .planted import planted, right, times

NETWORKS = 1000
WRONG = Outcome(Verdict.WRONG, None)
OTHERS = [each for each in pool() if not each.edge]
FEW = sum(bool(each.breakpoints) for each in ACTIVATIONS.values())
LINEAR = next(each for each in pool() if each.widths == (1, 3, 2))
SATURATING = ("sigmoid", "tanh", "log_sigmoid", "softplus", "gelu", "gelu_tanh", "silu", "mish")

Predicate = Callable[[Case], bool]


@pytest.fixture(scope="module")
def thousand() -> list[Case]:
    """What the command's default of a thousand networks is, in float64."""
    return list(drawn(pool(), NETWORKS, 0, "float64"))


@pytest.fixture(scope="module", params=["float16", "float32"])
def short(request: pytest.FixtureRequest) -> tuple[str, list[Case]]:
    """A few hundred in each of the shorter formats."""
    return request.param, list(drawn(pool(), 250, 0, request.param))


def arrays(case: Case) -> list[Any]:
    """Every array of the case's problem."""
    layers = case.problem.network.layers
    parameters = [each for layer in layers for each in (layer.weights, layer.biases)]
    given = [*parameters, case.problem.inputs, case.problem.targets]
    return [each for each in given if each is not None]


def numbers(case: Case) -> Any:
    """All numbers of the case's problem in one row."""
    return np.concatenate([each.ravel() for each in arrays(case)])


def digest(chosen: Iterable[Case]) -> str:
    """A digest of architectures, regimes and every bit of every number."""
    total = hashlib.sha256()
    for case in chosen:
        total.update(repr((case.architecture, case.regime)).encode())
        for each in arrays(case):
            total.update(each.tobytes())
    return total.hexdigest()


def pre_activations(case: Case) -> list[tuple[str, Any]]:
    """Each layer's activation and p^(k), in the problem's dtype."""
    network = case.problem.network
    with np.errstate(all="ignore"):
        trace = forward(network, case.problem.inputs)
    names = (layer.activation.name for layer in network.layers)
    return list(zip(names, trace.pre_activations[1:], strict=True))


def units_on_breakpoints(case: Case) -> int:
    """How many (unit, sample) pairs are exactly on a breakpoint of their activation."""
    return sum(
        int(np.sum(p == float(each.at)))
        for name, p in pre_activations(case)
        for each in ACTIVATIONS[name].breakpoints
    )


def share(chosen: Iterable[Case], holds: Predicate) -> float:
    """The share of the cases for which the predicate holds."""
    answers = [holds(case) for case in chosen]
    return sum(answers) / len(answers)


def of_regime(chosen: Iterable[Case], regime: str) -> list[Case]:
    """The cases of one regime."""
    return [case for case in chosen if case.regime == regime]


# ── what a thousand networks reach ──


@pytest.mark.parametrize("networks", [60, 100])
def test_a_short_run_draws_no_networks_of_zeros(networks: int) -> None:
    """Even a short run has every regime, no two networks alike, and none of zeros alone."""
    chosen = list(drawn(pool(), networks, 0, "float64"))

    assert networks == len(chosen) == len({numbers(case).tobytes() for case in chosen})
    assert {*REGIMES, "zeros", "sweep"} == {case.regime for case in chosen}
    assert all(numbers(case).any() for case in chosen)


def test_hardly_any_network_comes_twice(thousand: list[Case]) -> None:
    """Of a thousand networks 97 % are distinct, and one in a hundred at most is mostly zeros."""
    distinct = {(case.architecture, numbers(case).tobytes()) for case in thousand}

    assert len(distinct) >= 970
    assert share(thousand, lambda case: bool(np.mean(numbers(case) == 0) > 0.6)) <= 0.01


def test_regimes_are_dealt_within_each_loss(thousand: list[Case]) -> None:
    """Every loss is met in every regime, and so is every activation."""
    met = {
        (name, case.regime)
        for case in thousand
        for name in (*case.architecture.activations, case.architecture.loss)
    }
    names = (*ACTIVATIONS, *LOSSES)
    assert {(name, regime) for name in names for regime in REGIMES} <= met


def test_a_thousand_reach_every_shape(thousand: list[Case]) -> None:
    """Every depth 1–5, width 1–8 and batch 1–4 is in 5 % of a thousand networks or more."""
    depths = Counter(case.architecture.depth for case in thousand)
    widths = Counter(width for case in thousand for width in set(case.architecture.widths))
    samples = Counter(case.architecture.samples for case in thousand)

    assert len(thousand) == NETWORKS
    assert {1, 2, 3, 4, 5} == {each for each, count in depths.items() if count >= 50}
    assert {*range(1, 9), 16} == {each for each, count in widths.items() if count >= 50}
    assert {1, 2, 3, 4} == {each for each, count in samples.items() if count >= 50}


def test_a_thousand_reach_every_name(thousand: list[Case]) -> None:
    """Every activation and every loss is in 5 % of a thousand networks or more."""
    activations = Counter(name for case in thousand for name in set(case.architecture.activations))
    losses = Counter(case.architecture.loss for case in thousand)

    assert set(ACTIVATIONS) == {name for name, count in activations.items() if count >= 50}
    assert set(LOSSES) == {name for name, count in losses.items() if count >= 50}


def test_a_thousand_reach_every_regime(thousand: list[Case]) -> None:
    """Every regime makes 5 % of a thousand networks or more, the plain one most of all."""
    regimes = Counter(case.regime for case in thousand)

    assert {*REGIMES, "sweep"} == {regime for regime, count in regimes.items() if count >= 50}
    assert regimes.most_common(1)[0][0] == "plain"


def test_biases_are_there_and_are_not(thousand: list[Case]) -> None:
    """A twentieth of the networks, or more, have no biases, and the problem has none either."""
    without = [case for case in thousand if not case.architecture.biases]

    assert NETWORKS // 20 <= len(without) <= NETWORKS // 2
    for case in thousand:
        has = {layer.biases is not None for layer in case.problem.network.layers}
        assert {case.architecture.biases} == has


def test_every_problem_is_its_architectures(thousand: list[Case]) -> None:
    """Widths, activations, loss and batch of each problem are its architecture's; mean, float64."""
    for case in thousand:
        network, problem = case.problem.network, case.problem
        made = Architecture(
            network.widths,
            tuple(layer.activation.name for layer in network.layers),
            problem.loss.name,
            problem.samples,
            case.architecture.biases,
            case.architecture.edge,
        )
        assert case.architecture == made
        assert problem.reduction == "mean"
        assert problem.dtype == np.float64
        assert np.isfinite(numbers(case)).all()


def test_kinks_are_hit_exactly(thousand: list[Case]) -> None:
    """In most networks with breakpoints that the kinks regime makes, a unit is exactly on one."""
    broken = [
        case
        for case in thousand
        if any(ACTIVATIONS[name].breakpoints for name in case.architecture.activations)
    ]

    assert share(of_regime(broken, "kinks"), lambda case: units_on_breakpoints(case) > 0) > 0.6
    assert share(of_regime(broken, "plain"), lambda case: units_on_breakpoints(case) > 0) == 0


def test_every_breakpoint_is_hit() -> None:
    """Each breakpoint of each activation is hit exactly in 150 of its smallest networks."""
    broken = [each for each in pool() if ACTIVATIONS[each.activations[0]].breakpoints][:FEW]
    hit = {
        (name, each.at)
        for case in drawn(broken, 150 * len(broken), 0, "float64")
        for name, p in pre_activations(case)
        for each in ACTIVATIONS[name].breakpoints
        if np.any(p == float(each.at))
    }
    assert hit == {(name, at.at) for name, each in ACTIVATIONS.items() for at in each.breakpoints}


@pytest.mark.parametrize("loss", ["absolute_error", "hinge"])
def test_losses_are_met_at_their_kinks(loss: str) -> None:
    """In a third of the kinks regime's networks under these losses an output is its target."""
    under = [each for each in pool() if each.loss == loss and each.biases and not each.edge]

    def meets(case: Case) -> bool:
        with np.errstate(all="ignore"):
            x = forward(case.problem.network, case.problem.inputs).outputs[-1]
        return bool(np.any(x == case.problem.targets))

    chosen = of_regime(drawn(under, 300, 0, "float64"), "kinks")
    assert share(chosen, meets) >= 1 / 3


def test_sigmoids_saturate(thousand: list[Case]) -> None:
    """Half of the saturating regime's networks with sigmoids, or more, have one beyond 20."""
    curved = [case for case in thousand if set(SATURATING) & set(case.architecture.activations)]

    def saturates(case: Case) -> bool:
        found = [np.abs(p).max() for name, p in pre_activations(case) if name in SATURATING]
        return bool(max(found) > 20)

    assert share(of_regime(curved, "saturating"), saturates) >= 0.5
    assert share(of_regime(curved, "plain"), saturates) < 0.1


def test_magnitudes_are_tiny_and_huge(thousand: list[Case]) -> None:
    """The tiny regime goes below 2^−200, the huge one above 2^100, the plain one does neither."""

    def tiny(case: Case) -> bool:
        given = np.abs(numbers(case))
        return bool(((given > 0) & (given < 2.0**-200)).any())

    def huge(case: Case) -> bool:
        return bool((np.abs(numbers(case)) > 2.0**100).any())

    assert share(of_regime(thousand, "tiny"), tiny) >= 0.05
    assert share(of_regime(thousand, "huge"), huge) >= 0.05
    assert not any(tiny(case) or huge(case) for case in of_regime(thousand, "plain"))


def test_sums_cancel(thousand: list[Case]) -> None:
    """In the cancelling regime some sum is below 2^−20 of its largest term, and not 0."""

    def cancels(case: Case) -> bool:
        layers = case.problem.network.layers
        with np.errstate(all="ignore"):
            trace = forward(case.problem.network, case.problem.inputs)
            for layer, x in zip(layers, trace.outputs, strict=False):
                sums, sizes = x @ layer.weights.T, np.abs(x) @ np.abs(layer.weights).T
                if ((sums != 0) & (np.abs(sums) < 2.0**-20 * sizes)).any():
                    return True
        return False

    deep = [case for case in thousand if case.architecture.depth > 1]
    assert share(of_regime(deep, "cancelling"), cancels) >= 0.05


def test_targets_are_in_each_losss_domain(thousand: list[Case]) -> None:
    """Targets are in [0, 1], distributions, ±1 or finite, as the loss asks, and all kinds vary."""
    rows: dict[str, list[Any]] = {}
    for case in thousand:
        rows.setdefault(LOSSES[case.architecture.loss].targets, []).append(case.problem.targets)

    assert {loss.targets for loss in LOSSES.values()} == set(rows)
    probabilities = np.concatenate([each.ravel() for each in rows["unit interval"]])
    assert probabilities.min() == 0
    assert probabilities.max() == 1
    assert len(np.unique(probabilities)) > 5
    assert {-1.0, 1.0} == {float(sign) for each in rows["sign"] for sign in each.ravel()}
    distributions = [row for each in rows["distribution"] for row in each]
    assert {Fraction(1)} == {sum(map(Fraction, row.tolist())) for row in distributions}
    assert {True, False} == {bool((row == 1).any()) for row in distributions}
    assert min(row.min() for row in distributions) == 0


# ── shorter formats ──


def test_short_formats_hold_what_was_drawn(short: tuple[str, list[Case]]) -> None:
    """In float16 and float32 every number is finite, and the drawn quarters are exact."""
    dtype, chosen = short

    assert {dtype} == {str(each.dtype) for case in chosen for each in arrays(case)}
    assert {*REGIMES, "zeros", "sweep"} == {case.regime for case in chosen}
    for case in chosen:
        assert np.isfinite(numbers(case)).all()
    for case in of_regime(chosen, "dyadic"):
        quarters = 8 * numbers(case)  # eighths: probabilities
        assert (quarters == np.round(quarters)).all()
        assert np.abs(quarters).max() <= 16


def test_short_formats_hit_kinks(short: tuple[str, list[Case]]) -> None:
    """In the shorter formats too, most networks of the kinks regime hit a breakpoint exactly."""
    broken = [
        case
        for case in of_regime(short[1], "kinks")
        if any(ACTIVATIONS[name].breakpoints for name in case.architecture.activations)
    ]
    assert share(broken, lambda case: units_on_breakpoints(case) > 0) > 0.6


# ── seeds and shares ──


def test_a_seed_gives_the_same_networks() -> None:
    """The same seed gives the same bits in the same order, in another process too."""
    program = (
        "from tests.suite.test_strategies import digest, drawn, pool\n"
        "print(digest(drawn(pool(), 30, 5, 'float32')))"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
        capture_output=True,
        text=True,
        check=True,
    )
    first = digest(drawn(pool(), 30, 5, "float32"))

    assert first == digest(drawn(pool(), 30, 5, "float32"))
    assert f"{first}\n" == elsewhere.stdout


def test_another_seed_gives_other_networks() -> None:
    """Four seeds give four sets of networks, and four sets of numbers for one architecture."""
    alone = [pool()[0]]

    assert len({digest(drawn(pool(), 10, seed, "float64")) for seed in range(4)}) == 4
    assert len({digest(drawn(alone, 10, seed, "float64")) for seed in range(4)}) == 4


def test_shares_are_what_was_asked_for() -> None:
    """Shares sum to the number of networks, whatever it is, and none of them is empty."""
    for networks in (*range(1, 300, 7), 1000, 12_345):
        counts = [count for _, count in shares(pool(), networks, seed=networks)]
        assert networks == sum(counts)
        assert min(counts) >= 1


@pytest.mark.parametrize("networks", [len(OTHERS), 100, 200, 1000])
def test_shares_leave_nothing_out(networks: int) -> None:
    """From as many networks as there are architectures on, each architecture has a share."""
    for seed in range(20):
        assert OTHERS == [each for each, _ in shares(OTHERS, networks, seed)]


@pytest.mark.parametrize("networks", [200, 1000])
def test_edges_come_first(networks: int) -> None:
    """A fifth of the networks or more are of edges, each of them, before any other network."""
    kinds = [case.architecture.edge for case in drawn(pool(), networks, 0, "float64")]
    first = sum(map(bool, kinds))

    assert first >= networks / 5
    assert all(kinds[:first])
    assert {*EDGES, OF_ACTIVATION, OF_LOSS} == set(kinds[:first])


def test_an_activation_is_met_throughout() -> None:
    """The sweep of an activation has a unit on each breakpoint, beside it, and in both tails."""
    for case in drawn(pool(), 200, 0, "float64"):
        if case.architecture.edge == OF_ACTIVATION:
            [(name, p)] = pre_activations(case)
            breaks = [float(each.at) for each in ACTIVATIONS[name].breakpoints]
            beside = [float(each) for at in breaks if at for each in np.nextafter(at, [-9, 9])]
            assert {*breaks, *beside} <= set(p.ravel().tolist())
            assert p.min() <= -800
            assert p.max() >= 800


def test_shares_favour_the_larger_ones() -> None:
    """A larger architecture has three times as many of a thousand networks as a small one."""
    counts = dict(shares(pool(), NETWORKS, seed=0))
    small = [count for each, count in counts.items() if each.parameters <= 4]
    large = [count for each, count in counts.items() if each.parameters > 4]

    assert max(small) <= 10
    assert min(large) >= 3 * min(small)


# ── shrinking ──


def smallest(predicate: Predicate) -> Case:
    """What Hypothesis leaves, among quarters, of a linear 1-3-2 network with the predicate."""
    quiet = settings(database=None, deadline=None, max_examples=500)
    return find(cases([LINEAR], regimes=REGIMES[:1]), predicate, settings=quiet, random=Random(0))


def left(case: Case) -> list[float]:
    """The numbers of a case that are not 0."""
    return [float(each) for each in numbers(case) if each != 0]


SHRINKING: dict[str, tuple[Predicate, list[float]]] = {
    "anything": (lambda case: True, []),
    "a negative weight": (
        lambda case: any((layer.weights < 0).any() for layer in case.problem.network.layers),
        [-1.0],
    ),
    "a fraction": (lambda case: bool((numbers(case) % 1 != 0).any()), [0.5]),
    "an input of 2": (lambda case: bool((case.problem.inputs == 2).any()), [2.0]),
    "an output that is not 0": (
        lambda case: bool(pre_activations(case)[-1][1].any()),
        [1.0],
    ),
    "two biases": (
        lambda case: sum(np.count_nonzero(each.biases) for each in case.problem.network.layers) > 1,
        [1.0, 1.0],
    ),
}
"""Of each: the predicate, and the numbers left that are not 0."""


@pytest.mark.parametrize(("predicate", "rest"), SHRINKING.values(), ids=SHRINKING)
def test_numbers_shrink(predicate: Predicate, rest: list[float]) -> None:
    """Hypothesis leaves only the numbers that matter, and those short."""
    assert rest == left(smallest(predicate))


def test_a_mistake_between_layers_shrinks_to_two_of_them() -> None:
    """A mistake that one layer cannot show shrinks to the smallest network of two."""

    def mistaken(*arguments: Any) -> Any:
        return (times(1 + 1e-6) if len(arguments[0]) > 1 else right)(*arguments)

    large = next(case for case in drawn(pool(), 200, 0, "float64") if case.architecture.depth == 5)
    small = shrunk(planted(mistaken), WRONG, large)

    assert (1, 1, 1) == small.architecture.widths
    assert len(left(small)) <= 3


@pytest.mark.parametrize("names", [{"tanh"}, {"huber"}, {"squareplus"}])
def test_a_named_function_shrinks_to_its_own_network(names: set[str]) -> None:
    """A mistake in one function shrinks to one weight and that function."""

    def mistaken(*arguments: Any) -> Any:
        concerned = names & {*arguments[2], arguments[3]}
        return (times(1 + 1e-6) if concerned else right)(*arguments)

    target = planted(mistaken)
    large = max(
        (
            case
            for case in drawn(pool(), 200, 0, "float64")
            if names & {*case.architecture.activations, case.architecture.loss}
        ),
        key=lambda case: case.architecture.parameters,
    )
    small = shrunk(target, WRONG, large)

    assert large.architecture.parameters > 4
    assert small.architecture.parameters == 1
    assert names <= {*small.architecture.activations, small.architecture.loss}
    assert len(left(small)) <= 3
    assert all(4 * each == round(4 * each) for each in left(small))
