"""The problem sheet, and the solution worked completely, as pages."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from conformance.worked.document import (
    Block,
    Display,
    Document,
    Heading,
    Paragraph,
    Pieces,
    Tasks,
    Tree,
)
from conformance.worked.entry import Entry
from conformance.worked.formulas import ACTIVATIONS, LOSSES
from conformance.worked.limits import EVERYTHING
from conformance.worked.notation import (
    Derivative,
    Formula,
    Group,
    Joined,
    Num,
    Slope,
    Sym,
    Transposed,
    Value,
    column,
    equal,
    matrix,
    side_by_side,
)
from conformance.worked.solution import Solution
from conformance.worked.symbols import W_, b_, p_, x_, δ_, η
from conformance.worked.tree import recursion, tree
from manual_backprop import Problem

TITLE = "Backpropagation by hand"

PROVED = (
    "Before this was printed, every number of it was compared with backpropagation and with the "
    "recursion of every weight, both in exact rationals, and found in an enclosure that is proved."
)


def sheet(problem: Problem, entry: Entry, rate: Fraction) -> Document:
    """What is given, and what is asked for."""
    return Document(TITLE, (*given(problem), *asked(problem, entry, rate)))


def solution_sheet(solution: Solution, entry: Entry, seed: int) -> Document:
    """The sheet, then its solution: for whoever gave it."""
    problem = solution.at.problem
    blocks: tuple[Block, ...] = (
        *given(problem),
        *asked(problem, entry, solution.rate),
        *forward(solution),
        *back(solution),
        *gradients(solution),
        *once_more(solution, entry),
        *update(solution),
        Paragraph((PROVED,)),
    )
    return Document(f"{TITLE}: seed {seed}, with its solution", blocks)


# ── the sheet ──


def given(problem: Problem) -> Iterator[Block]:
    """The network, the sample, the loss."""
    layers, widths = problem.network.layers, "-".join(map(str, problem.network.widths))
    yield Paragraph((f"A network of widths {widths} has the weights and biases",))
    for k, layer in enumerate(layers):
        W, b = equal(W_(k), matrix(layer.weights)), equal(b_(k), column(layer.biases))
        yield Display(Joined(",", (W, b)))
    yield Paragraph(_activations(problem))
    x = equal(x_(0), column(problem.inputs[0]))
    yield Display(Joined(",", (x, equal(Sym("y"), column(problem.targets[0])))))
    term = LOSSES[problem.loss.name].value
    sums = "the sum over the outputs of" if len(problem.targets[0]) > 1 else "that is"
    yield Paragraph((f"The loss is {problem.loss.name}, {sums} {term}.",))


def _activations(problem: Problem) -> Pieces:
    """f_1(p) = max(0, p), f_2(p) = …, each with its name."""
    pieces: list[str | Formula] = ["The activations are "]
    for m, layer in enumerate(problem.network.layers, start=1):
        name = layer.activation.name
        pieces += [Sym("f", (m,)), f"(p) = {ACTIVATIONS[name].value} ({name}), "]
    return (*pieces, "and the sample is")


def asked(problem: Problem, entry: Entry, rate: Fraction) -> Iterator[Block]:
    """What to compute, with the numbers of the equations."""
    N = problem.network.depth
    yield Paragraph(("Compute, in exact fractions:",))
    back: Pieces = ("back: ", δ_(N), " (5.1)")
    if N > 1:
        back = (*back, *((", then down to " if N > 2 else ", then "), δ_(1), " (5.2)"))
    yield Tasks(
        (
            ("forward: ", p_("m"), " and ", x_("m"), f" for m = 1..{N}, and the loss (1.1);"),
            (
                "the gradient ",
                Sym("∇L"),
                " of the loss at ",
                x_(N),
                ", and the slopes ",
                Slope("m"),
                ";",
            ),
            (*back, ";"),
            ("the derivatives ", Derivative(W_("k")), " and ", Derivative(b_("k")), " (5.3);"),
            (Derivative(entry.symbol), " once more, by the recursion (3.1), (3.3), (3.4);"),
            (
                "all weights and biases after one step of gradient descent, ",
                equal(η, Num(rate)),
                " (6.1).",
            ),
        )
    )
    yield Paragraph(
        ("Layers and units count from 0; the equations are those of docs/derivation.md.",)
    )


# ── the solution ──


def forward(solution: Solution) -> Iterator[Block]:
    """1. p^(m), x^(m), L                                                                 (1.1)."""
    at = solution.at
    yield Heading("1. Forward pass")
    for k in range(at.depth):
        law = Joined("+", (side_by_side(W_(k), x_(k)), b_(k)))
        product = side_by_side(matrix(at.W[k]), column(at.x[k][0]))
        numbers = Joined("+", (product, column(at.b[k])))
        yield Display(equal(p_(k + 1), law, numbers, column(at.p[k + 1][0])), "(1.1)")
        yield Display(equal(x_(k + 1), Value(k + 1), column(at.x[k + 1][0])), "(1.1)")
    yield Display(equal(Sym("L"), Num(solution.loss)))


def back(solution: Solution) -> Iterator[Block]:
    """2. and 3. ∇L, f_m'(p^(m)), δ^(m)                                            (5.1), (5.2)."""
    at, N = solution.at, solution.at.depth
    loss = at.problem.loss.name
    yield Heading("2. Gradient of the loss, and slopes")
    yield Paragraph((f"Output by output, the gradient of {loss} is {LOSSES[loss].slope}:",))
    yield Display(equal(Sym("∇L"), column(at.loss_gradient[0])))
    names = dict.fromkeys(layer.activation.name for layer in at.problem.network.layers)
    slopes = ", ".join(f"{ACTIVATIONS[name].slope} for {name}" for name in names)
    yield Paragraph((f"The derivative of an activation is {slopes}:",))
    for m in range(1, N + 1):
        yield Display(equal(Slope(m), column(at.slope[m][0])))
    yield Heading("3. Back")
    last = Joined("∘", (column(at.slope[N][0]), column(at.loss_gradient[0])))
    law = Joined("∘", (Slope(N), Sym("∇L")))
    yield Display(equal(δ_(N), law, last, column(solution.delta[N])), "(5.1)")
    for m in range(N - 1, 0, -1):
        yield from _back_step(solution, m)


