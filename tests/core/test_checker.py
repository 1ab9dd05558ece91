"""The stand-alone checker verifies what holds, and says of rubbish that it is no certificate."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem, gradient
from manual_backprop.oracle.certificate import certify

from .checking import CHECKER, beside_a_kink, checked, checker, on_a_kink, program, run
from .drawn import drawn

# ── the checker verifies ──


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_verified(name: str, tmp_path: Path) -> None:
    """A certificate of a network with this activation, judged, is verified by the checker."""
    problem = Problem.random((2, 3, 2), [name, "identity"], seed=3)

    status, output = checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)

    assert (status, output[:9]) == (0, "verified:")
    assert "conforms: reverse, float64" in output


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_breakpoint_is_verified(name: str, tmp_path: Path) -> None:
    """On and beside each breakpoint of each activation the hull, or the truth, is verified."""
    places = [float(each.at) for each in ACTIVATIONS[name].breakpoints] or [0.0]
    inputs = [[each] for place in places for each in (place - 0.125, place, place + 0.125)]
    network = Network([Layer([[1.0]], [0.0], name), Layer([[3.0]])])
    problem = Problem(network, inputs, loss="identity_sum")

    certificate = certify(problem, candidate=gradient(problem))

    assert certificate.reached == ("hull" if certificate.enclosure.kinks else "precision")
    assert checked(certificate.document(), tmp_path)[0] == 0


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_every_loss_is_verified(name: str, reduction: Any, tmp_path: Path) -> None:
    """A certificate with this loss is verified by the checker."""
    problem = Problem.random((2, 3, 2), "silu", name, 3, reduction=reduction)

    assert checked(certify(problem).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("name", ["absolute_error", "huber", "hinge"])
def test_kinks_of_losses_are_verified(name: str, tmp_path: Path) -> None:
    """Outputs exactly on a breakpoint of the loss are verified."""
    network = Network([Layer([[1.0], [1.0]])])
    problem = Problem(network, [[0.0], [1.0], [2.0]], [[1.0, -1.0]] * 3, name)

    assert checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("seed", range(20))
def test_drawn_networks_are_verified(seed: int, tmp_path: Path) -> None:
    """Networks of every kind, with the verdict on our own gradient, are verified."""
    problem = drawn(seed)

    assert checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)[0] == 0


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_many_kinks_are_verified(samples: int, tmp_path: Path) -> None:
    """Hulls of several samples are verified, and the checker says how many entries are narrow."""
    problem = on_a_kink(samples=samples)

    status, output = checked(certify(problem, candidate=gradient(problem)).document(), tmp_path)

    assert status == 0
    assert f"{9 + 2 * samples} entries, 6 within 2^-20 ulp of float64; conforms" in output


@pytest.mark.parametrize("name", ["relu", "abs", "selu", "hard_swish"])
@pytest.mark.parametrize("depth", [1, 5, 20])
def test_hulls_through_many_layers_are_verified(name: str, depth: int, tmp_path: Path) -> None:
    """The checker's hull lies in the one claimed, though each operation rounds a radius up."""
    problem = ladder_of_kinks(name, depth)
    document = certify(problem, candidate=gradient(problem)).document()

    assert document["reached"] == "hull"
    assert checked(document, tmp_path)[0] == 0


def ladder_of_kinks(name: str, depth: int) -> Problem:
    """In every layer two units in six sit on a breakpoint, whatever enters."""
    draw, at = np.random.default_rng(depth), float(ACTIVATIONS[name].breakpoints[0].at)
    layers = []
    for _ in range(depth):
        weights, biases = draw.normal(0, 0.5, (6, 6)), draw.normal(0, 0.5, 6)
        weights[::3], biases[::3] = 0, at
        layers.append(Layer(weights, biases, name))
    layers.append(Layer(draw.normal(0, 0.5, (2, 6))))
    return Problem(Network(layers), draw.normal(0, 1, (3, 6)), draw.normal(0, 1, (3, 2)))


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


def test_larger_networks_are_verified(tmp_path: Path) -> None:
    """Of a larger network every entry is verified, too."""
    problem = Problem.random((12, 16, 16, 4), samples=8)

    status, output = checked(certify(problem).document(), tmp_path)

    count = 1 + 12 * 16 + 16 + 16 * 16 + 16 + 16 * 4 + 4 + 8 * 12
    assert (status, output) == (
        0,
        f"verified: {count} entries, {count} within 2^-20 ulp of float64\n",
    )


def test_deep_networks_are_verified(tmp_path: Path) -> None:
    """A network far deeper than Python's own limit on recursion is verified."""
    network = Network([Layer([[1.0]], [0.0], "softsign")] * 3000)

    assert checked(certify(Problem(network, [[1.0]], [[0.5]])).document(), tmp_path)[0] == 0


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
    assert (bad.returncode, bad.stderr) == (1, "does not hold: the digest is another\n")


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


def test_the_checker_is_short() -> None:
    """It can be read in one sitting."""
    assert len(CHECKER.read_text("utf-8").splitlines()) < 280


def test_the_checker_knows_the_catalogue() -> None:
    """It defines every activation and loss, and no other."""
    assert checker().ACTIVATIONS.keys() == ACTIVATIONS.keys()
    assert checker().LOSSES.keys() | {"softmax_cross_entropy"} == LOSSES.keys()


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
    assert re.match(r"(not a certificate|does not hold): .*\n\Z", finished.stderr)
    assert finished.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["/no/such/file"], ["/"], ["a", "w"]])
def test_without_a_file_there_is_one_line(arguments: list[str]) -> None:
    """A missing or unreadable file is status 2 and one line."""
    finished = program(str(CHECKER), *arguments)

    assert (finished.returncode, finished.stdout, finished.stderr.count("\n")) == (2, "", 1)


def test_a_second_argument_does_no_harm(tmp_path: Path) -> None:
    """A second argument is not taken for a mode to open the file with."""
    path = tmp_path / "certificate.json"
    certify(drawn(2)).save(path)
    before = path.read_bytes()

    assert run(path, "w")[0] == 2
    assert before == path.read_bytes()


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    """A key that comes twice could be read in two ways, so it is no certificate."""
    path = tmp_path / "twice.json"
    certify(drawn(2)).save(path)
    path.write_text(path.read_text("ascii").replace("{", '{"bits": 128, ', 1), "ascii")

    assert run(path) == (2, "not a certificate: ValueError: a key is repeated\n")
