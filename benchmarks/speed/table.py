"""The ratios as text, 80 columns wide: how `gradient` compares, case by case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.speed.contenders import FRAMEWORKS, NUMPY, OURS
from benchmarks.speed.ladder import Case
from benchmarks.speed.results import Results
from benchmarks.speed.rounds import CLOCKS

OTHERS = (*FRAMEWORKS, *NUMPY)
HEAD = ("network (samples)", "time", "limit", "own", *(each.title for each in OTHERS))
SHOWN = len(HEAD) - len(NUMPY)
"""Columns that a terminal has room for."""


def blocks(results: Results) -> Iterator[tuple[str, list[list[str]]]]:
    """A title, and the rows below `HEAD`, for each number of threads and kind of network."""
    for threads, clock in sorted(results.clocks.items()):
        cases = results.cases(threads)
        for kind in dict.fromkeys(each.kind for each in cases):
            title = f"{kind}, {'one thread' if threads == 1 else f'{threads} threads'}"
            rows = [row(results, each, threads) for each in cases if each.kind == kind]
            yield f"{title}: {CLOCKS[clock][0]}", rows  # type: ignore[index]


def row(results: Results, case: Case, threads: int) -> list[str]:
    """Name, time, time over the bare products', own over best, time over each other's."""
    timing = results.of(OURS.name, case, threads)
    ratios = [
        results.over_limit(OURS.name, case, threads),
        results.over_best(case, threads),
        *(results.ratio(OURS.name, each.name, case, threads) for each in OTHERS),
    ]
    return [case.rung.name, in_units(timing.seconds) if timing else "", *map(in_short, ratios)]


def in_units(seconds: float) -> str:
    """Three digits and a unit.

    >>> in_units(7.42e-6), in_units(0.0456)
    ('7.42 µs', '45.6 ms')
    """
    value, unit = (1e6 * seconds, "µs") if seconds < 1e-3 else (1e3 * seconds, "ms")
    return f"{value:.3g} {unit}"


def in_short(ratio: float | None) -> str:
    """Two decimals; a dash for what was not measured.

    >>> in_short(0.137), in_short(None)
    ('0.14', '–')
    """
    return "–" if ratio is None else f"{ratio:.2f}"


def as_text(results: Results) -> str:
    """All blocks, for a terminal."""
    lines = []
    for title, rows in blocks(results):
        lines += [title, _line(HEAD), *map(_line, rows), ""]
    return "\n".join([*lines, *KEY])


def _line(cells: Sequence[str]) -> str:
    """27 columns for the name, 9 for the time, 5 and more for each ratio."""
    widths = [9, 6, 5, *(max(6, len(each.title) + 1) for each in FRAMEWORKS)]
    numbers = zip(cells[1:SHOWN], widths, strict=True)
    return f"{cells[0]:<27}" + "".join(f"{cell:>{width}}" for cell, width in numbers)


KEY = (
    "time: of one call of `gradient`. The rest are ratios of it. limit: to the bare",
    "matrix products by the same BLAS, three a layer, two for the first. own: that",
    "ratio over the best framework's to the bare products in its own library. Then:",
    "to each framework's gradient. The page has more columns.",
)
