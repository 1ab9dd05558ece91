"""The themes, one file of vectors each: which problems there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..recipe import Maker, Recipe
from . import activations, exact, extremes, kinks, losses, shapes


@dataclass(frozen=True)
class Theme:
    """One file of vectors.

    Attributes:
        about: what it is about, in a sentence.
        recipes: its vectors before their proof, of one dtype.
    """

    about: str
    recipes: Callable[[Maker], Iterator[Recipe]]


THEMES: dict[str, Theme] = {
    "smooth": Theme("Activations that are analytic, tails included.", activations.smooth),
    "piecewise": Theme("Activations with breakpoints, and polynomials.", activations.piecewise),
    "losses": Theme("Every loss: at points, behind a network, summed.", losses.recipes),
    "shapes": Theme("Depths, widths, batches, biases, reductions.", shapes.recipes),
    "kinks": Theme("Units on kinks, beside them, and on joints that are none.", kinks.recipes),
    "extremes": Theme("Saturation, overflow, underflow, cancellation, zeros.", extremes.recipes),
    "exact": Theme("Short binary numbers, on which nothing is rounded.", exact.recipes),
}
"""By the name of the file."""
