"""The summary of a run: a table for 80 columns, what it rests on, and a last plain sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.departures import Known, known_to_have
from conformance.numbers import percent, plural, ratio, size
from conformance.render.console import harmless
from conformance.report import Report, Tally
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.oracle.verdict import Verdict

COLUMNS = (
    "net-\nworks",
    "con-\nforms",
    "wrong",
    "unde-\ncided",
    "unsup-\nported",
    "other",
    "worst\nerror/\nbound",
    "reso-\nlution",
)
OTHER = 5
"""Which of the columns is left out where it is zero throughout."""

RESOLUTION = "Resolution, bound / |entry|: the relative error that the run cannot see"

PLAIN_KINDS = (Verdict.CONFORMS, Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNSUPPORTED)


def summary(report: Report) -> Group:
    """The whole summary, to be printed."""
    paragraphs: list[RenderableType] = [
        part for note in notes(report) for part in (Text(), Text(note))
    ]
    resolution: list[RenderableType] = (
        [Text(), Text(RESOLUTION), resolution_table(report)] if report.resolutions else []
    )
    return Group(summary_table(report), *paragraphs, *resolution, Text(), _sentence(report))


def summary_table(report: Report) -> Table:
    """One row a backend, those that were left out included."""
    others = any(other_findings(tally) for tally in report.tallies)
    kept = [column for column in range(len(COLUMNS)) if others or column != OTHER]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("backend", overflow="fold", vertical="bottom")
    table.add_column("version", overflow="fold", vertical="bottom")
    for column in kept:
        table.add_column(COLUMNS[column], justify="right", vertical="bottom")
    for tally in report.tallies:
        cells = _cells(tally, report)
        table.add_row(tally.name, tally.version, *(cells[column] for column in kept))
    for name in report.skipped:
        table.add_row(name, Text("skipped", "yellow"), *("–" for _ in kept))
    return table


def _cells(tally: Tally, report: Report) -> list[Text]:
    """What stands in `COLUMNS`."""
    counts = [tally.count(kind) for kind in PLAIN_KINDS]
    styles = ("green", "bold red", "yellow", "yellow")
    plain = [
        Text(f"{count:,}", style if count else "")
        for count, style in zip(counts, styles, strict=True)
    ]
    other, seen = other_findings(tally), report.resolutions.get(tally.order)
    return [
        Text(f"{tally.networks:,}"),
        *plain,
        Text(f"{other:,}", "bold red" if other else ""),
        Text(ratio(tally.worst_fraction) if tally.count("conforms") else "–"),
        Text(size(seen.median) if seen and tally.networks else "–"),
    ]


def other_findings(tally: Tally) -> int:
    """Networks with a finding other than `wrong`."""
    return sum(tally.kinds.values()) - sum(tally.count(kind) for kind in PLAIN_KINDS)


# ── what the verdicts rest on ──


def notes(report: Report) -> Iterator[str]:
    """The class of the proof, the seed, what was undecided, restless, unsupported or left out."""
    if report.supported:
        yield f"Supported: {report.supported}."
    yield class_text(report)
    yield from _departures(report)
    yield (
        f"seed {report.seed}, {report.dtype}: the same seed gives the same networks and the same "
        "verdicts."
    )
    if any(tally.undecided_entries for tally in report.tallies):
        yield f"Entries undecided, a zero gradient would have passed: {_undecided(report)}."
    for tally in report.tallies:
        yield from _notes_on(tally)
    for reason, names in _grouped(report.skipped).items():
        yield f"Skipped: {', '.join(names)}: {reason}"


def class_text(report: Report) -> str:
    """What `wrong` is a proof of, with the constants of the class."""
    names = defaultdict(list)
    for tally in report.tallies:
        names[str(tally.order)].append(tally.name)
    orders = "; ".join(f"{order} ({', '.join(each)})" for order, each in names.items())
    return (
        "wrong = proved to be outside what any implementation of the class may return. "
        f"The class: {constants(float_format(report.dtype))}, sums of n terms within n·u·Σ|t|, "
        "divisions within 2u, functions within the units of manual_backprop.oracle.accuracy; "
        f"order {orders or 'of each target'}."
    )


def constants(float_format: Format) -> str:
    """u, η and Ω of a format.

    >>> constants(float_format("float64"))
    'float64, u = 2^-53, η = 2^-1022, Ω = 1.8e308'
    """
    largest = f"{float_format.largest:.1e}".replace("e+", "e")
    u, eta = -float_format.precision, 1 - float_format.max_exponent
    return f"{float_format.name}, u = 2^{u}, η = 2^{eta}, Ω = {largest}"


def _departures(report: Report) -> Iterator[str]:
    """What was granted to a backend beyond the class, and what of that is stale."""
    granted = {
        tally.name: "; ".join(map(_in_words, known_to_have(tally.name, report.dtype)))
        for tally in report.tallies
    }
    for what, names in _grouped({name: what for name, what in granted.items() if what}).items():
        whom = ", ".join(names)
        yield f"Known departures, granted to {whom}: {what} (conformance/departures.py)."
    for line in report.stale:
        yield f"Stale departure: {line}."


def _in_words(known: Known) -> str:
    each = known.departure
    return f"{each.function} {each.part} on [{each.low:g}, {each.high:g}] within {each.error:.1e}"


def _undecided(report: Report) -> str:
    """The share of entries of each backend with its reasons, those with the same together."""
    shares = {tally.name: _share(tally) for tally in report.tallies if tally.entries}
    return "; ".join(f"{share} ({', '.join(each)})" for share, each in _grouped(shares).items())


def _share(tally: Tally) -> str:
    """How many of a target's entries are undecided, and why, the commonest reason first."""
    share = percent(tally.undecided_entries / tally.entries)
    parts = [
        f"{reason} {percent(count / tally.entries)}"
        for reason, count in _commonest(tally.undecided_reasons)
    ]
    return f"{share}: {', '.join(parts)}" if parts else share


