"""How finely a run could see: the relative error that its bounds leave room for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from manual_backprop import Gradients


@dataclass(eq=False)
class Resolution:
    """How finely a run saw, per layer: bound / |entry|, and the entries a zero would have passed.

    Attributes:
        ratios: bound / |entry| of every entry with a set that is not {0}, by layer.
        holding_zero: entries whose set holds 0 and more, by layer.
        entries: all entries, by layer.
    """

    ratios: dict[int, list[float]] = field(default_factory=dict)
    holding_zero: Counter[int] = field(default_factory=Counter)
    entries: Counter[int] = field(default_factory=Counter)

    def add(self, allowed: Gradients) -> None:
        """Count the entries of one problem's admissible set."""
        for name, sets in allowed.parameters():
            self._add_array(name.layer, sets.midpoint, sets.radius)

    def merge(self, other: Resolution) -> None:
        """Count what another one counted."""
        for layer, ratios in other.ratios.items():
            self.ratios.setdefault(layer, []).extend(ratios)
        self.holding_zero += other.holding_zero
        self.entries += other.entries

    def _add_array(self, layer: int, midpoint: Any, radius: Any) -> None:
        open_ = radius > 0
        size, radius = np.abs(midpoint[open_]), radius[open_]
        with np.errstate(all="ignore"):
            self.ratios.setdefault(layer, []).extend((radius / size).tolist())
        self.holding_zero[layer] += int(np.sum(size <= radius))
        self.entries[layer] += open_.size

    def of_layer(self, layer: int) -> tuple[float, float, float]:
        """Median and 95th percentile of bound / |entry|, and the share that holds 0."""
        ratios = self.ratios.get(layer) or [0.0]
        low, high = np.quantile(ratios, (0.5, 0.95), method="inverted_cdf")
        return float(low), float(high), self.holding_zero[layer] / max(self.entries[layer], 1)

    @property
    def median(self) -> float:
        """Median of bound / |entry| over all layers."""
        ratios = [each for layer in self.ratios.values() for each in layer] or [0.0]
        return float(np.quantile(ratios, 0.5, method="inverted_cdf"))
