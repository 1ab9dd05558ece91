"""Trust: what `ci/campaign trust` claims of 2,000 networks, on a sample; and that a claim can fail.

Each claim is given an enclosure with a mistake, smaller than any that would matter to a user.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb

from benchmarks.trust import claims
from benchmarks.trust.claims import Outcome, exact, narrow, outcomes, sixty_digits, witness
from benchmarks.trust.comparison import agree
from benchmarks.trust.networks import ANY, KINDS, RATIONAL, Kind, in_fractions, network
from manual_backprop import Enclosure, Layer, Network, Problem, enclose
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.oracle.certificate import Certificate, certify

SAMPLE = {"rational": 60, "any": 25}
"""Networks of each kind: seconds."""


@pytest.fixture(scope="module")
def sample() -> dict[tuple[str, str, int], Outcome]:
    """What came of each claim on the first networks of the campaign."""
    return {
        (name, claim, seed): outcome
        for name, count in SAMPLE.items()
        for seed in range(count)
        for claim, outcome in outcomes(KINDS[name], seed).items()
    }


def test_every_claim_holds(sample: dict[tuple[str, str, int], Outcome]) -> None:
    """Enclosures hold the exact gradient, agree with mpmath, overlap the series, and are narrow."""
    failed = [place for place, outcome in sample.items() if outcome == Outcome.FAILS]

    assert [] == failed


def test_the_sample_reaches_kinks_and_more(sample: dict[tuple[str, str, int], Outcome]) -> None:
    """Each claim is put to networks on kinks and to more without; what is open is an exception."""
    for name, count in SAMPLE.items():
        for claim in claims.CLAIMS[name]:
            found = [sample[name, claim, seed] for seed in range(count)]
            assert found.count(Outcome.HOLDS) > found.count(Outcome.HULL) > 0
            assert found.count(Outcome.OPEN) <= count // 20


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_networks_reach_all_that_there_is(kind: Kind) -> None:
    """Every activation, loss, depth, reduction and batch is drawn; with biases and without."""
    problems = [network(kind, seed) for seed in range(300)]
    layers = [layer for each in problems for layer in each.network.layers]

    assert set(kind.activations) == {each.activation.name for each in layers}
    assert set(kind.losses) == {each.loss.name for each in problems}
    assert {1, 2, 3, 4} == {each.network.depth for each in problems}
    assert {1, 2, 3} == {each.samples for each in problems}
    assert {"mean", "sum"} == {each.reduction for each in problems}
    assert {True, False} == {each.biases is None for each in layers}


def test_a_seed_is_a_network() -> None:
    """The same seed gives the same numbers, another seed or kind gives others."""
    first, again, other = network(ANY, 3), network(ANY, 3), network(ANY, 4)

    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.network.layers[0].weights, again.network.layers[0].weights)
    assert not np.array_equal(first.inputs, other.inputs)
    assert not np.array_equal(network(RATIONAL, 3).inputs, first.inputs)


def test_fractions_are_the_floats() -> None:
    """The rational problem has the numbers of the float64 one, one by one."""
    given = network(RATIONAL, 5)
    exactly = in_fractions(given)

    for a, b in zip(given.network.layers, exactly.network.layers, strict=True):
        assert a.weights.tolist() == b.weights.tolist()
        assert isinstance(b.weights[0, 0], Fraction)
    assert (given.loss, given.reduction) == (exactly.loss, exactly.reduction)


# ── each claim can fail ──


def plain(activation: str = "tanh") -> Problem:
    """A network of two layers, on no kink."""
    return Problem.random((2, 3, 2), activation, seed=4)


def moved(e: Enclosure, field: str, by: float = 2.0**-90) -> Enclosure:
    """One number of an enclosure moved."""
    if field == "loss":
        return replace(e, loss=(Balls.of_entries([e.loss], e.bits) + by)[0])
    if field == "inputs":
        inputs = e.inputs + _at_one_place(e.inputs, by)
        return replace(e, compute_inputs=lambda: inputs)
    first, *rest = getattr(e, field)
    return replace(e, **{field: (first + _at_one_place(first, by), *rest)})


def _at_one_place(balls: Any, by: float) -> Any:
    place = np.arange(len(balls.entries)).reshape(balls.shape)
    return np.where(place == 1, by, 0.0)


@pytest.mark.parametrize("field", ["loss", "weights", "biases", "inputs"])
def test_a_moved_ball_does_not_hold_the_exact_gradient(field: str) -> None:
    """The loss and every array count: moved by 2⁻⁹⁰ in one place the claim fails."""
    certificate = certify(plain("softsign"))

    assert Outcome.HOLDS == exact(certificate, seed=0)
    wrong = replace(certificate, enclosure=moved(certificate.enclosure, field))
    assert Outcome.FAILS == exact(wrong, seed=0)


@pytest.mark.parametrize("field", ["weights", "biases"])
def test_a_wrong_sixtieth_digit_is_seen(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moved by 10⁻⁶⁰ in one place a ball does not agree with mpmath."""
    certificate = certify(plain())

    assert Outcome.HOLDS == sixty_digits(certificate, seed=0)
    monkeypatch.setattr(claims, "enclose", lambda *of: moved(enclose(*of), field, by=1e-60))
    assert Outcome.FAILS == sixty_digits(certificate, seed=0)


