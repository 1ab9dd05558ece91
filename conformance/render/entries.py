"""A judgement entry by entry: what was returned, the admissible set, error / bound, the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.table import Table
from rich.text import Text

from conformance.numbers import ratio, size, value
from manual_backprop.oracle.verdict import ArrayVerdict, Judgement, Verdict

MOST = 400
"""Rows that a table shows; beyond, the worst ones."""

STYLES = {Verdict.CONFORMS: "green", Verdict.UNDECIDED: "yellow"}
"""Of verdicts; every other is a finding, and red."""


@dataclass(frozen=True)
class Entry:
    """One entry of a gradient, judged.

    Attributes:
        name: as Python indexes it, "weights[0][1, 2]".
        layer: k.
        index: inside its array.
        returned: what the target returned.
        midpoint: of the admissible set.
        bound: the set's radius.
        fraction: error / bound; nan where nothing is known.
        verdict: on this entry.
    """

    name: str
    layer: int
    index: tuple[int, ...]
    returned: float
    midpoint: float
    bound: float
    fraction: float
    verdict: Verdict

    @property
    def severity(self) -> tuple[bool, bool, bool, float]:
        """The larger the worse: findings, what is not finite, undecided, then by error / bound."""
        unknown = bool(np.isnan(self.fraction))
        undecided = self.verdict is Verdict.UNDECIDED
        return self.verdict.is_finding, unknown, undecided, 0.0 if unknown else self.fraction


def entries(judgement: Judgement) -> list[Entry]:
    """Every entry of every array that has the right shape and dtype."""
    return [entry for array in judgement.arrays for entry in _of_array(array)]


def _of_array(array: ArrayVerdict) -> Iterator[Entry]:
    fraction = array.fraction if array.given.size else np.empty(0)
    midpoint, radius = array.allowed.midpoint, array.allowed.radius
    for index in np.ndindex(array.given.shape if array.given.size else (0,)):
        yield Entry(
            f"{array.name}[{array.layer}][{', '.join(map(str, index))}]",
            array.layer,
            index,
            float(array.given[index]),
            float(midpoint[index]),
            float(radius[index]),
            float(fraction[index]),
            array.verdicts[index],
        )


def worst_entry(judgement: Judgement | None, kind: Verdict) -> Entry | None:
    """The worst of the entries with that verdict; None if there is no such entry."""
    chosen = [each for each in entries(judgement) if each.verdict is kind] if judgement else []
    return max(chosen, key=lambda each: each.severity, default=None)


def entry_table(chosen: list[Entry], width: int) -> Table:
    """Every entry, or the worst `MOST`; numbers in full where the terminal is wide enough."""
    digits = 17 if width >= 104 else 10
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    if len(chosen) > MOST:
        table.caption = f"the worst {MOST:,} of {len(chosen):,} entries; the others are left out"
    table.add_column("entry", overflow="fold", vertical="bottom")
    for title in ("returned", "midpoint\nof the set", "bound", "error/\nbound"):
        table.add_column(title, justify="right", overflow="fold", vertical="bottom")
    table.add_column("verdict", vertical="bottom")
    for each in worst(chosen, MOST):
        table.add_row(
            each.name,
            value(each.returned, digits),
            value(each.midpoint, digits),
            size(each.bound),
            ratio(each.fraction),
            Text(each.verdict, STYLES.get(each.verdict, "bold red")),
        )
    return table


def worst(chosen: list[Entry], most: int) -> list[Entry]:
    """The worst of them, at most so many, in their order."""
    if len(chosen) <= most:
        return chosen
    ranked = sorted(chosen, key=lambda each: each.severity, reverse=True)[:most]
    kept = set(map(id, ranked))
    return [each for each in chosen if id(each) in kept]
