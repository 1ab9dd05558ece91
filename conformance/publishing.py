"""What a run leaves: files in every form that was asked for, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from conformance.counterexamples import Counterexample, keep
from conformance.errors import Misuse
from conformance.interruption import noted_interrupts
from conformance.outputs import check_folder, check_writable, write
from conformance.render import actions, document, gradescope, html, junit
from conformance.render.console import Console, print_plainly
from conformance.render.diagnosis import diagnosis_lines
from conformance.render.findings import finding_text, shown_findings
from conformance.render.summary import found_on, summary
from conformance.report import Report

Form = Callable[[Report, Sequence[Counterexample]], str]

PAGE = "index.html"
"""What the HTML page is called in its folder."""


@dataclass(frozen=True)
class Files:
    """Where the report goes, in each form; None where it does not.

    Attributes:
        json: "manual-backprop/report/1".
        junit: JUnit XML.
        report: the folder of the HTML page, made if it is not there.
        gradescope: a results.json.
    """

    json: Path | None = None
    junit: Path | None = None
    report: Path | None = None
    gradescope: Path | None = None

    def check(self) -> None:
        """Find out before the run that something could not be written.

        Raises:
            Misuse: which says what, and why.
        """
        check_writable(
            {"--json": self.json, "--junit": self.junit, "--gradescope": self.gradescope}
        )
        check_folder("--report", self.report)

    def write(self, report: Report, examples: Sequence[Counterexample]) -> list[str]:
        """Write them all; what went wrong, a line each."""
        page = None if self.report is None else self.report / PAGE
        forms: list[tuple[Path | None, Form]] = [
            (self.json, document.text),
            (self.junit, junit.text),
            (page, html.text),
            (self.gradescope, gradescope.text),
        ]
        faults = [write(path, text(report, examples)) for path, text in forms if path is not None]
        return [each for each in faults if each]


NO_FILES = Files()


def publish(report: Report, files: Files) -> int:
    """Write the files, print the findings and the summary.

    Returns:
        The exit status of the run.
    Raises:
        Misuse: if a file could not be written.
    """
    with noted_interrupts():  # a Ctrl-C in the last second of a run is not to lose what it found
        examples = kept(report)
        faults = files.write(report, examples)
        show(report, examples, Console())
        actions.annotate(report, examples)
    if faults:
        raise Misuse("; ".join(faults))
    return report.exit_status


def kept(report: Report) -> list[Counterexample]:
    """The findings to show, each with its file."""
    return keep([finding for tally in report.tallies for finding in shown_findings(tally)])


def show(report: Report, examples: Sequence[Counterexample], console: Console) -> None:
    """The findings in full, then the summary."""
    for tally in report.tallies:
        own = [each for each in examples if each.finding.target == tally.name]
        for example in own:
            print_finding(finding_text(example, report.hide_values), console)
        if len(tally.findings) > len(own):
            print_plainly(f"In all: {found_on(tally)}.\n", console)
        if tally.name in report.diagnoses:
            lines = diagnosis_lines(report.diagnoses[tally.name], report.hide_values)
            print_plainly("\n".join([*lines, ""]), console)
    console.print(summary(report))


def print_finding(text: str, console: Console) -> None:
    """A finding, its first line in red; nothing is wrapped, so that all of it can be pasted."""
    first, rest = text.split("\n", 1)
    console.print(Text(first, "bold red"), soft_wrap=True)
    print_plainly(f"{rest}\n", console)
