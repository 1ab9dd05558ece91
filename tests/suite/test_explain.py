"""`manual-backprop explain`: its numbers, its proof, its forms, kinks, sizes and messages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.cli import main
from conformance.worked import explanation as module
from conformance.worked import proof
from conformance.worked.conversion import in_fractions
from conformance.worked.document import Document, Paragraph, Tree
from conformance.worked.entry import Entry
from conformance.worked.explanation import explanation
from conformance.worked.forms import FORMS, latex, text
from conformance.worked.limits import EVERYTHING
from conformance.worked.point import ball_point, exact_point
from conformance.worked.recursion import recursion
from conformance.worked.tree import tree
from conformance.worked.written import is_decided, written
from manual_backprop import (
    ACTIVATIONS,
    Layer,
    Network,
    Problem,
    bias_derivative,
    correctly_rounded,
    gradient,
    weight_derivative,
)
from manual_backprop.arithmetic.balls import Balls, ball_of
from manual_backprop.arithmetic.precision import precision
from manual_backprop.files import ProblemFile, save

from .formulas import equations, text_equations

pytestmark = pytest.mark.usefixtures("plain_terminal")

Capture = pytest.CaptureFixture[str]
PROBLEM = Path("problem.json")


def in_halves(
    widths: tuple[int, ...], names: Sequence[str], samples: int = 1, seed: int = 0, **more: Any
) -> Problem:
    """A problem of few and short numbers, in floats."""
    random = np.random.default_rng(seed)

    def numbers(*shape: int) -> Any:
        return random.choice([-1.0, -0.5, 0.5, 1.0, 2.0], shape)

    biased = more.pop("biases", True)
    layers = [
        Layer(numbers(n_out, n_in), numbers(n_out) if biased else None, name)
        for (n_in, n_out), name in zip(pairwise(widths), names, strict=True)
    ]
    targets = random.choice([-1.0, 1.0], (samples, widths[-1]))
    return Problem(Network(layers), numbers(samples, widths[0]), targets, **more)


def two_hidden_layers() -> Problem:
    """The smallest network that shows every case of the recursion, on two samples."""
    return in_halves((2, 3, 2, 1), ["square", "relu", "identity"], samples=2, seed=3)


FIRST = Entry(0, 0, 0)


def page_of(problem: Problem, entry: Entry = FIRST) -> Document:
    """The page on one entry."""
    return explanation(ProblemFile(problem, problem.dtype.name), "problem.json", entry).document


def command(problem: Problem, *arguments: str) -> int:
    """The exit status of the command on a problem in a file."""
    save(problem, PROBLEM)
    return main(["explain", str(PROBLEM), *arguments])


def entries_of(problem: Problem) -> list[Entry]:
    """Every weight and bias."""
    found = []
    for k, layer in enumerate(problem.network.layers):
        n_out, n_in = layer.weights.shape
        found += [Entry(k, i, j) for i in range(n_out) for j in range(n_in)]
        found += [Entry(k, i) for i in range(n_out) if layer.biases is not None]
    return found


def half_a_unit(near: float, digits: int) -> Fraction:
    """Of the last of so many digits, and half an ulp of float64, by which `near` may be off."""
    leading = int(f"{near:e}".partition("e")[2])
    return Fraction(10) ** (leading - digits + 1) / 2 + Fraction(np.spacing(abs(near))) / 2


def plain(document: Document) -> str:
    """What there is to read, wrapping aside."""
    return " ".join(text.rendered(document).split())


# ── the numbers ──

EXACT = {
    "two hidden layers": two_hidden_layers,
    "squares": lambda: in_halves((2, 2, 1), ["square"] * 2, samples=2, seed=1),
    "relu": lambda: in_halves((3, 4, 2), ["relu", "identity"], samples=3, seed=2),
    "hinge": lambda: in_halves((2, 3, 2), ["leaky_relu"] * 2, loss="hinge", seed=3),
    "sum": lambda: in_halves((2, 2, 1), ["abs"] * 2, samples=2, seed=4, reduction="sum"),
    "one layer": lambda: in_halves((2, 2), ["identity"], samples=2, seed=5),
    "no biases": lambda: in_halves((2, 3, 1), ["hard_swish"] * 2, seed=9, biases=False),
}


@pytest.mark.parametrize("name", EXACT)
def test_every_equation_of_every_tree_holds(name: str) -> None:
    """In rationals, sides of an equation are equal numbers, for each weight and each bias."""
    problem = EXACT[name]()

    for entry in entries_of(problem):
        found = equations(page_of(problem, entry))
        assert found
        assert [] == [pair for pair in found if np.any(pair[0] != pair[1])]


@pytest.mark.parametrize("name", EXACT)
def test_the_tree_is_the_derivative(name: str) -> None:
    """What it comes to is the derivative of the specification and of backpropagation, exactly."""
    at = exact_point(EXACT[name]())
    assert at is not None

    for entry in entries_of(at.problem):
        value = recursion(at, entry).value
        k, i, j = entry.k, entry.i, entry.j
        of_weight = j is not None and weight_derivative(at.problem, k, i, j)
        specified = bias_derivative(at.problem, k, i) if j is None else of_weight
        assert specified == value == proof.entry_of(gradient(at.problem), entry)


def test_the_numbers_are_read_back_from_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read from the text, each sum and product is right, and the root is the gradient."""
    problem = two_hidden_layers()
    monkeypatch.setattr(text, "WIDTH", 10**4)  # one line a formula

    for entry in entries_of(problem):
        read = text_equations(text.rendered(page_of(problem, entry)))
        assert len(read) >= 2
        assert [] == [sides for sides in read if len(set(sides)) > 1]
        assert read[0][-1] == proof.entry_of(gradient(problem), entry)


