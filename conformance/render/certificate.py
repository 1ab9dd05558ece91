"""A certificate as text for people: how narrow the enclosure is, the kinks, the witness."""

from __future__ import annotations

import math

from conformance.numbers import plural
from conformance.render.gradient import shortened, wrapped
from manual_backprop import Problem
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.oracle.certificate import Certificate
from manual_backprop.oracle.named_balls import named_balls
from manual_backprop.oracle.narrowness import NARROW, Reached, radius_in_ulp
from manual_backprop.oracle.on_balls import Kink
from manual_backprop.oracle.witness import inner_product

GOAL = f"within 2^{NARROW} ulp"


def certificate_lines(certificate: Certificate) -> list[str]:
    """Each array, how it ended, the kinks, the witness."""
    enclosure, reached = certificate.enclosure, certificate.reached
    return [
        f"Enclosed with {enclosure.bits} bits; the largest radius, in ulp of float64:",
        *(f"  {name!s:22}  {radii(balls, reached)}" for name, balls in named_balls(enclosure)),
        *wrapped(how_it_ended(certificate)),
        *kink_lines(enclosure.problem, enclosure.kinks),
        *wrapped(witness(certificate)),
    ]


def radii(balls: Balls, reached: Reached = "precision") -> str:
    """The largest radius of the narrow entries, and how many are not.

    >>> from flint import arb
    >>> radii(Balls.of_entries([arb(0.5), arb(1, (1, -90)), arb(0, 1)], 64), "hull")
    '2^-37; 1 of 3 depends on a kink'
    """
    exponents = [radius_in_ulp(ball) for ball in balls.entries]
    wide = [each for each in exponents if each > NARROW]
    narrow = [each for each in exponents if each <= NARROW]
    parts = [power(max(narrow))] if narrow else []
    if wide and reached == "hull":
        parts.append(
            f"{len(wide):,} of {len(exponents):,} depend{'s' * (len(wide) == 1)} on a kink"
        )
    elif wide:
        parts.append(f"{len(wide):,} of {len(exponents):,} wider, {power(max(wide))}")
    return "; ".join(parts)


def power(exponent: float) -> str:
    """The size that `radius_in_ulp` states.

    >>> power(-70.0), power(-math.inf), power(math.inf)
    ('2^-70', 'exact', 'not bounded')
    """
    if math.isinf(exponent):
        return "exact" if exponent < 0 else "not bounded"
    return f"2^{exponent:.0f}"


def how_it_ended(certificate: Certificate) -> str:
    """Precision, hull or cap."""
    return {
        "precision": f"Every entry is known {GOAL}.",
        "hull": (
            f"Every entry is known {GOAL}, or depends on the choice at a kink; then its ball "
            "holds what every choice gives."
        ),
        "cap": f"The cap of {certificate.cap} bits was reached: not every entry is known {GOAL}.",
    }[certificate.reached]


def kink_lines(problem: Problem, kinks: tuple[Kink, ...]) -> list[str]:
    """Each unit that sits on a kink, or is not told from it."""
    lines = [f"  {kink_line(problem, each)}" for each in kinks]
    return [f"On a kink, {plural(len(kinks), 'unit')}:", *shortened(lines)] if kinks else []


def kink_line(problem: Problem, kink: Kink) -> str:
    """Where it is.

    >>> kink_line(Problem.random((2, 1), "relu"), Kink(0, 3, 0, exact=False))
    'layer 0 (relu), sample 3, unit 0: not told from the kink'
    """
    if kink.layer == problem.network.depth:
        place = f"loss ({problem.loss.name})"
    else:
        place = f"layer {kink.layer} ({problem.network.layers[kink.layer].activation.name})"
    where = f"{place}, sample {kink.sample}, unit {kink.unit}"
    return where if kink.exact else f"{where}: not told from the kink"


def witness(certificate: Certificate) -> str:
    """What the power series of the objective says."""
    product = inner_product(certificate.enclosure, certificate.witness)
    if not product.is_finite():
        return "Witness: nothing to compare, the derivative along its direction is not bounded."
    return (
        "Witness: the power series of the objective along a random direction v agrees, "
        f"⟨∇L, v⟩ = {product.str(10)}."
    )