def test_fewer_than_sixty_digits_are_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ball that holds mpmath's number, yet not to sixty digits, is no agreement."""
    certificate = certify(plain())

    monkeypatch.setattr(claims, "enclose", lambda problem, bits: enclose(problem, 190))
    assert Outcome.FAILS == sixty_digits(certificate, seed=0)


def test_what_mpmath_leaves_open_is_no_agreement() -> None:
    """A reference without sixty digits of its own confirms nothing but a proved zero."""
    unsure = arb(0, 1e-30)

    assert not agree(arb(1), arb(1, 1e-30))
    assert agree(arb(0), unsure)
    assert not agree(arb(1), unsure, hull=True)
    assert agree(arb(0, 1), unsure, hull=True)


@pytest.mark.parametrize("field", ["weights", "biases"])
def test_a_moved_ball_does_not_overlap_the_series(field: str) -> None:
    """Moved by 2⁻⁹⁰ in one place, the enclosure disagrees with the witness."""
    e = certify(plain()).enclosure

    assert Outcome.HOLDS == witness(Certificate(e, 4096, "precision"), seed=0)
    wrong = Certificate(moved(e, field), 4096, "precision")
    assert Outcome.FAILS == witness(wrong, seed=0)


def test_the_series_is_open_where_there_is_no_bound() -> None:
    """Where balls are not finite there is nothing to compare, and that is said."""
    tower = Problem(Network([Layer([[1.0]], [0.0], "exp")] * 3), [1000.0], [0.0])
    certificate = certify(tower, cap=128)

    assert Outcome.OPEN == witness(certificate, seed=0)
    assert Outcome.OPEN == sixty_digits(certificate, seed=0)
    assert Outcome.OPEN == narrow(certificate, seed=0)


# ── how narrow ──


def behind_a_hundredth(bias: float) -> Problem:
    """relu of 100·(−1/100) + bias: a hundredth is no dyadic number, so no ball is a point."""
    layers = [Layer([[1.0]], [0.0], "leaky_relu"), Layer([[100.0]], [bias], "relu")]
    return Problem(Network(layers), [-1.0], loss="identity_sum")


def test_a_kink_that_no_ball_decides_is_open_once_it_is_proved() -> None:
    """On the kink no precision helps; beside it a higher one would, so that there it fails."""
    on, beside = behind_a_hundredth(1.0), behind_a_hundredth(1.0 + 2.0**-30)

    assert Outcome.OPEN == narrow(certify(on), seed=0)
    assert Outcome.HOLDS == narrow(certify(beside), seed=0)
    assert Outcome.FAILS == narrow(certify(beside, bits=16, cap=16), seed=0)


def test_a_wide_ball_is_a_failure() -> None:
    """Off every kink the cap is no excuse."""
    assert Outcome.FAILS == narrow(certify(plain(), bits=40, cap=40), seed=0)


def test_beside_a_loss_kink_that_no_ball_decides() -> None:
    """The loss counts as a unit does: absolute_error where the output is 1/100 of −1 times 100."""
    layers = [Layer([[1.0]], [0.0], "leaky_relu"), Layer([[100.0]], [0.0])]
    problem = Problem(Network(layers), [-1.0], [-1.0], "absolute_error")

    assert Outcome.OPEN == narrow(certify(problem), seed=0)
    assert Outcome.HULL == exact(certify(problem), seed=0)


def test_one_choice_at_an_exact_kink_is_narrow() -> None:
    """Exactly on a kink the entry is a hull, which is told apart."""
    layers = [Layer([[1.0]], [0.0], "relu"), Layer([[2.0]], [0.0], "tanh")]
    problem = Problem(Network(layers), [0.0], [1.0])

    assert Outcome.HULL == narrow(certify(problem), seed=0)
    assert Outcome.HULL == sixty_digits(certify(problem), seed=0)
    assert Outcome.HULL == witness(certify(problem), seed=0)
