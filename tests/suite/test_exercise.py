"""`manual-backprop exercise`: short numbers, right solutions, another sheet for each seed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from conformance import exercise as module
from conformance.cli import main
from conformance.worked import solution
from conformance.worked.conversion import in_floats
from conformance.worked.document import Document
from conformance.worked.entry import Entry
from conformance.worked.forms import FORMS, latex, text
from conformance.worked.formulas import ACTIVATIONS as IN_WORDS
from conformance.worked.formulas import LOSSES as LOSSES_IN_WORDS
from conformance.worked.notation import numbers_in
from conformance.worked.sheet import sheet
from conformance.worked.short_problems import LONGEST, drawn, fault
from conformance.worked.solution import Solution, solved
from conformance.worked.solution_sheet import solution_sheet
from manual_backprop import ACTIVATIONS, LOSSES, Problem, gradient, judge, load
from manual_backprop.oracle.verdict import Verdict

from .formulas import equations, joined, value

pytestmark = pytest.mark.usefixtures("plain_terminal")

Capture = pytest.CaptureFixture[str]

HALF = Fraction(1, 2)
WIDTHS = (2, 3, 3, 1)
SEEDS = range(20)
FIRST, ENTRY = Entry(0, 0, 0), Entry(0, 2, 1)


@cache
def problem_of(seed: int, widths: tuple[int, ...] = WIDTHS, **more: Any) -> Problem:
    """The problem of a seed."""
    options = {"activations": (), "loss": "half_squared_error", "rate": HALF} | more
    return drawn(widths, seed=seed, **options)


def answer_of(seed: int) -> Document:
    """The sheet of a seed with its solution."""
    return solution_sheet(solved(problem_of(seed), HALF), ENTRY, seed)


def run(*arguments: str) -> int:
    """The exit status of the command."""
    return main(["exercise", *arguments])


# ── the numbers ──


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_is_short(seed: int) -> None:
    """Of sheet and solution, cross-check and update included, none has more than 7 characters."""
    numbers = list(numbers_in(answer_of(seed).blocks))

    assert fault(problem_of(seed), HALF) == 0
    assert len(numbers) > 150
    assert max(len(str(each)) for each in numbers) <= LONGEST + 2


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_given_is_in_quarters(seed: int) -> None:
    """Weights, biases and inputs are k/2, the targets k/4, and none is large."""
    problem = problem_of(seed)
    layers = problem.network.layers
    given = [problem.inputs, *(a for each in layers for a in (each.weights, each.biases))]

    assert all(each.denominator <= 2 and abs(each) <= 3 for array in given for each in array.flat)
    assert all(each.denominator in (1, 2, 4) for each in problem.targets.flat)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_derivative_is_dead(seed: int) -> None:
    """No weight's and no bias's derivative is 0."""
    for _, array in gradient(problem_of(seed)).parameters():
        assert (array != 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_equation_of_the_solution_holds(seed: int) -> None:
    """Sides of an equation that are numbers come to the same, computed anew by this test."""
    found = equations(answer_of(seed))

    assert len(found) == 3 + 3 + 2 + 3 + 8 + 6  # p, δ, Wᵀδ, ∂L/∂W, the tree, the update
    assert [] == [pair for pair in found if np.any(pair[0] != pair[1])]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_solution_is_the_gradient(seed: int) -> None:
    """The same problem in floats has the solution as its gradient, which `judge` lets pass."""
    answer, problem = solved(problem_of(seed), HALF), in_floats(problem_of(seed))
    weights = [np.asarray(each, float) for each in answer.weights]
    biases = [np.asarray(each, float) for each in answer.biases]

    assert judge(problem, (weights, biases)).kind is Verdict.CONFORMS


def test_a_wrong_equation_is_seen() -> None:
    """The reader of equations does find one that does not hold."""
    document = answer_of(7)
    last = document.blocks[-2].formula  # type: ignore[union-attr]
    sides = [found for side in last.parts if (found := value(side)) is not None]

    assert np.all(sides[-2] == sides[-1])
    assert np.any(sides[-2] != joined("+", [sides[-1], Fraction(1)]))


def test_each_seed_has_a_sheet_of_its_own() -> None:
    """The same seed gives the same sheet, and another one another."""
    pages = [text.rendered(sheet(problem_of(seed), ENTRY, HALF)) for seed in (*SEEDS, *SEEDS)]

    assert pages[:20] == pages[20:]
    assert len(set(pages)) == 20


def test_functions_vary() -> None:
    """Left to the seeds, hidden layers are of each kind that keeps numbers short."""
    layers = [problem_of(seed).network.layers[:-1] for seed in SEEDS]

    assert {"relu", "abs", "square"} == {each.activation.name for two in layers for each in two}


RATIONAL = [name for name, each in ACTIVATIONS.items() if each.rational]
RATIONAL_LOSSES = [name for name, each in LOSSES.items() if each.rational]


@pytest.mark.parametrize("name", RATIONAL)
def test_every_rational_activation_has_sheets(name: str) -> None:
    """With each activation there are problems off the kinks whose solutions pass their proof."""
    made = problem_of(3, (2, 3, 1), activations=(name, "identity"))

    solution.check(solved(made, HALF), ENTRY)


@pytest.mark.parametrize("name", RATIONAL_LOSSES)
def test_every_rational_loss_has_sheets(name: str) -> None:
    """The same with each loss."""
    made = problem_of(3, (2, 2, 2), loss=name)

    solution.check(solved(made, HALF), Entry(0, 1, 1))
    assert all(
        np.all(left == right)
        for left, right in equations(solution_sheet(solved(made, HALF), Entry(0, 1, 1), 3))
    )


# ── functions in words ──


def read(words: str, **letters: Fraction) -> Fraction:
    """What a formula in words comes to."""
    python = re.sub(r"\|(.+?)\|", r"abs(\1)", words).replace("²", "**2")
    python = re.sub(r"(?<=[\dpy)]) (?=[(px]|min)", " * ", python)
    python = re.sub(r"\d+", r"Fraction(\g<0>)", python).replace("**Fraction(2)", "**2")
    return Fraction(eval(python, {"Fraction": Fraction, **letters}))


POINTS = [Fraction(k, 4) for k in range(-30, 31)]


@pytest.mark.parametrize("name", RATIONAL)
def test_activations_in_words_are_the_catalogue_s(name: str) -> None:
    """Read aloud and computed, f and f' are the catalogue's, kinks aside."""
    words, function = IN_WORDS[name], ACTIVATIONS[name]
    kinks = [each.at for each in function.breakpoints if each.is_kink]

    for p in POINTS:
        array = np.array([p], dtype=object)
        assert read(words.value, p=p) == function.value(array)[0]
        assert p in kinks or read(words.slope, p=p) == function.derivative(array)[0]


@pytest.mark.parametrize("name", RATIONAL_LOSSES)
def test_losses_in_words_are_the_catalogue_s(name: str) -> None:
    """Likewise the term of one output, and its slope."""
    words, function = LOSSES_IN_WORDS[name], LOSSES[name]

    for x in POINTS:
        for y in (Fraction(1), Fraction(-1)):
            arrays = np.array([[x]], dtype=object), np.array([[y]], dtype=object)
            kink = x == y and name in ("absolute_error", "hinge")
            assert read(words.value, x=x, y=y) == function.value(*arrays)[0]
            assert kink or read(words.slope, x=x, y=y) == function.gradient(*arrays)[0, 0]


def test_functions_in_words_are_the_rational_ones() -> None:
    """No more, and no fewer."""
    assert sorted(IN_WORDS) == sorted(RATIONAL)
    assert sorted(LOSSES_IN_WORDS) == sorted(RATIONAL_LOSSES)


# ── the proof ──


def with_one_wrong(answer: Solution, field: str) -> Solution:
    """The solution, its last number of that field too large by 1."""
    if field == "loss":
        return replace(answer, loss=answer.loss + 1)
    if field == "moved":
        weights, biases = answer.moved[-1]
        return replace(answer, moved=(*answer.moved[:-1], (weights, biases + 1)))
    arrays = getattr(answer, field)
    wrong = arrays[-1].copy()
    wrong.flat[-1] += 1
    return replace(answer, **{field: (*arrays[:-1], wrong)})


@pytest.mark.parametrize("field", ["loss", "weights", "biases", "moved"])
@pytest.mark.parametrize("option", [(), ("--solution",)])
def test_a_wrong_solution_is_not_printed(
    field: str, option: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """One wrong number anywhere: status 1, nothing on standard output, and no file."""
    real: Callable[..., Solution] = module.solved
    monkeypatch.setattr(module, "solved", lambda *them: with_one_wrong(real(*them), field))

    assert run("--widths", "2,3,1", "--problem", "made.json", *option) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "nothing is printed" in output.err
    assert not Path("made.json").exists()


@pytest.mark.parametrize(
    "where", ["gradient", "gradient_by_recursion", "enclose", "recursion", "step"]
)
def test_each_witness_is_asked(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If any one of the five disagrees, the check fails."""
    answer, other = solved(problem_of(1), HALF), problem_of(2)
    real = getattr(solution, where)
    of_another = {
        "recursion": lambda at, entry: real(solved(other, HALF).at, entry),
        "step": lambda network, g, rate: real(network, g, 2 * rate),
    }
    monkeypatch.setattr(solution, where, of_another.get(where, lambda problem: real(other)))

    with pytest.raises(ArithmeticError):
        solution.check(answer, ENTRY)