def _commonest(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    """What is most often first, and what is as often by name."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _grouped(values: dict[str, str]) -> dict[str, list[str]]:
    """The names that have the same value."""
    names: dict[str, list[str]] = {}
    for name, value in values.items():
        names.setdefault(value, []).append(name)
    return names


def _notes_on(tally: Tally) -> Iterator[str]:
    for note in tally.notes:
        yield f"{tally.name}: {note}."
    if tally.restless:
        yield f"{tally.name}: two calls differed in bits on {plural(tally.restless, 'network')}."
    if tally.reasons:
        yield f"{tally.name}: not supported, in its own words: {_reasons(tally)}."


def _reasons(tally: Tally, most: int = 5) -> str:
    """The commonest reasons, each with its networks, and how many more there are."""
    common = _commonest(tally.reasons)[:most]
    words = [f"{harmless(reason, 100)} ({plural(count, 'network')})" for reason, count in common]
    more = len(tally.reasons) - len(common)
    return "; ".join(words) + (f"; {plural(more, 'reason')} more" if more else "")


def resolution_table(report: Report) -> Table:
    """Per layer and order: median, 95th percentile, and the share that a zero would have passed."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("layer")
    for order in report.resolutions:
        table.add_column(f"{order}\nmedian", justify="right")
        table.add_column("\n95 %", justify="right")
        table.add_column("\nzero passes", justify="right")
    for layer in sorted({layer for each in report.resolutions.values() for layer in each.entries}):
        cells = []
        for each in report.resolutions.values():
            median, high, share = each.of_layer(layer)
            cells += [size(median), size(high), percent(share)]
        table.add_row(str(layer), *cells)
    return table


# ── the last sentence ──


def outcome_sentence(report: Report) -> str:
    """What came out of it, in one plain sentence."""
    verdict = _verdict(report)
    if not (report.interrupted or report.stopped):
        return verdict
    done = max((tally.networks for tally in report.tallies), default=0)
    ended = "Interrupted" if report.interrupted else "Stopped"
    so_far = f"{ended} after {done:,} of {plural(report.networks, 'network')}"
    return f"{so_far}, and until then: {verdict[0].lower()}{verdict[1:]}"


def _verdict(report: Report) -> str:
    wrong = [found_on(tally) for tally in report.tallies if tally.has_finding]
    if wrong:
        return f"Something is wrong: {'; '.join(wrong)}."
    conforming = [tally.name for tally in report.tallies if tally.count("conforms")]
    if not conforming:
        return "Nothing could be decided: no network was both supported and decided."
    rest = [tally.name for tally in report.tallies if not tally.count("conforms")]
    but = f"; nothing could be decided for {', '.join(rest)}" if rest else ""
    return f"Nothing is wrong: {', '.join(conforming)} {_conform(len(conforming))}{but}."


def _conform(count: int) -> str:
    verb = "conforms" if count == 1 else "conform"
    return f"{verb} wherever something could be decided"


def found_on(tally: Tally) -> str:
    """The findings of one target, counted.

    >>> from collections import Counter
    >>> found_on(Tally("mine", "1", "reverse", kinds=Counter({Verdict.WRONG: 2})))
    'mine wrong on 2 of 2 networks'
    """
    kinds = [kind for kind in Verdict if kind.is_finding and tally.kinds[kind]]
    counts = ", ".join(f"{kind} on {tally.kinds[kind]:,}" for kind in kinds)
    return f"{tally.name} {counts} of {plural(tally.networks, 'network')}"


def _sentence(report: Report) -> Text:
    styles = {0: "bold green", 1: "bold red"}
    return Text(outcome_sentence(report), styles.get(report.exit_status, "bold yellow"))
