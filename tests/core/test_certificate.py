"""Certificates hold what they say, of the enclosure and of a candidate."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from manual_backprop import Activation, Layer, Network, Problem, enclose, gradient
from manual_backprop.arithmetic.precision import precision
from manual_backprop.files import from_document
from manual_backprop.oracle.certificate import Certificate, certify
from manual_backprop.oracle.narrowness import radius_in_ulp

from .checking import beside_a_kink, checked, checker, on_a_kink
from .drawn import drawn

# ── what a certificate says ──


def test_every_entry_is_narrow() -> None:
    """A complete certificate's radii are at most 2^-20 ulp, of loss, weights, biases and inputs."""
    enclosure = certify(drawn(7)).enclosure

    arrays = [*enclosure.weights, *(b for b in enclosure.biases if b is not None), enclosure.inputs]
    balls = [enclosure.loss, *(ball for each in arrays for ball in each.entries)]
    assert max(map(radius_in_ulp, balls)) <= -20


def test_precision_is_raised_as_needed() -> None:
    """A zero that only cancellation makes needs 1,100 bits, and gets them."""
    layers = [Layer([[1.0], [1.0]], None, "tanh"), Layer([[1.0, -1.0]])]
    certificate = certify(Problem(Network(layers), [0.5], loss="half_squared_error", targets=[0.0]))

    assert certificate.reached == "precision"
    assert certificate.enclosure.bits == 2048


@pytest.mark.parametrize("cap", [128, 300, 4096])
def test_a_cap_that_is_reached_is_said(cap: int) -> None:
    """Where no precision suffices the certificate ends at the cap, says so, and has the balls."""
    certificate = certify(beside_a_kink(), cap=cap)

    assert not certificate.complete
    assert (certificate.reached, certificate.enclosure.bits) == ("cap", cap)
    assert [each.exact for each in certificate.enclosure.kinks] == [False]
    assert certificate.enclosure.weights[2].is_finite().all()
    assert certificate.document()["reached"] == "cap"


def test_numbers_far_beyond_float64_are_certified_too() -> None:
    """e^(e^1000) takes 2,048 bits; on the way its radius is more ulps than float64 counts."""
    layers = [Layer([[1.0]], [0.0], "exp")] * 2
    certificate = certify(Problem(Network(layers), [1000.0], loss="identity_sum"))

    assert (certificate.reached, certificate.enclosure.bits) == ("precision", 2048)


def test_an_exact_kink_is_no_lack_of_precision() -> None:
    """On a kink the balls hold every choice, and the precision is not raised in vain."""
    certificate = certify(on_a_kink())

    assert (certificate.reached, certificate.enclosure.bits) == ("hull", 128)
    assert certificate.complete


def test_a_kink_excuses_no_lack_of_precision() -> None:
    """An entry that is 0 whatever is taken at a kink gets the bits that show it."""
    layers = [
        Layer([[1.0]], None, "relu"),  # at 0, and its x̄ is tanh'(½) − tanh'(½)
        Layer([[1.0], [1.0]], [0.5, 0.5], "tanh"),
        Layer([[1.0, -1.0]], [1.0]),
    ]
    certificate = certify(Problem(Network(layers), [0.0], [0.0]))

    assert (certificate.reached, certificate.enclosure.bits) == ("precision", 2048)
    assert [each.exact for each in certificate.enclosure.kinks] == [True]


@pytest.mark.parametrize(
    ("ball", "exponent"),
    [
        (arb(1, (1, -72)), -19),  # below 1 the ulp is half as large
        (arb(1.5, (1, -72)), -20),
        (arb(1.5, (5, -74)), -19),
        (arb(0, (1, -1074)), 0),
        (arb(2.0**-1074), -math.inf),
        (arb(0, (1, 0)), 1074),
        (arb(0, math.inf), math.inf),
        (arb.nan(), math.inf),
        (arb(0, (1, 10**400)), math.inf),
        (arb(1, (1, -(10**400))), -(2.0**1023)),
    ],
)
def test_a_radius_in_ulp_is_rounded_up(ball: arb, exponent: float) -> None:
    """The radius is stated as a power of two of the smallest ulp in the ball, rounded up."""
    assert radius_in_ulp(ball) == exponent


def test_the_problem_reads_back_to_the_same_bits() -> None:
    """The problem in the certificate is a problem file's, and holds the same numbers."""
    problem = Problem.random((2, 3, 1), seed=5, dtype=np.float32)

    again = from_document(json.loads(json.dumps(certify(problem).document()["problem"])))

    assert again.dtype == problem.dtype
    for mine, theirs in zip(problem.network.layers, again.network.layers, strict=True):
        np.testing.assert_array_equal(mine.weights, theirs.weights)
        np.testing.assert_array_equal(mine.biases, theirs.biases)
    np.testing.assert_array_equal(problem.inputs, again.inputs)
    np.testing.assert_array_equal(problem.targets, again.targets)


