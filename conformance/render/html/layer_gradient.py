"""One layer's gradient as it was returned, and what of it is drawn.

Where expected numbers are to stay hidden no value is shown at all: one that conforms is the
expected one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from conformance.numbers import plural
from conformance.render.html.marks import ARRAYS, Marks, chosen

MOST = 12
"""Rows and columns that are drawn."""

ROOMY = 6
"""Columns up to which a cell is wide enough for its value."""


@dataclass(frozen=True, eq=False)
class LayerGradient:
    """What is drawn of one layer's gradient.

    Attributes:
        marks: the verdicts.
        layer: k.
        hide_values: whether the verdicts are all that is shown.
    """

    marks: Marks
    layer: int
    hide_values: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Units of the layer, and units of the layer before."""
        widths = self.marks.problem.network.widths
        return widths[self.layer + 1], widths[self.layer]

    @cached_property
    def rows(self) -> list[int]:
        """Which units are drawn."""
        return chosen(self.shape[0], self.marks.rows(self.layer), MOST)

    @cached_property
    def columns(self) -> list[int]:
        """Which of the units before are drawn."""
        return chosen(self.shape[1], self.marks.columns(self.layer), MOST)

    @cached_property
    def largest(self) -> float:
        """The largest finite magnitude of the layer, at which a colour is full."""
        arrays = [self.marks.array(name, self.layer) for name in ARRAYS]
        sizes = [np.abs(each.given[np.isfinite(each.given)]) for each in arrays if each]
        return max((float(each.max()) for each in sizes if each.size), default=0.0)

    @cached_property
    def is_roomy(self) -> bool:
        """Whether cells are wide enough for values."""
        return len(self.columns) <= ROOMY

    @property
    def legend(self) -> tuple[str, str] | None:
        """What the colours mean at their ends; None if there are none."""
        shown = self.largest and not self.hide_values
        return (short(-self.largest), short(self.largest)) if shown else None

    @property
    def left_out(self) -> str:
        """What is not drawn, in words; empty if all is."""
        more = [
            plural(count - len(drawn), noun)
            for count, drawn, noun in zip(
                self.shape, (self.rows, self.columns), ("row", "column"), strict=True
            )
            if count > len(drawn)
        ]
        return f"Not drawn: {' and '.join(more)}." if more else ""


def short(value: float) -> str:
    """A value in a few characters, for a cell.

    >>> short(0.12345), short(-1.2e-05), short(0.0), short(float("nan")), short(float("-inf"))
    ('0.123', '−1.2e−5', '0', 'nan', '−∞')
    """
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    plain = value == 0 or 0.01 <= abs(value) < 1000
    mantissa, _, exponent = (f"{value:.3g}" if plain else f"{value:.1e}").partition("e")
    return f"{mantissa}{f'e{int(exponent)}' if exponent else ''}".replace("-", "−")