def test_a_wrong_number_in_the_text_is_seen() -> None:
    """The reader above does find a sum that does not hold."""
    assert text_equations("a = Σ_v b = 1/2 + 3 = 7/2") == [[Fraction(7, 2), Fraction(7, 2)]]
    assert text_equations("a = -1 · (-2) = 1") == [[Fraction(2), Fraction(1)]]


@pytest.mark.parametrize("loss", ["half_squared_error", "softmax_cross_entropy"])
@pytest.mark.parametrize("name", ["tanh", "gelu", "selu"])
def test_decimals_are_the_true_values(name: str, loss: str) -> None:
    """Where there are no fractions, the value is the correctly rounded one, to six digits."""
    problem = Problem.random((2, 3, 2), name, loss, samples=2, seed=3)
    truth = correctly_rounded(problem)

    for entry in entries_of(problem):
        of, _, decided = module.evaluated(problem, entry)
        assert decided
        near = float(proof.entry_of(truth, entry))
        assert abs(Fraction(written(of.value)) - Fraction(near)) <= half_a_unit(near, digits=6)


def test_long_fractions_are_written_as_decimals() -> None:
    """A rational network with float weights is shown in decimals, and it says why."""
    read = plain(page_of(Problem.random((2, 3, 1), "relu", seed=3)))

    assert "The exact fractions are too long to be read." in read
    assert not re.search(r"\d/\d{2}", read)


# ── numbers as text ──

RATIONALS = st.fractions(max_denominator=10**9).map(lambda q: q * 1000)


@given(RATIONALS)
@example(q=Fraction(1605, 16))  # 100.3125
def test_a_ball_is_written_as_what_it_holds(q: Fraction) -> None:
    """A narrow ball is written in six digits that are the rational's own, rounded once.

    Around 0 none are, and around a tie between two numbers of six digits both of them are.
    """
    with precision(200):
        shown = written(ball_of(q) + arb(0, 1e-50))

    if "±" in shown:
        assert abs(q) < Fraction(1, 10**12)
    elif shown.startswith("["):
        low, high = map(Fraction, shown.strip("[]").split(", "))
        assert q == (low + high) / 2
        assert 0 < high - q <= half_a_unit(float(q), digits=6)
    else:
        assert abs(Fraction(shown) - q) <= half_a_unit(float(q), digits=6)