# ── pages ──


@pytest.mark.parametrize("option", [(), ("--solution",)])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written(form: str, option: tuple[str, ...], capsys: Capture) -> None:
    """Printed or in a file, each form has what is asked for, and nothing of a solution else."""
    arguments = ("--widths", "2,3,3,1", "--seed", "7", "--format", form, *option)

    assert run(*arguments) == run(*arguments, "--output", "page") == 0
    page = capsys.readouterr().out
    assert page == Path("page").read_text("utf-8")
    assert "(6.1)" in page
    assert bool(option) == ("Forward pass" in page)
    assert bool(option) == ("seed 7" in page)


def test_text_has_80_columns() -> None:
    """No line is longer than 79 characters, whatever the seed."""
    for seed in SEEDS:
        assert max(map(len, text.rendered(answer_of(seed)).splitlines())) <= 79


def test_html_and_latex_are_well_formed() -> None:
    """The HTML is XML as well, and the LaTeX is ASCII whose braces and environments close."""
    tags = [each.tag for each in ET.fromstring(FORMS["html"](answer_of(7))).iter()]
    page = latex.rendered(answer_of(7))
    begun = re.findall(r"\\begin\{(.+?)\}", page)

    assert len([tag for tag in tags if tag.endswith("}mtable")]) > 40
    assert page.isascii()
    assert sorted(begun) == sorted(re.findall(r"\\end\{(.+?)\}", page))
    assert page.count("\\tag{5.3}") == 6


