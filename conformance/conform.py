"""`manual-backprop conform`: the backends judged on drawn networks, and all that is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from conformance import backends
from conformance.backends import Backend, NotInstalled
from conformance.check import run
from conformance.counterexamples import Counterexample, keep
from conformance.departures import stale
from conformance.errors import Misuse
from conformance.interruption import Check, interruptible, noted_interrupts
from conformance.outputs import check_writable, write
from conformance.render import document, junit
from conformance.render.console import Console, harmless
from conformance.render.findings import finding_text, shown_findings
from conformance.render.progress import Progress, progress
from conformance.render.summary import found_on, summary
from conformance.report import Report


def conform(
    networks: int,
    seed: int,
    dtype: str,
    names: Sequence[str] = (),
    json: Path | None = None,
    junit_xml: Path | None = None,
) -> int:
    """Judge backends, write the files that were asked for, print the findings and the summary.

    Args:
        networks: how many to draw.
        seed: the same seed gives the same networks and the same verdicts.
        dtype: float64 or float32.
        names: of the backends; all that are installed if there are none.
        json: where the report goes as JSON.
        junit_xml: where it goes as JUnit XML.
    Returns:
        The exit status.
    Raises:
        Misuse: if a backend is unknown, or named and not installed, or a file cannot be written.
    """
    check_writable({"--json": json, "--junit": junit_xml})
    with noted_interrupts() as check:
        report = judged(networks, seed, dtype, names, check)
        examples = kept(report)
        faults = [
            write(json, document.text(report, examples)),
            write(junit_xml, junit.text(report, examples)),
        ]
    show(report, examples, Console())
    if any(faults):
        raise Misuse("; ".join(filter(None, faults)))
    return report.exit_status


def judged(networks: int, seed: int, dtype: str, names: Sequence[str], check: Check) -> Report:
    """The run, its progress shown on standard error."""
    with progress(networks) as shown:
        try:
            targets, skipped = loaded(names, shown, check)
            no_longer = {line: error for each in targets for line, error in stale(each).items()}
        except KeyboardInterrupt:
            return Report(seed, dtype, networks, [], interrupted=True)
        report = run(targets, networks, seed, dtype, None, shown.judged, shown.stage)
    return replace(report, skipped=skipped, stale=no_longer)


def loaded(
    names: Sequence[str], shown: Progress, check: Check
) -> tuple[list[Backend], dict[str, str]]:
    """The backends, and the reasons why others are left out; one that was named has to be there."""
    for name in names:
        if name not in backends.NAMES:
            raise Misuse(f"--backend: {nearest(name)}")
    targets, skipped = [], {}
    for name in dict.fromkeys(names) or backends.NAMES:
        shown.stage(f"loading {name}")
        check()
        try:
            targets.append(interruptible(backends.load(name), check))
        except Exception as error:  # a framework that is broken may raise anything
            skipped[name] = _reason(error)
            if names:
                raise Misuse(f"--backend {name}: {skipped[name]}") from error
    return targets, skipped


def nearest(name: str) -> str:
    """What `load` says to a name that it does not know."""
    try:
        backends.load(name)
    except ValueError as error:
        return str(error)
    return ""


def _reason(error: Exception) -> str:
    """Why a backend is not there."""
    if isinstance(error, NotInstalled):
        return str(error)
    return harmless(f"cannot be loaded: {type(error).__name__}: {error}", 300)


def kept(report: Report) -> list[Counterexample]:
    """The findings to show, each with its file."""
    return keep([finding for tally in report.tallies for finding in shown_findings(tally)])


def show(report: Report, examples: Sequence[Counterexample], console: Console) -> None:
    """The findings in full, then the summary."""
    for tally in report.tallies:
        own = [each for each in examples if each.finding.target == tally.name]
        for example in own:
            print_finding(finding_text(example), console)
        if len(tally.findings) > len(own):
            print_plainly(f"In all: {found_on(tally)}.\n", console)
    console.print(summary(report))


def print_finding(text: str, console: Console) -> None:
    """A finding, its first line in red; nothing is wrapped, so that all of it can be pasted."""
    first, rest = text.split("\n", 1)
    console.print(Text(first, "bold red"), soft_wrap=True)
    print_plainly(f"{rest}\n", console)


def print_plainly(text: str, console: Console) -> None:
    """A text as it is: no markup, no colours, no line breaks."""
    console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