@given(RATIONALS, st.sampled_from([1e-3, 0.5, 7.0]))
def test_a_wide_ball_is_written_as_an_interval(q: Fraction, radius: float) -> None:
    """A ball that no digits decide has its two ends written, and is not called decided."""
    with precision(200):
        ball = ball_of(q) + arb(0, radius)
    shown = written(ball)

    if not is_decided(ball):
        low, high = map(Fraction, shown.strip("[]").split(", "))
        far = max(abs(q - Fraction(radius)), abs(q + Fraction(radius)))
        assert abs(low - (q - Fraction(radius))) <= far / 10**5
        assert abs(high - (q + Fraction(radius))) <= far / 10**5


# ── kinks ──


def on_a_kink(name: str = "relu") -> Problem:
    """A unit exactly at 0."""
    layers = [Layer([[1.0, -1.0]], [0.0], name), Layer([[2.0]])]
    return Problem(Network(layers), [[3.0, 3.0]], [[1.0]], "identity_sum")


KINKS = [
    ("relu", "[0, 1]", "0"),
    ("leaky_relu", "[1/100, 1]", "1/100"),
    ("abs", "[-1, 1]", "0"),
    ("selu", "[1.05070, 1.75810]", "1.75810"),
]


@pytest.mark.parametrize(("name", "hull", "taken"), KINKS)
def test_a_kink_is_a_set_of_which_one_value_is_taken(name: str, hull: str, taken: str) -> None:
    """The page names the unit, the set, what is taken there, and what every choice would give."""
    read = plain(page_of(on_a_kink(name)))

    assert f"p_0^(1) of sample 0 is on a kink of {name}, where" in read
    assert f"the derivative is a set, {hull}. Here f_1'(p_0^(1)) = {taken}, as PyTorch" in read
    assert "with every choice at the kinks it encloses [" in read


KINKED = [name for name, each in ACTIVATIONS.items() if any(b.is_kink for b in each.breakpoints)]


@pytest.mark.parametrize("name", KINKED)
def test_the_catalogue_s_value_is_taken_in_every_arithmetic(name: str) -> None:
    """At each kink the balls take what the floats take, to more digits."""
    for kink in (b for b in ACTIVATIONS[name].breakpoints if b.is_kink):
        network = Network([Layer([[1.0]], None, name)])
        problem = Problem(network, [float(kink.at)], loss="identity_sum")
        slope = ball_point(problem, 128).slope[1].entries[0]
        taken = ACTIVATIONS[name].derivative(np.array([float(kink.at)])).item()

        assert is_decided(slope)
        assert float(slope) == taken


def test_a_kink_of_the_loss_is_named() -> None:
    """An output on the loss's kink has ∇L taken from a set, in rationals and in balls."""
    layers = [Layer([[1.0]], None, "identity")]
    exact = Problem(Network(layers), [[2.0]], [[2.0]], "absolute_error")
    smooth = Problem(Network([Layer([[0.0]], None, "tanh")]), [[2.0]], [[0.0]], "absolute_error")

    for problem in (exact, smooth):
        read = plain(page_of(problem))
        assert "is on a kink of absolute_error, where the derivative is a set, [-1, 1]" in read
        assert "Here ∇L_0 = 0" in read


def test_a_kink_that_does_not_matter_is_said_not_to() -> None:
    """Where the entry does not depend on the choice, the page says so."""
    layers = [Layer([[1.0], [1.0]], [-1.0, 1.0], "relu"), Layer([[0.0, 1.0]])]
    problem = Problem(Network(layers), [[1.0]], [[0.0]])

    assert "whatever is chosen at the kinks" in plain(page_of(problem, Entry(0, 1, 0)))


