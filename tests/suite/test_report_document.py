"""The report as JSON against its published schema, and what it says of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conformance import check_backprop
from conformance.counterexamples import Counterexample
from conformance.mistakes import MISTAKES
from conformance.render import document
from conformance.report import Report
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict

from .pages import examples, report_on, report_on_one, the_finding
from .planted import not_finite, raises, right, scaled, times

SCHEMA = json.loads(Path(document.__file__).with_name("report.schema.json").read_text("utf-8"))

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

Document = dict[str, Any]


def lacking(*arguments: Any) -> Any:
    """Supports nothing."""
    raise NotImplementedError("nothing yet")


def checked(function: Callable[..., Any], **options: Any) -> Report:
    """What `check_backprop` returns for one small kind of network."""
    return check_backprop(function, networks=10, activations=["tanh"], **options)


def interrupted() -> Report:
    """A run that ended before there was a backend."""
    return Report(0, "float32", 30, [], interrupted=True)


REPORTS: dict[str, Callable[[], Report]] = {
    "right": lambda: report_on(mine=right),
    "wrong": lambda: checked(MISTAKES["no_slope_at_output"].backprop),
    "hidden": lambda: checked(MISTAKES["no_slope_at_output"].backprop, hide_values=True),
    "raised": lambda: report_on(mine=right, theirs=raises),
    "not finite": lambda: report_on(mine=not_finite),
    "with departures": lambda: report_on(torch_autograd=right),
    "nothing supported": lambda: checked(lacking),
    "interrupted": interrupted,
}


def document_of(report: Report) -> Document:
    """The document as it is read."""
    found: Document = json.loads(document.text(report, examples(report)))
    return found


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    """The documents of `REPORTS`."""
    return {name: document_of(make()) for name, make in REPORTS.items()}


# ── the schema ──


def closed(schema: Any) -> Any:
    """The schema with no room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {"additionalProperties": False} if "required" in schema else {}
    return rest | {name: closed(each) for name, each in schema.items()}


def test_the_schema_is_one() -> None:
    """It is itself valid, and names every verdict that there is."""
    VALIDATOR.check_schema(SCHEMA)

    findings = [str(each) for each in Verdict if each.is_finding]
    assert SCHEMA["$defs"]["verdict"]["enum"] == [str(each) for each in Verdict]
    assert SCHEMA["$defs"]["finding"]["properties"]["kind"]["enum"] == findings
    assert SCHEMA["properties"]["format"]["const"] == document.FORMAT


@pytest.mark.parametrize("name", REPORTS)
def test_documents_fit_the_schema(name: str, documents: dict[str, Document]) -> None:
    """What is written of any run is what the schema says."""
    assert [each.message for each in VALIDATOR.iter_errors(documents[name])] == []


@pytest.mark.parametrize("name", REPORTS)
def test_the_schema_names_every_key(name: str, documents: dict[str, Document]) -> None:
    """Readers may expect more keys one day; today there is none that the schema does not name."""
    schema = closed(SCHEMA)
    schema["$defs"]["finding"]["properties"]["problem"]["anyOf"][1].pop("additionalProperties")
    strict = jsonschema.Draft202012Validator(schema)

    assert [each.message for each in strict.iter_errors(documents[name])] == []


def spoiled(document: Document, path: str, value: Any) -> Document:
    """A copy with another value at a path; without the key if the value is `...`."""
    copy = deepcopy(document)
    *way, last = path.split(".")
    place: Any = copy
    for each in way:
        place = place[int(each) if isinstance(place, list) else each]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


FAULTS = [
    ("format", "manual-backprop/report/2", "$.format"),
    ("seed", 0.5, "$.seed"),
    ("stopped", ..., "$"),
    ("hide_values", "no", "$.hide_values"),
    ("outcome.exit_status", 2, "$.outcome.exit_status"),
    ("backends.0.order", "sideways", "$.backends[0].order"),
    ("backends.0.verdicts.fine", 3, "$.backends[0].verdicts"),
    ("backends.0.by_kind.plain", {"wrong": -1}, "$.backends[0].by_kind.plain.wrong"),
    ("backends.0.histogram.61", 1, "$.backends[0].histogram"),
    ("backends.0.diagnosis.sentences", ..., "$.backends[0].diagnosis"),
    ("backends.0.findings.0.entry.bound", "0.1", "$.backends[0].findings[0].entry"),
    ("backends.0.findings.0.problem.format", "other/1", "$.backends[0].findings[0].problem"),
    ("backends.0.findings.0.kind", "conforms", "$.backends[0].findings[0].kind"),
    ("resolution.reverse.median", "small", "$.resolution.reverse.median"),
]


