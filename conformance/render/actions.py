"""Findings as annotations of GitHub Actions: workflow commands on standard output, a line each."""

from __future__ import annotations

import os
from collections.abc import Sequence

from conformance.counterexamples import Counterexample
from conformance.render.findings import headline, replay
from conformance.report import Report


def annotate(report: Report, examples: Sequence[Counterexample]) -> None:
    """Print an annotation for each finding, if this runs in GitHub Actions."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for example in examples:
            print(annotation(example, report.hide_values))


def annotation(example: Counterexample, hide_values: bool = False) -> str:
    """The workflow command: the file where the target is one, what is wrong, how to see it again.

    Args:
        example: the finding, with its file.
        hide_values: what is wrong alone, since the file would give the expected numbers away.
    """
    finding = example.finding
    file = finding.target.rpartition(":")[0]
    place = f"file={escaped(file, _IN_PROPERTIES)}," if file.endswith(".py") else ""
    title = escaped(f"{finding.target}: {finding.outcome.kind}", _IN_PROPERTIES)
    lines = [headline(finding), *([] if hide_values else [replay(example)])]
    message = "\n".join(lines)
    return f"::error {place}title={title}::{escaped(message, _IN_MESSAGES)}"


_IN_MESSAGES = "%\r\n"
_IN_PROPERTIES = "%\r\n:,"


def escaped(text: str, characters: str) -> str:
    """The text with these characters as the percent signs that Actions reads.

    >>> escaped("100 %, or so", "%,")
    '100 %25%2C or so'
    """
    return "".join(f"%{ord(each):02X}" if each in characters else each for each in text)