def test_what_no_precision_decides_is_status_3(capsys: Capture) -> None:
    """Beside a kink that no precision tells from it, intervals are shown, and the status is 3."""
    tanh = Layer([[1.0], [1.0]], None, "tanh")
    layers = [tanh, Layer([[1.0, -1.0]], None, "relu"), Layer([[1.0]])]

    assert command(Problem(Network(layers), [[0.5]], [[1.0]]), "--weight", "0,0,0") == 3
    read = " ".join(capsys.readouterr().out.split())
    assert "p_0^(2) of sample 0 is not told from a kink of relu" in read
    assert "∂L/∂w_0,0^(0) = [-0.393224, 0]" in read
    assert "The nearest float64 is not decided." in read


def test_what_is_not_bounded_is_not_called_proved(capsys: Capture) -> None:
    """Where the balls overflow, nothing is claimed, and the status is 3."""
    layers = [Layer([[1e300]], None, "exp"), Layer([[1.0]], None, "exp")]

    assert command(Problem(Network(layers), [[1.0]], [[1.0]]), "--weight", "0,0,0") == 3
    read = capsys.readouterr().out
    assert "Not proved" in read
    assert "Proved" not in read


# ── proof ──


def test_the_page_states_its_proof(capsys: Capture) -> None:
    """Enclosure, nearest float and the float that backprop returns stand at the end."""
    problem = Problem.random((2, 3, 1), "tanh", seed=3, samples=1)
    near = correctly_rounded(problem).weights[0][0, 1].item()
    found = gradient(problem).weights[0][0, 1].item()

    assert command(problem, "--weight", "0,0,1") == 0
    read = " ".join(capsys.readouterr().out.split())
    assert "finds the same in balls of 128 bits, of radius below 2^-1" in read
    assert f"The float64 nearest to it, proved: {near!r}." in read
    assert f"In float64, backprop returns {found!r}: " in read


@pytest.mark.parametrize("where", ["enclose", "gradient"])
def test_a_contradiction_is_status_1(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """If backpropagation, in balls or in rationals, contradicts the tree, nothing is printed."""
    other = in_halves((2, 3, 2, 1), ["square", "relu", "identity"], samples=2, seed=7)
    real = getattr(proof, where)

    def of_another(problem: Problem, *rest: Any) -> Any:
        mistaken = where == "enclose" or problem.dtype == object
        return real(in_fractions(other) if mistaken else problem, *rest)

    monkeypatch.setattr(proof, where, of_another)

    assert command(two_hidden_layers(), "--weight", "0,0,0") == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "weights[0][0, 0]: the recursion (3.1)-(3.4) gives" in output.err


# ── forms ──

PAGES = {
    "exact": two_hidden_layers,
    "decimal": lambda: Problem.random((3, 4, 4, 2), ["tanh", "gelu", "identity"], samples=5),
    "kink": on_a_kink,
    "wide": lambda: Problem.random((30, 40, 30, 20), "tanh", "softmax_cross_entropy", samples=9),
    "unbounded": lambda: Problem(Network([Layer([[1e300]], None, "exp")] * 2), [[1.0]], [[1.0]]),
}
AT_EACH = pytest.mark.parametrize("name", PAGES)


@AT_EACH
def test_text_has_80_columns(name: str) -> None:
    """No line of the text is longer than 79 characters, and none ends in blanks."""
    lines = text.rendered(page_of(PAGES[name]())).splitlines()

    assert max(map(len, lines)) <= 79
    assert [] == [line for line in lines if line != line.rstrip()]


@AT_EACH
def test_html_is_well_formed_and_runs_nothing(name: str) -> None:
    """The page is XML as well, holds formulas, and loads and runs nothing."""
    page = ET.fromstring(FORMS["html"](page_of(PAGES[name]())))
    tags = {each.tag.rpartition("}")[2] for each in page.iter()}

    assert {"math", "msubsup", "ul", "li"} <= tags
    assert set() == tags & {"script", "img", "iframe", "object"}
    assert [] == [each for each in page.iter() if each.get("src") or each.get("onclick")]
    assert not any("\\u" in (each.text or "") for each in page.iter())


@AT_EACH
def test_latex_is_balanced(name: str) -> None:
    """Braces and environments close, lists are four deep at most, and it is ASCII."""
    page = latex.rendered(page_of(PAGES[name]()))
    bare = re.sub(r"\\[{}\\]", "", page)
    open_, deepest = [], 0
    for kind, environment in re.findall(r"\\(begin|end)\{(\w+\*?)\}", page):
        open_.append(environment) if kind == "begin" else open_.remove(environment)
        deepest = max(deepest, open_.count("itemize"))

    assert page.isascii()
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert open_ == []
    assert deepest <= 4


@AT_EACH
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(name: str, tmp_path: Path) -> None:
    """pdflatex takes the page as it is."""
    (tmp_path / "page.tex").write_text(latex.rendered(page_of(PAGES[name]())), encoding="utf-8")
    run = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]

    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=False).returncode == 0