def _back_step(solution: Solution, m: int) -> Iterator[Block]:
    """W_mᵀ δ^(m+1), then δ^(m) = f_m'(p^(m)) ∘ that."""
    at, behind = solution.at, solution.delta[m + 1]
    x_bar = at.W[m].T @ behind
    symbols = side_by_side(Transposed(W_(m)), δ_(m + 1))
    yield Display(equal(symbols, side_by_side(matrix(at.W[m].T), column(behind)), column(x_bar)))
    law = Joined("∘", (Slope(m), Group(symbols)))
    numbers = Joined("∘", (column(at.slope[m][0]), column(x_bar)))
    yield Display(equal(δ_(m), law, numbers, column(solution.delta[m])), "(5.2)")


def gradients(solution: Solution) -> Iterator[Block]:
    """4. ∂L/∂W_k, ∂L/∂b^(k)                                                               (5.3)."""
    yield Heading("4. Derivatives")
    for k in range(solution.at.depth):
        law = side_by_side(δ_(k + 1), Transposed(Group(x_(k))))
        numbers = side_by_side(column(solution.delta[k + 1]), matrix([solution.at.x[k][0]]))
        yield Display(equal(Derivative(W_(k)), law, numbers, matrix(solution.weights[k])), "(5.3)")
        yield Display(equal(Derivative(b_(k)), δ_(k + 1), column(solution.biases[k])), "(5.3)")


def once_more(solution: Solution, entry: Entry) -> Iterator[Block]:
    """5. One weight by the recursion                                             (3.1) to (3.4)."""
    yield Heading("5. One weight by the recursion")
    yield Tree(tree(recursion(solution.at, entry), EVERYTHING))


def update(solution: Solution) -> Iterator[Block]:
    """6. W_k, b^(k) after one step                                                        (6.1)."""
    at = solution.at
    yield Heading("6. Update")
    for k, (weights, biases) in enumerate(solution.moved):
        yield _moved(
            W_(k), solution.rate, matrix(at.W[k]), matrix(solution.weights[k]), matrix(weights)
        )
        yield _moved(
            b_(k), solution.rate, column(at.b[k]), column(solution.biases[k]), column(biases)
        )


def _moved(θ: Sym, rate: Fraction, before: Formula, slope: Formula, after: Formula) -> Display:
    """θ ← θ − η ∂L/∂θ, in symbols and in numbers."""
    law = Joined("←", (θ, Joined("-", (θ, side_by_side(η, Derivative(θ))))))
    numbers = Joined("-", (before, Joined("·", (Num(rate), slope))))
    return Display(equal(law, numbers, after), "(6.1)")
