"""The problem sheet: what is given, and what is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from conformance.worked.document import (
    Block,
    Display,
    Document,
    Paragraph,
    Pieces,
    Tasks,
)
from conformance.worked.entry import Entry
from conformance.worked.formulas import ACTIVATIONS, LOSSES
from conformance.worked.notation import (
    Derivative,
    Formula,
    Joined,
    Num,
    Slope,
    Sym,
    column,
    equal,
    matrix,
)
from conformance.worked.symbols import ETA, W_, b_, delta_, p_, x_
from manual_backprop import Problem

TITLE = "Backpropagation by hand"


def sheet(problem: Problem, entry: Entry, rate: Fraction) -> Document:
    """What is given, and what is asked for."""
    return Document(TITLE, (*given(problem), *asked(problem, entry, rate)))


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
    step = equal(ETA, Num(rate))
    yield Paragraph(("Compute, in exact fractions:",))
    yield Tasks(
        (
            ("forward: ", p_("m"), " and ", x_("m"), f" for m = 1..{N}, and the loss (1.1);"),
            ("the gradient ", Sym("∇L"), " of the loss, and the slopes ", Slope("m"), ";"),
            ("back: ", delta_(N), " (5.1)", *_further_back(N), ";"),
            ("the derivatives ", Derivative(W_("k")), " and ", Derivative(b_("k")), " (5.3);"),
            (Derivative(entry.symbol), " once more, by the recursion (3.1) to (3.4);"),
            ("weights and biases after a step of gradient descent, ", step, " (6.1)."),
        )
    )
    yield Paragraph(
        ("Layers and units count from 0; the equations are those of docs/derivation.md.",)
    )


def _further_back(N: int) -> Pieces:
    """The steps (5.2), if there are any."""
    if N == 1:
        return ()
    return (", then down to " if N > 2 else ", then ", delta_(1), " (5.2)")