def test_the_balls_of_the_document_are_those_of_the_enclosure() -> None:
    """Midpoints are written exactly, radii rounded up by 2^-16 to 2^-14 of themselves."""
    certificate = certify(drawn(3))
    written = certificate.document()["enclosure"]["weights"][0][0][0]

    ball = certificate.enclosure.weights[0].entries[0]
    with precision(4000):
        midpoint, radius = (checker().exact(part, 128) for part in written.split(" +/- "))
        assert midpoint == ball.mid()
        assert ball.rad() * (1 + arb(2) ** -16) <= radius <= ball.rad() * (1 + arb(2) ** -14)


def test_certifying_leaves_flint_as_it_was() -> None:
    """flint's precision, which is the whole process's, is what it was before."""
    before = ctx.prec

    certify(on_a_kink(), candidate=gradient(on_a_kink())).document()

    assert ctx.prec == before


def test_a_contradicting_witness_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the enclosure were wrong the power series would not agree, and certifying would say so."""
    from manual_backprop.oracle import narrowness as module

    problem = drawn(4)
    wrong = enclose(problem)
    object.__setattr__(wrong, "weights", tuple(each * 1.5 for each in wrong.weights))
    monkeypatch.setattr(module, "enclose", lambda *_: wrong)

    with pytest.raises(ArithmeticError, match="one of them is wrong"):
        certify(problem)


# ── the candidate ──


def judged(entry: float) -> Certificate:
    """A certificate on the gradient of a small network, its first weight gradient replaced."""
    problem = Problem.random((2, 3, 1), seed=1)
    g = gradient(problem)
    g.weights[0][0, 0] = entry
    return certify(problem, candidate=g)


@pytest.mark.parametrize(
    ("entry", "kind"), [(0.0, "wrong"), (math.nan, "not_finite"), (math.inf, "not_finite")]
)
def test_a_wrong_candidate_is_certified_as_wrong(entry: float, kind: str, tmp_path: Path) -> None:
    """The verdict on a bad candidate is in the certificate, entry and whole, and is verified."""
    document = judged(entry).document()

    assert document["verdict"]["kinds"]["weights"][0][0][0] == kind
    assert document["verdict"]["kind"] == kind
    assert checked(document, tmp_path)[0] == 0


def test_undecided_entries_are_verified(tmp_path: Path) -> None:
    """Where the set holds 0 and the truth is not 0 the verdict is undecided, and verified."""
    document = certify(on_a_kink(), candidate=gradient(on_a_kink())).document()

    assert document["verdict"]["kinds"]["weights"][0][0][0] == "undecided"
    assert checked(document, tmp_path)[0] == 0


def test_a_pair_of_lists_is_a_candidate(tmp_path: Path) -> None:
    """A pair (weights, biases) is judged; zeros for biases that a layer has not are left out."""
    problem = Problem.random((2, 3, 1), seed=1, biases=False)
    g = gradient(problem)
    zeros = [np.zeros(len(each)) for each in g.weights]
    document = certify(problem, candidate=(list(g.weights), zeros)).document()

    assert document["verdict"]["candidate"]["biases"] == [None, None]
    assert checked(document, tmp_path)[0] == 0


@pytest.mark.parametrize("order", ["reverse", "forward"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "tf32", "float64"])
def test_every_class_is_verified(order: Any, dtype: str, tmp_path: Path) -> None:
    """Verdicts of both orders and of every format are verified."""
    problem = Problem.random((2, 3, 1), seed=1, dtype=dtype.replace("tf", "float"))
    document = certify(problem, candidate=gradient(problem), order=order, dtype=dtype).document()

    assert (document["verdict"]["order"], document["verdict"]["dtype"]) == (order, dtype)
    assert checked(document, tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"candidate": ([], [])}, "a list of 1 arrays, one a layer, fits"),
        ({"candidate": None, "bits": 1}, "bits is 1"),
        ({"candidate": 3}, "(weight_gradients, bias_gradients) fits"),
        ({"candidate": ([np.ones((3, 2))], [np.ones(1)])}, "has shape (3, 2); (1, 2) fits"),
        ({"candidate": ([np.ones((1, 2))], [None])}, "biases gradient of layer 0 is None"),
    ],
)
def test_what_does_not_fit_is_an_error(arguments: Any, words: str) -> None:
    """A candidate that does not fit the problem, or a precision that is none, is refused."""
    with pytest.raises(ValueError, match=re.escape(words)):
        certify(Problem.random((2, 1), "relu"), **arguments)


def test_a_problem_that_no_file_can_hold_is_refused() -> None:
    """A user's own activation has no name in the format, and the message says so."""
    own = Activation("own", np.tanh, lambda p: 1 - np.tanh(p) ** 2, pieces=(lambda p, m: p,))

    with pytest.raises(ValueError, match="a problem file has names only"):
        certify(Problem(Network([Layer([[1.0]], None, own)]), [1.0], [1.0]))
