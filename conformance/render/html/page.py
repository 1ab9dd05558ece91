"""What the page says, section by section, in the order in which it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from conformance.counterexamples import Counterexample
from conformance.departures import Known, known_to_have
from conformance.numbers import plural
from conformance.render.console import harmless
from conformance.render.environment import machine, versions
from conformance.render.html import histogram, tables
from conformance.render.html.bars import bars
from conformance.render.html.findings import Shown, shown
from conformance.render.html.tables import Table
from conformance.render.summary import notes, outcome_sentence
from conformance.report import Report, Tally

Outcome = Literal["good", "bad", "open"]


@dataclass(frozen=True)
class Chart:
    """The histogram of one target, and the same as a table."""

    target: str
    drawing: Markup
    table: Table


@dataclass(frozen=True)
class Page:
    """The whole page.

    Attributes:
        sentence: the verdict, plainly.
        outcome: good, bad or open, for its colour and sign.
        facts: what was asked for.
        several: whether there is more than one target, so that each needs its name.
        diagnoses: by target, the sentences on what is probably wrong.
        targets: the table of verdicts; None if there is no target.
        hide_values: whether expected numbers stay hidden.
        findings: those shown.
        left_out: findings that are not.
        kinds: verdicts by kind of network; None if no network was judged.
        charts: the histograms.
        resolution: None if nothing was judged.
        notes: what the verdicts rest on.
        departures: that were granted, with those who have them.
        versions, machine: of what took part.
    """

    sentence: str
    outcome: Outcome
    facts: list[str]
    several: bool
    diagnoses: dict[str, list[str]]
    targets: Table | None
    hide_values: bool
    findings: list[Shown]
    left_out: int
    kinds: Table | None
    charts: list[Chart]
    resolution: Table | None
    notes: list[str]
    departures: list[tuple[str, Known]]
    versions: dict[str, str]
    machine: dict[str, str]


def contents(report: Report, examples: Sequence[Counterexample]) -> Page:
    """The page of a report.

    Args:
        report: on any number of targets, none included.
        examples: the findings to show.
    """
    findings = shown(examples, report.hide_values)
    return Page(
        sentence=harmless(outcome_sentence(report)),
        outcome=_outcome(report),
        facts=_facts(report),
        several=len(report.tallies) > 1,
        diagnoses=_diagnoses(report),
        targets=tables.targets(report),
        hide_values=report.hide_values,
        findings=findings,
        left_out=len(examples) - len(findings),
        kinds=tables.kinds(report) if any(each.by_kind for each in report.tallies) else None,
        charts=_charts(report.tallies),
        resolution=tables.resolution(report) if report.resolutions else None,
        notes=list(map(harmless, notes(report))),
        departures=_departures(report),
        versions=versions(),
        machine={name: text for name, text in machine().items() if text},
    )


def _outcome(report: Report) -> Outcome:
    """By the exit status; a run that did not end may still have found something."""
    if any(tally.has_finding for tally in report.tallies) or report.exit_status == 1:
        return "bad"
    return "good" if report.exit_status == 0 else "open"


def _facts(report: Report) -> list[str]:
    asked = f"{plural(report.networks, 'network')} asked for"
    return [plural(len(report.tallies), "target"), asked, report.dtype, f"seed {report.seed}"]


def _diagnoses(report: Report) -> dict[str, list[str]]:
    return {
        harmless(target): [harmless(each) for each in found.sentences(report.hide_values)]
        for target, found in report.diagnoses.items()
    }


def _charts(tallies: Sequence[Tally]) -> list[Chart]:
    return [
        Chart(
            harmless(tally.name),
            histogram.drawing(f"histogram-{number}", tally.name, tally.histogram),
            tables.accuracy(tally),
        )
        for number, tally in enumerate(tallies, start=1)
        if bars(tally.histogram)
    ]


def _departures(report: Report) -> list[tuple[str, Known]]:
    return [
        (tally.name, known)
        for tally in report.tallies
        for known in known_to_have(tally.name, report.dtype)
    ]
