"""Certificates hold what they say, the stand-alone checker verifies them, and altered ones fail."""

import contextlib
import copy
import io
import json
import math
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from manual_backprop import (
    ACTIVATIONS,
    LOSSES,
    Activation,
    Layer,
    Network,
    Problem,
    enclose,
    gradient,
)
from manual_backprop.arithmetic.precision import precision
from manual_backprop.files import from_document
from manual_backprop.oracle.certificate import (
    Certificate,
    certify,
    radius_in_ulp,
)
from manual_backprop.oracle.certificate_document import digest, in_lines

from .drawn import drawn

CHECKER = Path(__file__).parents[2] / "tools" / "check_certificate.py"

Document = dict[str, Any]
Alteration = Callable[[Document], Any]


@cache
def checker() -> dict[str, Any]:
    """The checker's names, in this process."""
    return runpy.run_path(str(CHECKER))


def checked(document: Document, folder: Path) -> tuple[int, str]:
    """Exit status and output of the checker on a document."""
    path = folder / "certificate.json"
    path.write_text(in_lines(document), encoding="ascii")
    return run(path)


def run(path: Path) -> tuple[int, str]:
    """Exit status and output of the checker on a file."""
    output = io.StringIO()
    with precision(53), contextlib.redirect_stdout(output):
        status = checker()["main"]([path])
    return status, output.getvalue()


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh, isolated Python."""
    command = [sys.executable, "-I", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def signed(document: Document) -> Document:
    """The document with the digest that it should have."""
    parts = {key: value for key, value in document.items() if key != "digest"}
    return parts | {"digest": digest(parts)}


def on_a_kink(name: str = "relu", samples: int = 1) -> Problem:
    """A unit of layer 0 exactly on the kink at 0, the others beside it."""
    layers = [Layer([[1.0, -1.0], [1.0, 0.5]], [0.0, 0.25], name), Layer([[2.0, 0.5]], None)]
    return Problem(Network(layers), [[3.0, 3.0]] * samples, [[1.0]] * samples)


def beside_a_kink() -> Problem:
    """relu(tanh x − tanh x): at the kink in truth, and no precision shows it."""
    layers = [
        Layer([[1.0], [1.0]], None, "tanh"),
        Layer([[1.0, -1.0]], None, "relu"),
        Layer([[1.0]]),
    ]
    return Problem(Network(layers), [0.5], [1.0])


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
    """Midpoints are written exactly, radii rounded up by less than 2^-14 of themselves."""
    certificate = certify(drawn(3))
    written = certificate.document()["enclosure"]["weights"][0][0][0]

    ball = certificate.enclosure.weights[0].entries[0]
    with precision(4000):
        midpoint, radius = (checker()["dyadic"](part) for part in written.split(" +/- "))
        assert midpoint == ball.mid()
        assert ball.rad() <= radius <= ball.rad() * (1 + arb(2) ** -14)


def test_certifying_leaves_flint_as_it_was() -> None:
    """flint's precision, which is the whole process's, is what it was before."""
    before = ctx.prec

    certify(on_a_kink(), candidate=gradient(on_a_kink())).document()

    assert ctx.prec == before


def test_a_contradicting_witness_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the enclosure were wrong the power series would not agree, and certifying would say so."""
    from manual_backprop.oracle import certificate as module

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
        ({"candidate": ([np.ones((1, 2))], [np.ones(1)]), "kink": "left"}, "is one choice"),
    ],
)
def test_what_does_not_fit_is_an_error(arguments: Any, words: str) -> None:
    """A candidate that does not fit the problem, or a kink that has no verdict, is refused."""
    with pytest.raises(ValueError, match=re.escape(words)):
        certify(Problem.random((2, 1), "relu"), **arguments)


def test_a_problem_that_no_file_can_hold_is_refused() -> None:
    """A user's own activation has no name in the format, and the message says so."""
    own = Activation("own", np.tanh, lambda p: 1 - np.tanh(p) ** 2, pieces=(lambda p, m: p,))

    with pytest.raises(ValueError, match="a problem file has names only"):
        certify(Problem(Network([Layer([[1.0]], None, own)]), [1.0], [1.0]))


