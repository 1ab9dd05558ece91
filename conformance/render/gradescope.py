"""The report as Gradescope's results.json, `--gradescope FILE`: a point for each kind of network.

A kind is right if nothing was wrong on any of its networks. What students read names the kind of
mistake and never an expected number. Kinds of which no network could be decided are left out, so
that an assignment without, say, kinks gives no points for them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from conformance.counterexamples import Counterexample
from conformance.numbers import plural
from conformance.render.diagnosis import diagnosis_lines
from conformance.render.summary import outcome_sentence
from conformance.report import Report
from conformance.tally import is_decided
from manual_backprop.oracle.verdict import Verdict


def text(report: Report, examples: Sequence[Counterexample]) -> str:
    """The document as JSON text; counterexamples stay out of it, they would give numbers away."""
    return f"{json.dumps(document(report), indent=2)}\n"


def refusal(message: str) -> str:
    """The document, as JSON text, on a hand-in that could not be judged at all.

    Without one Gradescope would tell the student that the autograder failed.

    Args:
        message: why: a file that cannot be imported, say.
    """
    return f"{json.dumps(_with_output(message, [_nothing()]), indent=2)}\n"


def document(report: Report) -> dict[str, Any]:
    """The document: a sentence on the whole, and a test for each kind of network."""
    tests = [
        _test(kind, counts)
        for tally in report.tallies
        for kind, counts in tally.by_kind.items()
        if is_decided(counts)
    ]
    output = "\n\n".join([outcome_sentence(report), *map(_words, _diagnosed(report))])
    return _with_output(output, tests or [_nothing()])


def _with_output(output: str, tests: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "output": output,
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def _diagnosed(report: Report) -> list[list[str]]:
    return [diagnosis_lines(each, hide_values=True) for each in report.diagnoses.values()]


def _words(lines: list[str]) -> str:
    return "\n".join(lines)


def _test(kind: str, counts: Counter[Verdict]) -> dict[str, Any]:
    findings = {each: counts[each] for each in counts if each.is_finding}
    judged = plural(counts.total(), "network")
    wrong = ", ".join(f"{each} on {count:,}" for each, count in findings.items())
    return {
        "name": kind,
        "score": 0.0 if findings else 1.0,
        "max_score": 1.0,
        "status": "failed" if findings else "passed",
        "output": f"{wrong} of {judged}" if findings else f"nothing is wrong on {judged}",
        "visibility": "visible",
    }


def _nothing() -> dict[str, Any]:
    """What stands for a target that did not come to a single verdict."""
    output = "no network could be judged: see the sentence above"
    return {"name": "any network", "score": 0.0, "max_score": 1.0, "output": output}
