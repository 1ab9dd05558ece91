"""The report as JUnit XML, `--junit FILE`: a test case for each backend and kind of check.

The form is the one that Jenkins, GitLab and GitHub's reporters read: a failure is a finding, a skip
is a backend that is not installed or decided nothing, an error is a run that did not end.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from conformance.counterexamples import Counterexample
from conformance.render.console import harmless
from conformance.render.document import versions
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


def text(report: Report, examples: Sequence[Counterexample]) -> str:
    """The document as XML text."""
    root = document(report, examples)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def document(report: Report, examples: Sequence[Counterexample]) -> ET.Element:
    """The document as a tree."""
    suite = ET.Element("testsuite", name="manual-backprop conform")
    properties = ET.SubElement(suite, "properties")
    facts = {"seed": report.seed, "dtype": report.dtype, "networks": report.networks}
    for name, value in (facts | versions()).items():
        ET.SubElement(properties, "property", name=name, value=str(value))
    for tally in report.tallies:
        _add_backend(suite, tally, examples)
    for name, reason in report.skipped.items():
        ET.SubElement(_case(suite, name, "is judged"), "skipped", message=harmless(reason))
    if report.interrupted:
        interrupted = _case(suite, "run", "goes to its end")
        ET.SubElement(interrupted, "error", message=outcome_sentence(report))
    return _counted(suite)


def _add_backend(suite: ET.Element, tally: Tally, examples: Sequence[Counterexample]) -> None:
    for check, kinds in CHECKS.items():
        case = _case(suite, tally.name, check)
        counts = {kind: tally.kinds[kind] for kind in kinds if tally.kinds[kind]}
        if counts:
            shown = [
                finding_text(each)
                for each in examples
                if each.finding.target == tally.name and each.finding.outcome.kind in kinds
            ]
            message = ", ".join(f"{kind} on {count:,} networks" for kind, count in counts.items())
            failure = ET.SubElement(case, "failure", message=message, type=str(max(counts)))
            failure.text = "\n\n".join(shown)
        elif not tally.count("conforms"):
            ET.SubElement(case, "skipped", message="no network was supported and decided")


def _case(suite: ET.Element, backend: str, check: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"conformance.{backend}", name=check)


def _counted(suite: ET.Element) -> ET.Element:
    """The suite inside its root, both with their counts."""
    counts = {"tests": len(suite.findall("testcase"))}
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        counts[attribute] = len(suite.findall(f"testcase/{tag}"))
    numbers = {name: str(count) for name, count in counts.items()}
    root = ET.Element("testsuites", {"name": suite.get("name", ""), **numbers})
    suite.attrib.update(numbers)
    root.append(suite)
    return root