# ── the checker verifies ──


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_verified(name: str, tmp_path: Path) -> None:
    """A certificate of a network with this activation, judged, is verified by the checker."""
    problem = Problem.random((2, 3, 2), [name, "identity"], seed=3)

    status, output = checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)

    assert (status, output[:9]) == (0, "verified:")
    assert "conforms: reverse, float64" in output


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("kink", ["hull", "left", "right", "mean", "zero"])
def test_every_breakpoint_is_verified(name: str, kink: Any, tmp_path: Path) -> None:
    """On and beside each breakpoint of each activation, every convention is verified."""
    places = [float(each.at) for each in ACTIVATIONS[name].breakpoints] or [0.0]
    inputs = [[each] for place in places for each in (place - 0.125, place, place + 0.125)]
    network = Network([Layer([[1.0]], [0.0], name), Layer([[3.0]])])
    problem = Problem(network, inputs, loss="identity_sum")

    certificate = certify(problem, kink=kink)

    assert certificate.reached == (
        "hull" if certificate.enclosure.kinks and kink == "hull" else "precision"
    )
    assert checked(certificate.document(), tmp_path)[0] == 0


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_loss_is_verified(name: str, reduction: Any, tmp_path: Path) -> None:
    """A certificate with this loss is verified by the checker."""
    problem = Problem.random((2, 3, 2), "silu", name, 3, reduction=reduction)

    assert checked(certify(problem).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("name", ["absolute_error", "huber", "hinge"])
@pytest.mark.parametrize("kink", ["hull", "left", "right", "mean", "zero"])
def test_kinks_of_losses_are_verified(name: str, kink: Any, tmp_path: Path) -> None:
    """Outputs exactly on a breakpoint of the loss are verified, whatever is taken there."""
    network = Network([Layer([[1.0], [1.0]])])
    problem = Problem(network, [[0.0], [1.0], [2.0]], [[1.0, -1.0]] * 3, name)

    assert checked(certify(problem, kink=kink).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("seed", range(20))
def test_drawn_networks_are_verified(seed: int, tmp_path: Path) -> None:
    """Networks of every kind, with the verdict on our own gradient, are verified."""
    problem = drawn(seed)

    assert checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_many_kinks_are_verified(samples: int, tmp_path: Path) -> None:
    """Every combination of choices is verified, or 64 of them, and the checker says which."""
    status, output = checked(certify(on_a_kink(samples=samples)).document(), tmp_path)

    done = min(2**samples, 64)
    assert status == 0
    assert f"{samples} kinks, {done} of {2**samples} combinations" in output


def test_what_is_not_bounded_is_verified(tmp_path: Path) -> None:
    """An enclosure without a bound claims nothing, and that is verified."""
    layers = [Layer([[1e300]], None, "exp"), Layer([[1.0]], None, "exp")]
    certificate = certify(Problem(Network(layers), [1.0], [1.0]), cap=256)
    document = certificate.document()

    assert (document["reached"], document["enclosure"]["loss"]) == ("cap", "0x0p+0 +/- inf")
    assert checked(document, tmp_path)[0] == 0


def test_the_cap_is_verified(tmp_path: Path) -> None:
    """A certificate that came to its cap is true as far as it goes, and verified."""
    assert checked(certify(beside_a_kink(), cap=256).document(), tmp_path)[0] == 0


def test_large_networks_are_sampled(tmp_path: Path) -> None:
    """Of a larger network some entries are derived by power series, and the checker says so."""
    problem = Problem.random((12, 16, 16, 4), samples=8)

    status, output = checked(certify(problem).document(), tmp_path)

    entries, sampled = map(int, re.findall(r"(\d+) entries, (\d+) of them and 2", output)[0])
    assert status == 0
    assert 3 <= sampled < entries == 1 + 12 * 16 + 16 + 16 * 16 + 16 + 16 * 4 + 4 + 8 * 12


ALONE = """
import runpy, sys
for name in ("manual_backprop", "conformance", "numpy", "scipy"):
    sys.modules[name] = None  # importing it is an ImportError
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("flags", [[], ["-O"], ["-OO"]])
def test_the_checker_stands_alone(flags: list[str], tmp_path: Path) -> None:
    """Without our packages and NumPy, with assertions off, it verifies and it refuses."""
    path, altered = tmp_path / "certificate.json", tmp_path / "altered.json"
    certify(drawn(2)).save(path)
    altered.write_text(path.read_text("ascii").replace('"bits": 128', '"bits": 129'), "ascii")

    good = program(*flags, "-c", ALONE, str(CHECKER), str(path))
    bad = program(*flags, "-c", ALONE, str(CHECKER), str(altered))

    assert (good.returncode, good.stdout[:9], good.stderr) == (0, "verified:", "")
    assert (bad.returncode, bad.stdout) == (1, "does not hold: the digest is another\n")


def test_the_block_on_imports_blocks() -> None:
    """The test above can fail: there, importing our package is an error."""
    finished = program("-c", ALONE.replace("runpy.run_path", "import manual_backprop #"), "x")

    assert "ModuleNotFoundError" in finished.stderr


def test_the_checker_needs_flint_alone() -> None:
    """Its text imports the standard library and flint, nothing else, and asserts nothing."""
    text = CHECKER.read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE))

    assert imported - set(sys.stdlib_module_names) == {"flint"}
    assert "assert " not in text


def test_the_checker_knows_the_catalogue() -> None:
    """It defines every activation and loss, and no other."""
    assert checker()["ACTIVATIONS"].keys() == ACTIVATIONS.keys()
    assert checker()["LOSSES"].keys() == LOSSES.keys()


# ── altered certificates fail ──


@cache
def sound() -> str:
    """A certificate with a verdict, as text."""
    problem = Problem.random((2, 3, 1), ["tanh", "softplus"], seed=6)
    return in_lines(certify(problem, candidate=gradient(problem)).document())


@cache
def kinked() -> str:
    """A certificate with a kink."""
    return in_lines(certify(on_a_kink()).document())


def ball(text: str, shift: float = 0.0, factor: float = 1.0) -> str:
    """The ball, moved by so many radii, its radius multiplied."""
    with precision(4000):
        midpoint, radius = (checker()["dyadic"](part) for part in text.split(" +/- "))
        parts = [midpoint + arb(shift) * radius, arb(factor) * radius]
        return " +/- ".join(
            f"{'-' * (m < 0)}{abs(int(m)):#x}p{int(e):+d}" for m, e in (p.man_exp() for p in parts)
        )


def hexadecimal(text: str, factor: float) -> str:
    """The number times a factor."""
    return (float.fromhex(text) * factor).hex()


def change(*place: Any, to: Callable[[Any], Any]) -> Alteration:
    """An alteration of what stands at a place."""

    def alter(document: Document) -> None:
        part: Any = document
        for step in place[:-1]:
            part = part[step]
        part[place[-1]] = to(part[place[-1]])

    return alter


def every(*place: Any, to: Callable[[Any], Any]) -> Alteration:
    """An alteration of every text in the lists at a place."""

    def deep(value: Any) -> Any:
        return [deep(each) for each in value] if isinstance(value, list) else to(value)

    return change(*place, to=deep)


def always(value: Any) -> Callable[[Any], Any]:
    """What is there gives way to a value."""
    return lambda _: value


def fresh_kink(document: Document) -> None:
    """A unit that is on no kink is listed."""
    document["kinks"].append({"layer": 1, "sample": 0, "unit": 0, "exact": True})


NEXT = {"precision": "cap", "hull": "precision"}

ALTERATIONS: dict[str, tuple[Callable[[], str], Alteration, str]] = {
    # what it does: the certificate, the alteration, words of the answer
    "a midpoint's first digit": (
        sound,
        change("enclosure", "weights", 0, 1, 0, to=lambda t: t.replace("0x", "0x1", 1)),
        "weights[0][1][0] is",
    ),
    "a midpoint by two radii": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, shift=2.01)),
        "weights[0][0][0] is",
    ),
    "a bias's midpoint": (
        sound,
        change("enclosure", "biases", 1, 0, to=lambda t: ball(t, shift=-3)),
        "biases[1][0] is",
    ),
    "an input's midpoint": (
        sound,
        change("enclosure", "inputs", 3, 1, to=lambda t: ball(t, shift=3)),
        "inputs[3][1] is",
    ),
    "the loss": (sound, change("enclosure", "loss", to=lambda t: ball(t, shift=3)), "loss is"),
    "a sign": (
        sound,
        change("enclosure", "weights", 1, 0, 0, to=lambda t: t[1:] if t[0] == "-" else f"-{t}"),
        "weights[1][0][0] is",
    ),
    "a radius too small": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.0**-90)),
        "weights[0][0][0] is",
    ),
    "a radius of 0": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=0)),
        "weights[0][0][0] is",
    ),
    "a radius too large for what is said": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.0**80)),
        "precision was not reached: ['weights[0][0][0]']",
    ),
    "a radius below 0": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, factor=-1)),
        "weights[0][0][0] is",
    ),
    "no bound": (
        sound,
        change("enclosure", "weights", 0, 0, 0, to=always("0x0p+0 +/- inf")),
        "precision was not reached: ['weights[0][0][0]']",
    ),
    "a row less": (
        sound,
        change("enclosure", "weights", 0, to=lambda rows: rows[:-1]),
        "not the entries of the problem",
    ),
    "an entry more": (
        sound,
        change("enclosure", "biases", 0, to=lambda row: [*row, row[0]]),
        "not the entries of the problem",
    ),
    "biases gone": (
        sound,
        change("enclosure", "biases", 0, to=always(None)),
        "not the entries of the problem",
    ),
    "a weight": (
        sound,
        change("problem", "layers", 0, "weights", 2, 1, to=lambda t: hexadecimal(t, 1 + 2.0**-52)),
        "loss is",
    ),
    "a bias": (
        sound,
        change("problem", "layers", 1, "biases", 0, to=lambda t: hexadecimal(t, 1 - 2.0**-52)),
        "loss is",
    ),
    "an input": (
        sound,
        change("problem", "inputs", 0, 0, to=lambda t: hexadecimal(t, 1.5)),
        "loss is",
    ),
    "a target": (
        sound,
        change("problem", "targets", 2, 0, to=lambda t: hexadecimal(t, 0.5)),
        "loss is",
    ),
    "digits that float64 has not": (
        sound,
        change("problem", "targets", 2, 0, to=lambda t: t.replace("p", "0000000000001p")),
        "is no float64",
    ),
    "a dtype that the numbers have not": (
        sound,
        change("problem", "dtype", to=always("float32")),
        "is no float32",
    ),
    "an activation": (
        sound,
        change("problem", "layers", 0, "activation", to=always("sigmoid")),
        "loss is",
    ),
    "an unknown activation": (
        sound,
        change("problem", "layers", 0, "activation", to=always("tahn")),
        "not a certificate: KeyError: 'tahn'",
    ),
    "the loss function": (sound, change("problem", "loss", to=always("squared_error")), "loss is"),
    "the reduction": (sound, change("problem", "reduction", to=always("sum")), "loss is"),
    "the direction of the witness": (
        sound,
        change("witness", "weights", 0, 0, 0, to=lambda t: hexadecimal(t, -2)),
        "the witness is",
    ),
    "the witness": (
        sound,
        change("witness", "product", to=lambda t: ball(t, shift=3)),
        "the witness is",
    ),
    "a candidate": (
        sound,
        change("verdict", "candidate", "weights", 0, 0, 0, to=lambda t: hexadecimal(t, 1 + 1e-9)),
        "weights[0][0][0] is wrong, not conforms",
    ),
    "a candidate that is none": (
        sound,
        change("verdict", "candidate", "biases", 0, 1, to=always("nan")),
        "biases[0][1] is not_finite, not conforms",
    ),
    "a verdict on an entry": (
        sound,
        change("verdict", "kinds", "weights", 0, 2, 0, to=always("wrong")),
        "weights[0][2][0] is conforms, not wrong",
    ),
    "the verdict on the whole": (
        sound,
        change("verdict", "kind", to=always("wrong")),
        "the verdict is conforms, not wrong",
    ),
    "the set's radius, too small": (
        sound,
        every("verdict", "allowed", "weights", to=lambda t: ball(t, factor=2.0**-30)),
        "in truth, is",
    ),
    "the set's radius, too large": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=lambda t: ball(t, factor=2.0**60)),
        "weights[0][0][0] is undecided, not conforms",
    ),
    "the set's midpoint": (
        sound,
        change("verdict", "allowed", "weights", 0, 0, 0, to=lambda t: ball(t, shift=2.5)),
        "weights[0][0][0], in truth, is",
    ),
    "the class": (
        sound,
        change("verdict", "order", to=always("forward")),
        "the class is forward",
    ),
    "how it ended": (sound, change("reached", to=always("cap")), "cap was not reached"),
    "a kink that is none": (sound, fresh_kink, "there is no kink at (1, 0, 0)"),
    "a kink gone": (kinked, change("kinks", to=always([])), "there are kinks at {(0, 0, 0)}, too"),
    "a kink that is not exact": (
        kinked,
        change("kinks", 0, "exact", to=always(False)),
        "hull was not reached",
    ),
    "half a hull": (
        kinked,
        change("enclosure", "weights", 0, 0, 0, to=lambda t: ball(t, shift=0.5, factor=0.5)),
        "weights[0][0][0] is",
    ),
    "one choice for all": (kinked, change("kink", to=always("left")), "hull was not reached"),
    "a hull said to be narrow": (
        kinked,
        change("reached", to=always("precision")),
        "precision was not reached",
    ),
    "a key more": (sound, lambda document: document.update(note="trust me"), "the keys are others"),
    "a key less": (sound, lambda document: document.pop("witness"), "not a certificate|the keys"),
    "the format": (
        sound,
        change("format", to=always("manual-backprop/certificate/2")),
        "not a certificate: ValueError: another format",
    ),
    "no precision": (sound, change("bits", to=always(0)), "not a certificate: ValueError: another"),
    "a precision in words": (sound, change("bits", to=always("128")), "not a certificate: TypeErr"),
}


def altered(name: str) -> tuple[Document, str]:
    """The altered document with the old digest, and the words that it should be answered with."""
    text, alteration, words = ALTERATIONS[name]
    document = json.loads(text())
    before = copy.deepcopy(document)
    alteration(document)
    assert document != before
    return document, words


@pytest.mark.parametrize("text", [sound, kinked])
def test_unaltered_certificates_are_verified(text: Callable[[], str], tmp_path: Path) -> None:
    """What the alterations start from is verified, also after it was read and written."""
    assert checked(signed(json.loads(text())), tmp_path)[0] == 0


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_certificate_fails(name: str, tmp_path: Path) -> None:
    """Whatever is altered, the digest does not match, or it is no certificate any more."""
    document, _ = altered(name)

    status, output = checked(document, tmp_path)

    assert status in (1, 2)
    assert re.match("does not hold: the digest is another|not a certificate: ", output)


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_certificate_with_its_own_digest_fails(name: str, tmp_path: Path) -> None:
    """Whatever is altered, with a digest to match, the first thing that does not hold is named."""
    document, words = altered(name)

    status, output = checked(signed(document), tmp_path)

    assert status == (2 if "not a certificate" in output else 1)
    assert any(each in output for each in words.split("|")), output


def test_a_digit_of_the_digest_fails(tmp_path: Path) -> None:
    """The digest itself altered does not match either."""
    document = json.loads(sound())
    document["digest"] = document["digest"][::-1]

    assert checked(document, tmp_path) == (1, "does not hold: the digest is another\n")


def moved(shift: float) -> dict[str, Document]:
    """The sound certificate with one ball moved by so many radii, for each of them."""
    names = list(checker()["entries"](json.loads(sound())["enclosure"]))
    documents = {}
    for name, _ in names:
        document = json.loads(sound())
        place = [int(k) for k in re.findall(r"\d+", name)]
        change("enclosure", name.split("[")[0], *place, to=lambda t: ball(t, shift=shift))(document)
        documents[name] = signed(document)
    return documents


@pytest.mark.parametrize("shift", [-2.01, 2.01])
def test_every_entry_counts(shift: float, tmp_path: Path) -> None:
    """Any one entry moved by two radii, up or down, is the one that is named."""
    documents = moved(shift)

    assert len(documents) == 22
    for name, document in documents.items():
        status, output = checked(document, tmp_path)
        assert (status, output.split(",")[0].split(" is ")[0]) == (1, f"does not hold: {name}")


def test_power_series_alone_would_notice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If the checker's backward pass believed what is claimed, its power series still would not."""
    net = checker()["Net"]
    for name, document in moved(2.01).items():
        pairs = checker()["entries"](document["enclosure"])
        claims = {each: checker()["claim"](text)[0] for each, text in pairs}
        monkeypatch.setattr(net, "backwards", lambda self, claims=claims: claims)

        status, output = checked(document, tmp_path)

        assert (status == 0) == (name == "loss")  # which is no derivative
        assert name == "loss" or re.search("the witness is|random|power series", output)


def test_the_backward_pass_alone_would_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If the checker's power series noticed nothing, its backward pass still would."""
    monkeypatch.setattr(checker()["Net"], "along", lambda self, v: arb("nan"))
    words = checker()["Fails"]

    for name, document in moved(2.01).items():
        net = checker()["Net"](document["problem"], "hull")
        claims = {n: checker()["claim"](t) for n, t in checker()["entries"](document["enclosure"])}
        with precision(320), pytest.raises(words, match=re.escape(f"{name} is")):
            checker()["derive"](net, claims, {}, ("the witness", [0] * 21, None))


@pytest.mark.parametrize("at", range(0, 400, 23))
def test_any_character_of_the_balls_matters(at: int, tmp_path: Path) -> None:
    """A digit changed anywhere in the text of the enclosure is noticed."""
    text = sound()
    place = text.index('"enclosure"') + 30 + at
    place = next(k for k in range(place, len(text)) if text[k] in "123456789")
    path = tmp_path / "certificate.json"
    path.write_text(text[:place] + "0" + text[place + 1 :], "ascii")

    assert run(path)[0] in (1, 2)


# ── what is no certificate ──


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b"{}",
        b"\xff\xfe",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"format": "manual-backprop/certificate/1"}',
        b'{"format": "manual-backprop/certificate/1", "bits": 128, "digest": 7}',
        b'{"format": "manual-backprop/certificate/1", "bits": 1e999}',
        b'{"format": "manual-backprop/problem/1"}',
        b'{"bits": ' + b"9" * 10_000 + b"}",
    ],
)
def test_rubbish_is_no_certificate(content: bytes, tmp_path: Path) -> None:
    """Whatever is in the file, the answer is one line and a status, never a traceback."""
    path = tmp_path / "rubbish.json"
    path.write_bytes(content)

    finished = program(str(CHECKER), str(path))

    assert finished.returncode in (1, 2)
    assert re.match(r"(not a certificate|does not hold): .*\n\Z", finished.stdout)
    assert finished.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["/no/such/file"], ["/"], ["a", "b", "c"]])
def test_without_a_file_there_is_one_line(arguments: list[str]) -> None:
    """A missing or unreadable file is status 2 and one line."""
    finished = program(str(CHECKER), *arguments)

    assert (finished.returncode, finished.stdout.count("\n"), finished.stderr) == (2, 1, "")


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    """A key that comes twice could be read in two ways, so it is no certificate."""
    path = tmp_path / "twice.json"
    path.write_text(sound().replace('{"format"', '{"bits": 128, "format"', 1), "ascii")

    assert run(path) == (2, "not a certificate: ValueError: a key is repeated\n")