@pytest.mark.parametrize(("path", "value", "where"), FAULTS, ids=[each[0] for each in FAULTS])
def test_the_schema_finds_faults(
    path: str, value: Any, where: str, documents: dict[str, Document]
) -> None:
    """A document that is not one is refused, at its place."""
    faulty = spoiled(documents["wrong"], path, value)

    places = [each.json_path for each in VALIDATOR.iter_errors(faulty)]

    assert len(places) == 1
    assert places[0].startswith(where)


# ── what it says ──


def test_kinds_and_histogram_add_up(documents: dict[str, Document]) -> None:
    """The verdicts by kind of network are those of the run, the histogram is the tally's."""
    report = report_on(mine=scaled)
    [backend] = document_of(report)["backends"]

    for verdict, count in backend["verdicts"].items():
        assert sum(each.get(verdict, 0) for each in backend["by_kind"].values()) == count
    found = {int(power): count for power, count in backend["histogram"].items()}
    assert found == report.tallies[0].histogram


def test_a_diagnosis_names_its_matches(documents: dict[str, Document]) -> None:
    """Each mistake that explains the run is there by name, with the networks that it explains."""
    diagnosis = documents["wrong"]["backends"][0]["diagnosis"]

    first = diagnosis["matches"][0]
    assert first["mistake"] == "no_slope_at_output"
    assert first["matched"] == first["of"] > 0
    assert documents["right"]["backends"][0]["diagnosis"] is None


def test_what_is_supported_is_said(documents: dict[str, Document]) -> None:
    """What was found out of a target stands in the document, and that it is nothing, too."""
    assert documents["wrong"]["supported"].startswith("1 of 1 activations (tanh)")
    assert documents["nothing supported"]["supported"] == "nothing of what was asked for"
    assert documents["nothing supported"]["outcome"]["exit_status"] == 3


def test_hidden_values_are_null(documents: dict[str, Document]) -> None:
    """With `hide_values` a finding says what and where, and holds neither network nor value."""
    [backend] = documents["hidden"]["backends"]
    [finding] = backend["findings"]

    entry = finding.pop("entry")
    shown = {name: each for name, each in finding.items() if each is not None}
    assert documents["hidden"]["hide_values"] is True
    assert shown == {"kind": "wrong", "message": "", "network": finding["network"]}
    assert {name for name, each in entry.items() if each is not None} == {"name", "layer", "index"}
    assert {each["mistake"] for each in backend["diagnosis"]["matches"]} == {None}
    words = MISTAKES["no_slope_at_output"]
    assert words.cause in str(documents["wrong"]["backends"][0]["diagnosis"]["sentences"])
    assert words.cause not in str(backend["diagnosis"]["sentences"])
    assert words.kind in str(backend["diagnosis"]["sentences"])


def test_expected_numbers_are_in_an_open_document_alone() -> None:
    """The numbers that are hidden are there otherwise."""
    report = report_on_one(Problem.random((3, 2)), times(2))
    judgement = the_finding(report).outcome.judgement
    assert judgement
    numbers = {each.hex() for array in judgement.arrays for each in array.allowed.midpoint.ravel()}
    open_, report.hide_values = json.dumps(document_of(report)), True

    hidden = json.dumps(document_of(report))

    assert any(each in open_ for each in numbers)
    assert not any(each in hidden for each in numbers)


def test_a_finding_without_a_file_says_so() -> None:
    """Where no file was written, there is neither path nor command, but the network."""
    report = report_on(mine=scaled)
    [backend] = document.document(report, [Counterexample(the_finding(report), None)])["backends"]

    [finding] = backend["findings"]

    assert (finding["case"], finding["replay"]) == (None, None)
    assert finding["problem"]["format"] == "manual-backprop/problem/1"
