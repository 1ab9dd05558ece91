"""What an activation is: a definition, a value, a derivative, and its breakpoints.

The *definition* is the plain formula of the textbook, piece by piece, written for any arithmetic.
The value and the derivative are the formulas that stay accurate in floating point. Nothing
connects the two but mathematics, so the tests can hold one against the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from manual_backprop.arrays import Array, in_working_precision

Piece = Callable[[Any, Any], Any]
"""A formula of p and of a namespace m with exp, log, sqrt, tanh, sin, erf and pi."""


@dataclass(frozen=True)
class Breakpoint:
    """A place where the formula of a piecewise function changes.

    Attributes:
        at: the place.
        left: the one-sided derivative f'(at−), exact.
        right: the one-sided derivative f'(at+), exact. Where the two differ there is a kink,
            and the derivative is the set [min, max] of the two (derivation, section 8).
    """

    at: Fraction
    left: Fraction
    right: Fraction

    @property
    def is_kink(self) -> bool:
        """Whether the derivative jumps here."""
        return self.left != self.right


@dataclass(frozen=True)
class Activation:
    """A univariate function f, applied to each entry, with its derivative f'.

    Your own needs a name, f and f' on NumPy arrays; the rest serves the catalogue.

    Attributes:
        name: what a layer calls it.
        f: p ↦ f(p) on arrays, in a form that stays accurate.
        df: p ↦ f'(p) on arrays, likewise. At a kink: the value taken is any one in the hull.
        pieces: the definition, one plain formula (p, m) for each interval between breakpoints;
            m is a namespace of elementary functions (`mpmath`, `sympy`, …). Empty if not given.
        breakpoints: where one piece ends and the next begins, ascending.
        rational: whether f and f' map `Fraction`s to `Fraction`s.
        torch: the framework call that it equals, as its users write it.
        jax: likewise.

    >>> import numpy as np
    >>> cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)
    >>> cube.derivative(np.array([2.0]))
    array([12.])
    """

    name: str
    f: Callable[[Array], Array]
    df: Callable[[Array], Array]
    pieces: tuple[Piece, ...] = ()
    breakpoints: tuple[Breakpoint, ...] = ()
    rational: bool = False
    torch: str = ""
    jax: str = ""

    def value(self, p: Array) -> Array:
        """x = f(p), entry by entry: same shape, same dtype."""
        what = f"values of activation {self.name!r}"
        return in_working_precision(self.f, p, shape=p.shape, what=what)

    def derivative(self, p: Array) -> Array:
        """f'(p), entry by entry: same shape, same dtype. Kink: one value of the hull."""
        what = f"derivatives of activation {self.name!r}"
        return in_working_precision(self.df, p, shape=p.shape, what=what)

    def piece_at(self, p: Any) -> Piece:
        """The formula that holds at the number p (at a breakpoint: the one to its right)."""
        return self.pieces[sum(1 for breakpoint in self.breakpoints if breakpoint.at <= p)]