@AT_EACH
def test_markdown_has_whole_formulas(name: str) -> None:
    """Each line has its dollars in pairs, and each formula its braces."""
    lines = FORMS["markdown"](page_of(PAGES[name]())).splitlines()
    formulas = [each for line in lines for each in re.findall(r"(?<!\\)\$(.+?)(?<!\\)\$", line)]

    assert [] == [line for line in lines if len(re.findall(r"(?<!\\)\$", line)) % 2]
    assert [] == [each for each in formulas if each.count("{") != each.count("}")]
    assert len(formulas) > 5


def test_the_name_of_the_output_says_the_form(capsys: Capture) -> None:
    """--output FILE writes the form of its suffix, and prints nothing."""
    starts = {"a.md": "# ", "a.tex": "\\documentclass", "a.html": "<!DOCTYPE html>", "a.txt": "∂L"}

    for name, start in starts.items():
        assert command(two_hidden_layers(), "--weight", "0,0,0", "--output", name) == 0
        assert Path(name).read_text("utf-8").startswith(start)
    assert capsys.readouterr().out == ""


def test_a_foreign_name_is_escaped() -> None:
    """What a file is called is text in every form, never markup."""
    file = ProblemFile(two_hidden_layers(), "float64")
    page = explanation(file, "<b>50%_$x$", Entry(0, 0, 0)).document

    assert "&lt;b&gt;50%_$x$" in FORMS["html"](page)
    assert r"<b>50\%\_\$x\$" in FORMS["latex"](page)
    assert r"\<b\>50%\_\$x\$" in FORMS["markdown"](page)


# ── sizes ──

