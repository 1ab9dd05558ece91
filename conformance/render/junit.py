"""The report as JUnit XML, `--junit FILE`: a test case for each check, and each kind of network.

The form is the one that Jenkins, GitLab and GitHub's reporters read: a failure is a finding, a skip
is a backend that is not installed or decided nothing, an error is a run that did not end. A finding
fails a check and, in a suite of their own, the kinds of network on which it was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from conformance.counterexamples import Counterexample
from conformance.numbers import plural
from conformance.render.console import harmless
from conformance.render.diagnosis import diagnosis_lines
from conformance.render.environment import versions
from conformance.render.findings import finding_text
from conformance.render.summary import outcome_sentence
from conformance.report import Report, Tally
from manual_backprop.oracle.verdict import Verdict

CHECKS: dict[str, tuple[Verdict, ...]] = {
    "entries lie in the admissible set": (Verdict.WRONG, Verdict.NOT_FINITE),
    "shapes and dtypes fit": (Verdict.WRONG_SHAPE, Verdict.WRONG_DTYPE),
    "inputs are left alone": (Verdict.CHANGED_INPUTS,),
    "nothing is raised": (Verdict.RAISED,),
    "every call answers in time": (Verdict.TIMED_OUT,),
}
"""What a test case checks, and the findings that fail it."""

LONGEST = 100_000
"""Characters of a failure's text."""


def text(report: Report, examples: Sequence[Counterexample]) -> str:
    """The document as XML text."""
    root = document(report, examples)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def document(report: Report, examples: Sequence[Counterexample]) -> ET.Element:
    """The document as a tree."""
    return _counted([_checks(report, examples), _kinds(report)])


def _checks(report: Report, examples: Sequence[Counterexample]) -> ET.Element:
    """The suite of what is checked of each backend, and of the run as a whole."""
    suite = ET.Element("testsuite", name="checks")
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(report).items():
        ET.SubElement(properties, "property", name=name, value=harmless(value))
    for tally in report.tallies:
        _add_backend(suite, report, tally, examples)
    for name, reason in report.skipped.items():
        ET.SubElement(_case(suite, name, "is judged"), "skipped", message=harmless(reason))
    if report.interrupted or report.stopped:
        ended = ET.SubElement(_case(suite, "run", "goes to its end"), "error")
        ended.set("message", harmless(outcome_sentence(report)))
        ended.text = harmless(report.stopped)
    return suite


def _facts(report: Report) -> dict[str, str]:
    asked = {"seed": report.seed, "dtype": report.dtype, "networks": report.networks}
    facts = {name: str(value) for name, value in asked.items()} | versions()
    return facts | ({"supported": report.supported} if report.supported else {})


def _add_backend(
    suite: ET.Element, report: Report, tally: Tally, examples: Sequence[Counterexample]
) -> None:
    """A case for each check; one that fails shows its findings and the diagnosis."""
    own = [each for each in examples if each.finding.target == tally.name]
    for check, kinds in CHECKS.items():
        failing = [each for each in own if each.finding.outcome.kind in kinds]
        texts = [finding_text(each, report.hide_values) for each in failing]
        if tally.name in report.diagnoses:
            lines = diagnosis_lines(report.diagnoses[tally.name], report.hide_values)
            texts.append("\n".join(lines))
        counts = {kind: tally.kinds[kind] for kind in kinds}
        _judge(_case(suite, tally.name, check), counts, bool(tally.count("conforms")), texts)


def _kinds(report: Report) -> ET.Element:
    """The suite of the kinds of network: a case for each kind and backend."""
    suite = ET.Element("testsuite", name="kinds of network")
    for tally in report.tallies:
        for kind, counts in tally.by_kind.items():
            _judge(_case(suite, tally.name, kind), counts, bool(counts[Verdict.CONFORMS]))
    return suite


def _judge(
    case: ET.Element, counts: Mapping[Verdict, int], decided: bool, texts: Sequence[str] = ()
) -> None:
    """Fail the case if a count is of a finding; skip it if nothing was decided."""
    found = {kind: counts[kind] for kind in Verdict if kind.is_finding and counts.get(kind)}
    if found:
        message = ", ".join(
            f"{kind} on {plural(count, 'network')}" for kind, count in found.items()
        )
        failure = ET.SubElement(case, "failure", message=message, type=str(max(found)))
        failure.text = harmless("\n\n".join(texts), LONGEST)
    elif not decided:
        ET.SubElement(case, "skipped", message="no network was supported and decided")


def _case(suite: ET.Element, backend: str, check: str) -> ET.Element:
    name = f"conformance.{harmless(backend)}"
    return ET.SubElement(suite, "testcase", classname=name, name=check)


def _counted(suites: Sequence[ET.Element]) -> ET.Element:
    """The suites inside their root, all with their counts."""
    root = ET.Element("testsuites", name="manual-backprop")
    root.extend(suites)
    for each in (root, *suites):
        each.set("tests", str(len(list(each.iter("testcase")))))
        for attribute, tag in (
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ):
            each.set(attribute, str(len(list(each.iter(tag)))))
    return root
