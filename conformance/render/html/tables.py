"""The tables of the page: targets, kinds of network, wrong entries, resolution, histogram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from conformance.numbers import percent, ratio, size, value
from conformance.render.console import harmless
from conformance.render.entries import Entry, entries, worst
from conformance.render.html.bars import bars
from conformance.render.summary import PLAIN_KINDS, other_findings
from conformance.report import Finding, Report, Tally
from manual_backprop.oracle.verdict import Verdict

Tone = Literal["", "good", "bad", "open"]
"""What a cell says besides its text; its sign says it to those who see no colour."""

MOST_ENTRIES = 60
"""Wrong entries of a finding that its table lists."""


@dataclass(frozen=True)
class Cell:
    """A text, and what it means."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """What a table is about, its columns and rows; the first cell of a row is its heading.

    Attributes:
        caption: what it is about.
        heads: of the columns.
        rows: as many cells each.
        words: whether the cells hold words, not numbers.
        note: what is to be known of it, and what is left out.
    """

    caption: str
    heads: list[str]
    rows: list[list[Cell]]
    words: bool = False
    note: str = ""


# ── targets ──

TONES: tuple[Tone, ...] = ("good", "bad", "open", "open")
"""Of `PLAIN_KINDS`."""


def targets(report: Report) -> Table | None:
    """The table of the summary, a column a target, skipped ones included; None if there is none."""
    columns = [_of_target(tally, report) for tally in report.tallies]
    columns += [[Cell("skipped"), *[Cell("–")] * (len(MEASURES) - 1)] for _ in report.skipped]
    if not columns:
        return None
    rows = [[Cell(name), *cells] for name, *cells in zip(MEASURES, *columns, strict=True)]
    names = [*(tally.name for tally in report.tallies), *report.skipped]
    note = (
        "Worst error / bound: how near to the bound the target came on networks that conform. "
        "Resolution: the median of bound / |entry|, the relative error that the run cannot see."
    )
    return Table("Verdicts, counted by network", ["", *map(harmless, names)], rows, note=note)


MEASURES = (
    "version",
    "order",
    "networks",
    *map(str, PLAIN_KINDS),
    "other findings",
    "worst error / bound",
    "resolution",
)


def _of_target(tally: Tally, report: Report) -> list[Cell]:
    """What stands in the rows `MEASURES`."""
    plain = [
        Cell(f"{tally.count(kind):,}", tone if tally.count(kind) else "")
        for kind, tone in zip(PLAIN_KINDS, TONES, strict=True)
    ]
    other = other_findings(tally)
    resolution = report.resolutions.get(tally.order)
    return [
        Cell(harmless(tally.version) or "–"),
        Cell(tally.order),
        Cell(f"{tally.networks:,}"),
        *plain,
        Cell(f"{other:,}", "bad" if other else ""),
        Cell(ratio(tally.worst_fraction) if tally.count("conforms") else "–"),
        Cell(size(resolution.median) if resolution and tally.networks else "–"),
    ]


# ── kinds of network ──


def kinds(report: Report) -> Table:
    """A row for each kind of network, a column for each target."""
    names = dict.fromkeys(kind for tally in report.tallies for kind in tally.by_kind)
    rows = [
        [Cell(kind), *(_of_kind(tally.by_kind.get(kind, Counter())) for tally in report.tallies)]
        for kind in names
    ]
    heads = ["kind of network", *(harmless(tally.name) for tally in report.tallies)]
    return Table("Verdicts by kind of network", heads, rows, words=True)


def _of_kind(counts: Counter[Verdict]) -> Cell:
    """What came out of the networks of one kind, the worst first."""
    found = sorted((kind for kind in counts if counts[kind]), key=list(Verdict).index, reverse=True)
    text = ", ".join(f"{counts[kind]:,} {kind}" for kind in found)
    if any(kind.is_finding for kind in found):
        return Cell(text, "bad")
    return Cell(text, "good" if counts[Verdict.CONFORMS] else "open") if text else Cell("–")


# ── one finding ──


def wrong_entries(finding: Finding, hide_values: bool) -> Table | None:
    """Every entry that is wrong, or the worst of them; None if the finding is none of entries."""
    judged = entries(finding.outcome.judgement) if finding.outcome.judgement else []
    wrong = [each for each in judged if each.verdict.is_finding]
    if not wrong:
        return None
    listed = worst(wrong, MOST_ENTRIES)
    numbers = [] if hide_values else ["returned", "midpoint of the set", "bound", "error / bound"]
    rows = [_entry(each, hide_values) for each in listed]
    note = f"The worst {len(listed)} of {len(wrong):,}." if len(listed) < len(wrong) else ""
    return Table("Wrong entries", ["entry", *numbers, "verdict"], rows, note=note)


def _entry(entry: Entry, hide_values: bool) -> list[Cell]:
    numbers = [
        value(entry.returned),
        value(entry.midpoint),
        size(entry.bound),
        ratio(entry.fraction),
    ]
    shown = [] if hide_values else [Cell(each) for each in numbers]
    return [Cell(entry.name), *shown, Cell(str(entry.verdict), "bad")]


# ── how finely, how near ──


def resolution(report: Report) -> Table:
    """Per layer and order: median, 95th percentile, and the share that a zero would have passed."""
    heads = ["layer"]
    for order in report.resolutions:
        heads += [f"{order}: median", "95 %", "zero passes"]
    rows = [[Cell(str(layer)), *_of_layer(report, layer)] for layer in _layers(report)]
    note = "Zero passes: the share of entries that a gradient of zeros would have passed."
    return Table("Resolution, bound / |entry|, by layer", heads, rows, note=note)


def _layers(report: Report) -> Iterable[int]:
    return sorted({layer for each in report.resolutions.values() for layer in each.entries})


def _of_layer(report: Report, layer: int) -> list[Cell]:
    cells = []
    for each in report.resolutions.values():
        median, high, share = each.of_layer(layer)
        cells += [Cell(size(median)), Cell(size(high)), Cell(percent(share))]
    return cells


def accuracy(tally: Tally) -> Table:
    """The histogram as a table: its bars that are not empty."""
    rows = [
        [Cell(bar.range), Cell(f"{bar.entries:,}", "bad" if bar.is_wrong else "")]
        for bar in bars(tally.histogram)
        if bar.entries
    ]
    return Table(f"Entries by error / bound: {harmless(tally.name)}", ["range", "entries"], rows)