LARGE = {
    "wide": lambda: Problem.random((300, 200, 100, 10), "tanh", samples=20),
    "many samples": lambda: Problem.random((3, 4, 2), "tanh", samples=500),
    "deep": lambda: Problem.random((3,) * 400, "tanh", samples=3),
    "squares without end": lambda: Problem.random((1,) * 70, "square", samples=2),
    "rational and wide": lambda: Problem.random((200, 200, 10), "relu", samples=20),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_network_is_shown_in_part(name: str) -> None:
    """A screen or two, with what is left out counted and summed, in seconds."""
    problem = LARGE[name]()
    start = time.process_time()
    page = text.rendered(page_of(problem, Entry(0, 0)))

    assert len(page.splitlines()) <= 140
    assert "… " in page
    assert time.process_time() - start < 60


def test_what_is_left_out_is_summed() -> None:
    """Terms and samples that are not shown, together with those shown, make the sum."""
    problem = in_halves((4, 20, 9, 3), ["relu", "relu", "identity"], samples=12, seed=8)
    page = page_of(problem, Entry(0, 0, 1))
    found = equations(page)

    assert "more samples, together" in text.rendered(page)
    assert "more terms, together" in text.rendered(page)
    assert [] == [pair for pair in found if np.any(pair[0] != pair[1])]


def test_a_small_tree_is_shown_in_full() -> None:
    """Nothing is left out where a screen or two suffice."""
    problem = two_hidden_layers()
    at = exact_point(problem)
    assert at is not None
    whole = Tree(tree(recursion(at, Entry(0, 0, 0)), EVERYTHING))

    assert whole in page_of(problem).blocks


# ── messages ──

MISUSE = {
    "": "--weight K,I,J or --bias K,I: one of the two is needed, neither was given",
    "--weight 0,0,0 --bias 0,0": "both were given",
    "--weight 3,0,0": "there is no layer K = 3; the network has layers 0 to 2",
    "--weight 1,5,0": "there is no unit I = 5; W_1 has I from 0 to 1",
    "--weight 1,0,3": "there is no unit J = 3; W_1 has J from 0 to 2",
    "--bias 1,2": "there is no unit I = 2",
    "--weight 1,0": "K,I,J are whole numbers from 0 up, 0,0,0 say",
    "--weight=-1,0,0": "K,I,J are whole numbers from 0 up",
    "--bias 1,x": "K,I are whole numbers from 0 up, 0,0 say",
    "--bias 0,0 --format pdf": "unknown format 'pdf'",
    "--bias 0,0 --output /no/such/file": "there is no folder /no/such",
    "--interactive a.html --format text": "leave out --format and --output",
    "--interactive a.html --weight 9,0,0": "there is no layer K = 9",
}


@pytest.mark.parametrize(("arguments", "words"), MISUSE.items(), ids=MISUSE)
def test_misuse_is_status_2(arguments: str, words: str, capsys: Capture) -> None:
    """Misuse is status 2, with one message that says what fits."""
    assert command(two_hidden_layers(), *arguments.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err
    assert len(output.err.splitlines()) == 1


def test_a_missing_bias_is_misuse(capsys: Capture) -> None:
    """A layer without biases has none to explain."""
    problem = in_halves((2, 3, 1), ["relu", "relu"], biases=False)

    assert command(problem, "--bias", "0,0") == 2
    assert "layer 0 has no biases" in capsys.readouterr().err


def test_no_samples_is_misuse(capsys: Capture) -> None:
    """Without samples there is nothing to explain."""
    none = np.empty((0, 2)), np.empty((0, 1))
    problem = Problem(Network([Layer([[1.0, 2.0]])]), *none, reduction="sum")

    assert command(problem, "--weight", "0,0,0") == 2
    assert "there are no samples" in capsys.readouterr().err


def test_every_error_of_a_bad_file_is_named(capsys: Capture) -> None:
    """A bad file is status 2, and each of its errors has its path."""
    save(two_hidden_layers(), PROBLEM)
    document = json.loads(PROBLEM.read_text())
    document["layers"][0]["activation"] = "tahn"
    document["inputs"][1][0] = "1.5"
    PROBLEM.write_text(json.dumps(document))

    assert main(["explain", str(PROBLEM), "--bias", "0,0"]) == 2
    error = capsys.readouterr().err
    assert "layers[0].activation: unknown activation 'tahn'" in error
    assert "inputs[1][0]" in error


def test_all_dtypes_are_explained() -> None:
    """float16 and float32 files hold numbers as exact as others."""
    for dtype in ("float16", "float32"):
        problem = Problem.random((2, 3, 1), "tanh", dtype=dtype, samples=1)
        assert f"The {dtype} nearest to it, proved" in plain(page_of(problem))


def test_balls_and_rationals_agree() -> None:
    """The same tree in balls holds the rationals of the exact one."""
    problem = two_hidden_layers()
    exact, balls = exact_point(problem), ball_point(problem, 128)
    assert exact is not None

    for entry in entries_of(problem):
        value = recursion(balls, entry).value
        assert Balls.of_entries([value], 128).contains([recursion(exact, entry).value]).all()


def test_paragraphs_are_of_words_and_formulas() -> None:
    """Symbols within the text are formulas, so that each form writes them in its way."""
    paragraphs = [
        each for each in page_of(two_hidden_layers()).blocks if isinstance(each, Paragraph)
    ]

    assert paragraphs[1].pieces[0] == Entry(0, 0, 0).symbol
