"""The examples run as a user runs them, and reach what they say they reach."""

import os
import re
import subprocess
import sys
from fractions import Fraction
from functools import cache
from math import prod
from pathlib import Path

import pytest

from manual_backprop import Layer, Network, Problem, gradient, weight_derivative
from manual_backprop.forward import forward

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("digits", "two_hidden_layers", "xor")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh Python, warnings as errors, output in UTF-8."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment)


@cache
def output(name: str) -> str:
    """What the example prints; it runs once for all tests of a process."""
    finished = python(str(EXAMPLES / f"{name}.py"))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


# ── all of them ──


def test_every_example_is_tested() -> None:
    """The names above are those of the files in `examples/`."""
    assert sorted(NAMES) == sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_fits_a_screen(name: str) -> None:
    """Each example has at most 40 lines, and prints at most 80 columns."""
    assert len((EXAMPLES / f"{name}.py").read_text("utf-8").splitlines()) <= 40
    assert max(len(line) for line in output(name).splitlines()) <= 80


# ── xor ──


def test_xor_gets_all_four_right() -> None:
    """Each line's answer is the exclusive or of its inputs, and the nearer one to the output."""
    rows = re.findall(r"(\d) xor (\d) = (\d) .* (-?\d\.\d+)\)", output("xor"))

    assert sorted({(x, y) for x, y, *_ in rows}) == [(x, y) for x in "01" for y in "01"]
    for x, y, answer, said in rows:
        assert int(x) ^ int(y) == int(answer) == round(float(said))
    assert output("xor").endswith("4 of 4 right\n")


def test_xor_loses_loss() -> None:
    """Each loss that the example prints is lower than the one before."""
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", output("xor"))]

    assert len(losses) == 5
    assert losses == sorted(set(losses), reverse=True)


# ── digits ──


def test_digits_are_learnt() -> None:
    """The last line states at least 95 % test accuracy, and the time that it took."""
    print(output("digits"))

    *_, accuracy = re.findall(r"test accuracy ([\d.]+)% after [\d.]+ s\n$", output("digits"))

    assert float(accuracy) >= 95


def test_digits_were_not_known_before() -> None:
    """Before training the accuracy is below one in two, and the loss falls from print to print."""
    accuracies = [float(each) for each in re.findall(r"accuracy ([\d.]+)%", output("digits"))]
    losses = [float(loss) for loss in re.findall(r"loss ([\d.]+)", output("digits"))]

    assert accuracies[0] < 50
    assert losses[-1] < losses[0]


def test_digits_without_scikit_learn_say_what_to_install() -> None:
    """Where scikit-learn is missing the example ends with the command to install it."""
    block = "import runpy, sys; sys.modules['sklearn'] = None; runpy.run_path(sys.argv[1])"

    finished = python("-c", block, str(EXAMPLES / "digits.py"))

    assert finished.returncode == 1
    assert "python -m pip install scikit-learn" in finished.stderr
    assert "Traceback" not in finished.stderr


# ── two_hidden_layers ──


def rows(text: str) -> list[list[Fraction]]:
    """The matrix that "1 1/2; 2 -1" spells."""
    return [[Fraction(entry) for entry in row.split()] for row in text.split(";")]


def worked() -> list[str]:
    """The example's chapters: one hidden layer, two hidden layers."""
    return output("two_hidden_layers").strip().split("\n\n")


def problem_of(chapter: str) -> Problem:
    """The problem that a chapter prints, read back from its text."""
    layers = [
        Layer(rows(W), rows(b)[0], "square")
        for W, b in re.findall(r"W\d = \((.*)\), b\d = \((.*)\)", chapter)
    ]
    [(x, y)] = re.findall(r"x0 = \((.*?)\), y = \((.*?)\)", chapter)
    return Problem(Network(layers), rows(x)[0], rows(y)[0])


@pytest.mark.parametrize("chapter", [0, 1])
def test_the_worked_derivatives_are_those_of_the_recursion(chapter: int) -> None:
    """Each printed product is right, and is what (3.1)–(3.4) find for that weight."""
    text = worked()[chapter]
    problem = problem_of(text)
    depth = problem.network.depth
    found = {int(k): value for value, k in re.findall(r"(\S+) in W(\d)", text)}
    lines = re.findall(r"∂L/∂w_01 of W(\d) = .* = (.*) = (\S+)$", text, re.MULTILINE)

    assert chapter + 2 == depth
    assert list(reversed(range(depth))) == [int(k) for k, *_ in lines]
    for k, factors, product in lines:
        assert Fraction(product) == prod(map(Fraction, factors.split(" · ")))
        assert Fraction(product) == weight_derivative(problem, int(k), 0, 1)
        assert Fraction(product) == Fraction(found[int(k)])


@pytest.mark.parametrize("chapter", [0, 1])
def test_the_worked_vectors_are_those_of_both_passes(chapter: int) -> None:
    """The printed loss, p, x, slopes and ∂L/∂x0 are exactly the library's."""
    text = worked()[chapter]
    problem = problem_of(text)
    trace, g = forward(problem.network, problem.inputs[0]), gradient(problem)

    for k in range(1, problem.network.depth + 1):
        printed = re.findall(rf"(?:p{k} = .*|x{k} = f.*|f'\(p{k}\)) = \((.*)\)", text)
        p, x = trace.pre_activations[k], trace.outputs[k]
        assert [rows(each)[0] for each in printed] == [p.tolist(), x.tolist(), (2 * p).tolist()]
    assert [str(g.loss)] == re.findall(r"‖² = (\S+)", text)
    assert [g.inputs.tolist()] == [rows(row)[0] for row in re.findall(r"D1 W0 = \((.*)\)", text)]
