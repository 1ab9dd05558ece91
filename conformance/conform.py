"""`manual-backprop conform`: the backends judged on drawn networks, and everything printed of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Group
from rich.text import Text

from conformance.backends import NAMES, Backend, NotInstalled, load
from conformance.check import run
from conformance.counterexamples import Counterexample, keep
from conformance.errors import Misuse
from conformance.outputs import check_writable, write_all
from conformance.render import document, junit
from conformance.render.console import Console
from conformance.render.findings import finding_text, shown_findings
from conformance.render.progress import Progress, progress
from conformance.render.summary import summary
from conformance.report import Report


def conform(
    networks: int,
    seed: int,
    dtype: str,
    names: Sequence[str],
    json: Path | None = None,
    junit_xml: Path | None = None,
) -> int:
    """Judge the backends of those names, all there are if none is given; the exit status.

    Raises:
        Misuse: if a backend is unknown, or asked for by name and not installed; if a file could
            not be written. Both are found out before the run.
    """
    check_writable(json=json, junit=junit_xml)
    report = judged(networks, seed, dtype, names)
    examples = [example for tally in report.tallies for example in keep(shown_findings(tally))]
    unwritten = write_all({json: document.text, junit_xml: junit.text}, report, examples)
    Console().print(Group(findings(report, examples), summary(report)), soft_wrap=False)
    if unwritten:
        raise Misuse(unwritten)
    return report.exit_status


def judged(networks: int, seed: int, dtype: str, names: Sequence[str]) -> Report:
    """The run, with its progress shown on standard error."""
    with progress(networks) as shown:
        try:
            targets, skipped = loaded(names, shown)
        except KeyboardInterrupt:
            return Report(seed, dtype, networks, [], interrupted=True)
        report = run(targets, networks, seed, dtype, None, shown.judged, shown.stage)
    report.skipped = skipped
    return report


def loaded(names: Sequence[str], shown: Progress) -> tuple[list[Backend], dict[str, str]]:
    """The backends, and why others are left out; one that was named must be there."""
    targets, skipped = [], {}
    for name in dict.fromkeys(names) or NAMES:
        shown.stage(f"loading {name}")
        try:
            targets.append(load(name))
        except (ValueError, NotInstalled) as error:
            if names:
                raise Misuse(f"--backend {name}: {error}") from error
            skipped[name] = str(error)
    return targets, skipped
