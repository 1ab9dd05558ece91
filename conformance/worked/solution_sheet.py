"""The solution, worked completely: every step that the sheet asks for, in letters and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from conformance.worked.document import (
    Block,
    Display,
    Document,
    Heading,
    Paragraph,
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
from conformance.worked.recursion import recursion
from conformance.worked.sheet import TITLE, asked, given
from conformance.worked.solution import Solution
from conformance.worked.symbols import ETA, W_, b_, delta_, p_, x_
from conformance.worked.tree import tree

PROVED = (
    "Before this was printed, every number of it was compared with backpropagation and with the "
    "recursion of every weight, both in exact rationals, and found in an enclosure that is proved."
)


def solution_sheet(solution: Solution, entry: Entry, seed: int) -> Document:
    """The sheet, then its solution: for whoever gave it."""
    problem = solution.at.problem
    blocks: tuple[Block, ...] = (
        *given(problem),
        *asked(problem, entry, solution.rate),
        *forward(solution),
        *slopes(solution),
        *back(solution),
        *gradients(solution),
        *once_more(solution, entry),
        *update(solution),
        Paragraph((PROVED,)),
    )
    return Document(f"{TITLE}: seed {seed}, with its solution", blocks)


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


def slopes(solution: Solution) -> Iterator[Block]:
    """2. ∇L and f_m'(p^(m))."""
    at, loss = solution.at, solution.at.problem.loss.name
    yield Heading("2. Gradient of the loss, and slopes")
    yield Paragraph((f"Output by output, the gradient of {loss} is {LOSSES[loss].slope}:",))
    yield Display(equal(Sym("∇L"), column(at.loss_gradient[0])))
    names = dict.fromkeys(layer.activation.name for layer in at.problem.network.layers)
    words = ", ".join(f"{ACTIVATIONS[name].slope} for {name}" for name in names)
    yield Paragraph((f"The derivative of an activation is {words}:",))
    for m in range(1, at.depth + 1):
        yield Display(equal(Slope(m), column(at.slope[m][0])))


def back(solution: Solution) -> Iterator[Block]:
    """3. δ^(N), …, δ^(1)                                                          (5.1), (5.2)."""
    at, N = solution.at, solution.at.depth
    yield Heading("3. Back")
    last = Joined("∘", (column(at.slope[N][0]), column(at.loss_gradient[0])))
    law = Joined("∘", (Slope(N), Sym("∇L")))
    yield Display(equal(delta_(N), law, last, column(solution.delta[N])), "(5.1)")
    for m in range(N - 1, 0, -1):
        yield from _back_step(solution, m)


def _back_step(solution: Solution, m: int) -> Iterator[Block]:
    """W_mᵀ δ^(m+1), then δ^(m) = f_m'(p^(m)) ∘ that."""
    at, behind = solution.at, solution.delta[m + 1]
    x_bar = at.W[m].T @ behind
    symbols = side_by_side(Transposed(W_(m)), delta_(m + 1))
    yield Display(equal(symbols, side_by_side(matrix(at.W[m].T), column(behind)), column(x_bar)))
    law = Joined("∘", (Slope(m), Group(symbols)))
    numbers = Joined("∘", (column(at.slope[m][0]), column(x_bar)))
    yield Display(equal(delta_(m), law, numbers, column(solution.delta[m])), "(5.2)")


def gradients(solution: Solution) -> Iterator[Block]:
    """4. ∂L/∂W_k, ∂L/∂b^(k)                                                               (5.3)."""
    yield Heading("4. Derivatives")
    for k in range(solution.at.depth):
        law = side_by_side(delta_(k + 1), Transposed(Group(x_(k))))
        numbers = side_by_side(column(solution.delta[k + 1]), matrix([solution.at.x[k][0]]))
        yield Display(equal(Derivative(W_(k)), law, numbers, matrix(solution.weights[k])), "(5.3)")
        yield Display(equal(Derivative(b_(k)), delta_(k + 1), column(solution.biases[k])), "(5.3)")


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


def _moved(name: Sym, rate: Fraction, before: Formula, slope: Formula, after: Formula) -> Display:
    """θ ← θ − η ∂L/∂θ, in symbols and in numbers."""
    law = Joined("←", (name, Joined("-", (name, side_by_side(ETA, Derivative(name))))))
    numbers = Joined("-", (before, Joined("·", (Num(rate), slope))))
    return Display(equal(law, numbers, after), "(6.1)")
