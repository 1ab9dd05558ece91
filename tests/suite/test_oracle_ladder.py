"""The ladder of what proofs cost: each contender is measured, and the page says what was found."""

import pytest

from benchmarks import oracle_ladder
from benchmarks.oracle_ladder import (
    CONTENDERS,
    LADDER,
    Cost,
    measured,
    multiply_adds,
    page,
)


def test_each_contender_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the smallest network every one takes some time."""
    monkeypatch.setattr(oracle_ladder, "ENOUGH", 0.0)

    assert all(measured(LADDER[0], name).seconds > 0 for name in CONTENDERS)


def test_multiply_adds_are_those_of_the_products() -> None:
    """16-32-32-4 with 16 samples: three products a layer, two for the first."""
    first, second, third = 16 * 32, 32 * 32, 32 * 4

    assert multiply_adds(LADDER[0]) == 16 * (2 * first + 3 * second + 3 * third)


def test_the_page_has_ratios_and_bytes() -> None:
    """Times are in gradients, memory is by parameter; a dash is what was not asked."""
    found = {"gradient": Cost(0.001, 1664), "judge": Cost(0.02, 16640)}
    text = page(dict.fromkeys(LADDER[:1], found))

    assert "| 16-32-32-4 (16) | 1,664 | 71,680 | 1 ms | — | 20 × · 10 B | — | — | — | — |" in text
