"""Pages of reports to be looked at by tests: made quickly, and read as trees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np

from conformance.architectures import Architecture
from conformance.check import run
from conformance.counterexamples import Counterexample
from conformance.drawing import Case
from conformance.judge import Judge
from conformance.render import html
from conformance.render.findings import shown_findings
from conformance.report import Finding, Report, Tally
from manual_backprop import Problem

from .planted import planted, right

Page = ET.Element


def report_on(networks: int = 12, **functions: Callable[..., Any]) -> Report:
    """A run on planted backends."""
    return run([planted(function, name) for name, function in functions.items()], networks)


def report_on_one(problem: Problem, function: Callable[..., Any], name: str = "mine") -> Report:
    """A run of one network, which is not shrunk."""
    target = planted(function, name)
    names = tuple(layer.activation.name for layer in problem.network.layers)
    widths, samples = problem.network.widths, problem.samples
    case = Case(problem, Architecture(widths, names, problem.loss.name, samples), "plain")
    tally, judge = Tally.of(target), Judge(problem)
    tally.add(1, case, judge.outcome(target))
    report = Report(0, "float64", 1, [tally])
    report.add_resolution(judge)
    return report


def right_for(problem: Problem) -> Any:
    """The right gradients of a problem."""
    layers = problem.network.layers
    biases = [np.array(layer.biases) for layer in layers]
    names = [layer.activation.name for layer in layers]
    weights = [layer.weights for layer in layers]
    return right(weights, biases, names, problem.loss.name, problem.inputs, problem.targets)


def examples(report: Report) -> list[Counterexample]:
    """The findings that are shown, with files that nobody writes."""
    found = [each for tally in report.tallies for each in shown_findings(tally)]
    return [Counterexample(each, Path(f"cases/{number}.json")) for number, each in enumerate(found)]


def the_finding(report: Report) -> Finding:
    """Its only one."""
    [example] = examples(report)
    return example.finding


def text_of(report: Report) -> str:
    """The page as it is written."""
    return html.text(report, examples(report))


def page_of(report: Report) -> Page:
    """The page as a tree; it is XML as well as HTML, so that any fault in it is an error."""
    return ET.fromstring(text_of(report))


def words(element: ET.Element) -> str:
    """What is to be read in an element, spaces aside."""
    return " ".join("".join(element.itertext()).split())


def of_class(element: ET.Element, *names: str) -> list[ET.Element]:
    """The elements inside that have all of these classes."""
    return [each for each in element.iter() if {*names} <= {*each.get("class", "").split()}]
