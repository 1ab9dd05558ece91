"""The catalogue of activations and losses: definition, framework calls, breakpoints."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy

from manual_backprop import ACTIVATIONS, LOSSES, Activation, Breakpoint, Loss

INTRODUCTION = """\
# Activations and losses

Each name, its definition (typeset from the very formula that the oracle expands in power series),
the framework calls that it equals, and the places where a derivative jumps.
"""


def page() -> str:
    """The page."""
    activations = [_section(each, _pieces(each)) for each in ACTIVATIONS.values()]
    losses = [_section(each, _terms(each)) for each in LOSSES.values()]
    both = ["## Activations\n", *activations, "## Losses\n", LOSS_WORDS, *losses]
    return "\n".join([INTRODUCTION, *both])


LOSS_WORDS = """\
The loss of one sample: a sum over its outputs of the term given, with x the output and y its
target. The reduction, sum or mean, is over samples.
"""


def _section(each: Activation | Loss, definition: str) -> str:
    calls = [f"`{call}`" for call in (each.torch, each.jax) if call not in ("", "p")]
    lines = [f"### {each.name}\n", f"$$\n{definition}\n$$\n"]
    lines += [f"The same as {' and '.join(calls)}.\n"] if calls else []
    lines += [f"{_kinks(each.breakpoints)}\n"] if each.breakpoints else []
    return "\n".join(lines)


def _kinks(breakpoints: tuple[Breakpoint, ...]) -> str:
    return " ".join(
        f"At {each.at}: {_short(each.left)} from the left, {_short(each.right)} from the right"
        f"{', a kink' if each.is_kink else ''}."
        for each in breakpoints
    )


def _short(number: Fraction) -> str:
    """A fraction; one of many digits by its first five.

    >>> _short(Fraction(1, 6)), _short(Fraction(10507009873, 10**10))
    ('1/6', '1.0507…')
    """
    return str(number) if number.denominator < 10**6 else f"{float(number):.5g}…"


def _pieces(activation: Activation) -> str:
    p = sympy.Symbol("p", real=True)
    formulas = [_typeset(piece(p, sympy)) for piece in activation.pieces]
    return _cases("f(p)", "p", formulas, activation.breakpoints)


def _terms(loss: Loss) -> str:
    if loss.whole is not None:
        return WHOLE[loss.name]
    x, y, t = sympy.symbols("x y t", real=True)
    formulas = [_typeset(piece(t, y, sympy)) for piece in loss.pieces]
    argument = sympy.latex(loss.argument(x, y)) if loss.argument is not None else "x"
    return _cases(rf"\ell(t),\ t = {argument},\quad \ell(t)", "t", formulas, loss.breakpoints)


WHOLE = {
    "softmax_cross_entropy": r"L(x \mid y) = -\sum_i y_i \log\frac{e^{x_i}}{\sum_j e^{x_j}}",
}
"""Losses that couple the outputs; their definition works on lists, which no one formula shows."""


def _typeset(formula: Any) -> str:
    """LaTeX; a constant of many digits (those of selu have 60) by its first five."""
    long = sympy.sympify(formula).replace(
        lambda each: each.is_Rational and each.q > 10**6,
        lambda each: sympy.Symbol(rf"{float(each):.5g}\ldots"),
    )
    return str(sympy.latex(long))


def _cases(
    name: str, variable: str, formulas: list[str], breakpoints: tuple[Breakpoint, ...]
) -> str:
    if len(formulas) == 1:
        return f"{name} = {formulas[0]}"
    at = ["-\\infty", *(sympy.latex(sympy.Rational(each.at)) for each in breakpoints), "\\infty"]
    ranges = [f"{low} < {variable} < {high}" for low, high in pairwise(at)]
    rows = [f"{formula} & {place}" for formula, place in zip(formulas, ranges, strict=True)]
    return f"{name} = \\begin{{cases}}" + r" \\ ".join(rows) + r"\end{cases}"
