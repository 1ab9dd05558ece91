"""Fingerprints as tables for 80 columns: a row for each breakpoint, three targets side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import SupportsFloat

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.fingerprint import Fingerprint, Fingerprints, Reading, places
from conformance.numbers import plural, value
from conformance.render.console import harmless
from manual_backprop.activations import Breakpoint

ABREAST = 3
"""Targets of one table: what fits into 80 columns."""

WIDEST = 17
"""Columns of a target."""

WHERE = ("just below", "at", "just above")

HOW_TO_READ = (
    "Of each target: its derivative one ulp below the breakpoint, at it, and one ulp above it "
    "(beside 0: at the smallest normal number); ! is outside what is allowed there, – not "
    "supported. At the breakpoint any value between the derivatives on both sides is right. "
    "Losses: at that output, under the target 1."
)


def printed(found: Fingerprints, console: Console) -> None:
    """Print the tables, how they are to be read, what is outside, and a last plain sentence."""
    for table in tables([*found.targets, *found.beside]):
        console.print(table)
        console.print()
    for note in notes(found):
        console.print(Text(f"{note}\n"))
    style = {0: "bold green", 1: "bold red"}.get(found.exit_status, "bold yellow")
    console.print(Text(outcome_sentence(found), style))


def tables(fingerprints: Sequence[Fingerprint]) -> Iterator[Table]:
    """As many as are needed, `ABREAST` targets in each."""
    rest = iter(fingerprints)
    while abreast := list(islice(rest, ABREAST)):
        yield _table(abreast)


def _table(abreast: Sequence[Fingerprint]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("function", vertical="bottom")
    table.add_column("at", justify="right", vertical="bottom")
    table.add_column("left |\nright", justify="center", vertical="bottom")
    for each in abreast:
        title = f"{each.name}\n{each.version}"
        table.add_column(title, overflow="fold", vertical="bottom", max_width=WIDEST)
    for function, breakpoints in places().items():
        for breakpoint_ in breakpoints:
            cells = [_cell(each, function, breakpoint_) for each in abreast]
            sides = f"{_short(breakpoint_.left)} | {_short(breakpoint_.right)}"
            table.add_row(function, str(breakpoint_.at), sides, *cells)
    return table


def _cell(of: Fingerprint, function: str, breakpoint_: Breakpoint) -> Text:
    """The three values, or why there are none."""
    for reading in of.readings:
        if (reading.function, reading.breakpoint) == (function, breakpoint_):
            return Text(" ").join(_marked(reading))
    if function in of.failures:
        return Text(of.failures[function][0], "bold red")
    return Text("–", "yellow")


def _marked(reading: Reading) -> Iterator[Text]:
    """Each value, with a mark and red if it is outside."""
    for number, verdict in zip(reading.values, reading.verdicts, strict=True):
        outside = verdict.is_finding
        yield Text(f"{_short(number)}{'!' * outside}", "bold red" if outside else "")


def _short(number: SupportsFloat) -> str:
    """A number in three digits, −0 as 0.

    >>> _short(1 / 6), _short(-0.5), _short(-0.0)
    ('0.167', '-0.5', '0')
    """
    return f"{float(number) + 0.0:.3g}"


def notes(found: Fingerprints) -> Iterator[str]:
    """How to read the tables; what is outside, in all its digits; what is missing."""
    yield HOW_TO_READ
    for each in (*found.targets, *found.beside):
        if each.is_outside:
            yield "\n".join([*_outside(each), *_failures(each)])
        if each.unsupported:
            yield f"{each.name}: not supported: {', '.join(each.unsupported)}."
    for name, reason in found.skipped.items():
        yield f"Skipped: {name}: {reason}"


def _outside(of: Fingerprint) -> Iterator[str]:
    """A line for each value that is outside."""
    for reading in of.readings:
        for where, number, verdict in zip(WHERE, reading.values, reading.verdicts, strict=True):
            if verdict.is_finding:
                place = f"{reading.function} {where} {reading.breakpoint.at}"
                yield f"{of.name}: {place}: {value(number)} is not {_right(reading.breakpoint)}."


def _right(breakpoint_: Breakpoint) -> str:
    """What is right there.

    >>> from manual_backprop import ACTIVATIONS
    >>> [_right(ACTIVATIONS[name].breakpoints[0]) for name in ("hard_swish", "elu")]
    ['in the hull [-1/2, 0]', '1 within rounding']
    """
    low, high = sorted((breakpoint_.left, breakpoint_.right))
    return f"in the hull [{low}, {high}]" if breakpoint_.is_kink else f"{low} within rounding"


def _failures(of: Fingerprint) -> Iterator[str]:
    """A line for each function that has no values, or something else wrong."""
    for function, (kind, message) in of.failures.items():
        yield f"{of.name}: {function}: {kind}{f': {harmless(message)}' if message else ''}"


def outcome_sentence(found: Fingerprints) -> str:
    """What came out of it, in one plain sentence."""
    if found.exit_status == 1:
        wrong = [each.name for each in found.targets if each.is_outside]
        return f"Something is wrong: {', '.join(wrong)}."
    if found.exit_status == 3:
        return "Nothing could be decided: no function with a breakpoint is supported."
    count = sum(len(each.readings) for each in found.targets)
    return f"Nothing is wrong: every value at {plural(count, 'breakpoint')} may be returned there."