def test_matrices_are_drawn() -> None:
    """In text a matrix stands over several lines, its formula at their middle."""
    problem = problem_of(7)
    W = problem.network.layers[0].weights
    lines = text.rendered(sheet(problem, ENTRY, HALF)).splitlines()
    middle = next(k for k, line in enumerate(lines) if line.startswith("    W_0 = ( "))

    for offset, row in zip((-1, 0, 1), W, strict=True):
        drawn_row = re.findall(r"\((.+?)\)", lines[middle + offset])[0].split()
        assert list(map(Fraction, drawn_row)) == list(row)


def test_the_problem_is_saved() -> None:
    """--problem FILE holds the same numbers, for `gradient` and `explain` to go on with."""
    assert run("--widths", "2,3,1", "--seed", "4", "--problem", "made.json", "--output", "a") == 0
    made = load("made.json")
    fractions = problem_of(4, (2, 3, 1))
    for mine, theirs in zip(made.network.layers, fractions.network.layers, strict=True):
        assert np.array_equal(mine.weights, theirs.weights.astype(float))
    assert np.array_equal(made.targets, fractions.targets.astype(float))
    assert main(["explain", "made.json", "--weight", "0,0,0", "--output", "b"]) == 0


def test_options_are_heeded(capsys: Capture) -> None:
    """Activations, loss and learning rate stand on the sheet."""
    options = ["--activations", "abs, hardtanh", "--loss", "huber", "--learning-rate", "0.25"]

    assert run("--widths", "2,2,1", *options) == 0
    page = capsys.readouterr().out
    assert "f_1(p) = |p| (abs), f_2(p) = min(max(-1, p), 1) (hardtanh)" in page
    assert "The loss is huber" in page
    assert "η = 1/4" in page


# ── misuse ──

MISUSE = {
    "--widths 2": "the inputs and 1 to 5 layers are needed",
    "--widths 2,2,2,2,2,2,2": "the inputs and 1 to 5 layers are needed",
    "--widths 2,0,1": "from 1 to 6 units fit",
    "--widths 2,7": "from 1 to 6 units fit",
    "--widths 2,x": "whole numbers with commas between are needed",
    "--widths 2,-1": "whole numbers with commas between are needed",
    "--widths 2,3,1 --activations tanh": "tanh has no values in fractions; these have: identity",
    "--widths 2,3,1 --activations rellu": "unknown activation 'rellu': did you mean 'relu'?",
    "--widths 2,3,1 --activations abs,abs,abs": "3 for 2 layers; give 2, or one",
    "--widths 2,3,1 --loss poisson": "poisson has no values in fractions",
    "--widths 2,3,1 --learning-rate 0": "a short fraction above 0 is needed",
    "--widths 2,3,1 --learning-rate 1e999999999": "a short fraction above 0 is needed",
    "--widths 2,3,1 --format pdf": "unknown format 'pdf'",
    "--widths 2,3,1 --output /no/such/a": "there is no folder /no/such",
    "--widths 2,3,1 --output a --problem a": "name the same file",
}


@pytest.mark.parametrize(("arguments", "words"), MISUSE.items(), ids=MISUSE)
def test_misuse_is_status_2(arguments: str, words: str, capsys: Capture) -> None:
    """Misuse is status 2, with one message that says what fits."""
    assert run(*arguments.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err


def test_a_search_without_success_is_misuse(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Where no network without kinks is found, the message says what to try."""
    monkeypatch.setattr(module, "fault", lambda *them: module.KINK)

    assert run("--widths", "2,2,1", "--seed", "5") == 2
    assert "seed 5: no network of these widths was found" in capsys.readouterr().err
