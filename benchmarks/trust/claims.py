"""What is claimed of an enclosure, each claim as a check of one network.

A claim that holds of a network with units on a kink is told apart: there an entry is the hull of
every choice, and it is the hull that holds the exact gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import numpy as np

from benchmarks.trust.comparison import MORE_BITS, agree, by_mpmath, holds
from benchmarks.trust.networks import Kind, in_fractions, network
from benchmarks.trust.reach import beyond_mpmath, beyond_precision
from manual_backprop import Enclosure, Network, enclose, gradient_by_recursion
from manual_backprop.oracle.certificate import Certificate, certify
from manual_backprop.oracle.named_balls import named_balls
from manual_backprop.oracle.witness import Direction, directional_derivative, inner_product


class Outcome(StrEnum):
    """What came of a claim."""

    HOLDS = "holds"
    HULL = "holds of a hull"
    OPEN = "open"
    FAILS = "fails"


def exact(certificate: Certificate, seed: int) -> Outcome:
    """Every ball holds the entry of the gradient in `Fraction`s, by the recursion of section 3."""
    e = certificate.enclosure
    truth = gradient_by_recursion(in_fractions(e.problem))
    arrays = [np.array(truth.loss), *(each for _, each in truth.arrays())]
    balls = [each for _, each in named_balls(e)]
    return _held(e, all(holds(a, b) for a, b in zip(balls, arrays, strict=True)))


def sixty_digits(certificate: Certificate, seed: int) -> Outcome:
    """Every ball overlaps what mpmath gives, both known to sixty digits but for hulls."""
    e = enclose(certificate.enclosure.problem, certificate.enclosure.bits + MORE_BITS)
    if beyond_mpmath(e):
        return Outcome.OPEN
    balls = [ball for _, each in e.parameters() for ball in each.entries]
    pairs = zip(balls, by_mpmath(e.problem, e.bits), strict=True)
    return _held(e, all(agree(*pair, hull=bool(e.kinks)) for pair in pairs))


def witness(certificate: Certificate, seed: int) -> Outcome:
    """The power series overlaps along a random direction, and along one parameter's."""
    e = certificate.enclosure
    layers = e.problem.network
    directions = [Direction.random(layers, seed), _one_parameter(layers, seed)]
    pairs = [
        (inner_product(e, v), directional_derivative(e.problem, v, e.bits)) for v in directions
    ]
    if not all(ball.is_finite() for pair in pairs for ball in pair):
        return Outcome.OPEN
    return _held(e, all(found.overlaps(expected) for found, expected in pairs))


def narrow(certificate: Certificate, seed: int) -> Outcome:
    """Every radius is at most 2^−20 ulp of float64, the choice at exact kinks aside."""
    if certificate.complete:
        return Outcome.HULL if certificate.reached == "hull" else Outcome.HOLDS
    return Outcome.OPEN if beyond_precision(certificate.enclosure) else Outcome.FAILS


Claim = Callable[[Certificate, int], Outcome]

CLAIMS: dict[str, dict[str, Claim]] = {
    "rational": {
        "hold the exact rational gradient": exact,
        "overlap the power series": witness,
        "radius ≤ 2⁻²⁰ ulp": narrow,
    },
    "any": {
        "agree with mpmath at 60 digits": sixty_digits,
        "overlap the power series": witness,
        "radius ≤ 2⁻²⁰ ulp": narrow,
    },
}
"""What is claimed of each kind of network."""


def outcomes(kind: Kind, seed: int) -> dict[str, Outcome]:
    """What comes of each claim on the network of that seed.

    Raises:
        ArithmeticError: if the witness that `certify` asks contradicts the enclosure.

    >>> from benchmarks.trust.networks import ANY
    >>> [str(each) for each in outcomes(ANY, 0).values()]
    ['holds', 'holds', 'holds']
    """
    certificate = certify(network(kind, seed))
    return {text: claim(certificate, seed) for text, claim in CLAIMS[kind.name].items()}


def _held(e: Enclosure, held: bool) -> Outcome:
    if not held:
        return Outcome.FAILS
    return Outcome.HULL if e.kinks else Outcome.HOLDS


def _one_parameter(network: Network, seed: int) -> Direction:
    """The direction of a parameter that the seed chooses."""
    generator = np.random.default_rng(seed)
    k = int(generator.integers(network.depth))
    layer = network.layers[k]
    name: Any = "biases" if layer.biases is not None and generator.integers(2) else "weights"
    shape = getattr(layer, name).shape
    return Direction.unit(network, name, k, tuple(int(generator.integers(n)) for n in shape))
