"""CITATION.cff is valid, by the rules of the Citation File Format 1.2.0, and agrees with the rest.

The format's own JSON Schema is under another licence, and its program of 2021 needs a jsonschema of
that time. So the rules for the fields that we use are written down here, after version 1.2.0 of the
guide (https://github.com/citation-file-format/citation-file-format, schema-guide.md); a field that
is not among them is refused.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from manual_backprop import __version__

ROOT = Path(__file__).parents[2]
Document = dict[str, Any]

TEXT = {"type": "string", "minLength": 1}
URL = {"type": "string", "pattern": r"^(https|http|ftp|sftp)://.+"}
DATE = {"type": "string", "pattern": r"^[0-9]{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])$"}
ORCID = {"type": "string", "pattern": r"^https://orcid\.org/([0-9]{4}-){3}[0-9]{3}[0-9X]$"}


def record(required: list[str], **fields: Any) -> dict[str, Any]:
    """The schema of an object that has these fields and no others."""
    fields = {name.replace("_", "-"): rule for name, rule in fields.items()}
    closed = {"type": "object", "additionalProperties": False}
    return {**closed, "required": required, "properties": fields}


def some(of: Any) -> dict[str, Any]:
    """The schema of a list of different things, one at least."""
    return {"type": "array", "items": of, "minItems": 1, "uniqueItems": True}


ENTITY = record(["name"], name=TEXT, alias=TEXT, website=URL, orcid=ORCID)
PERSON = record(
    [], family_names=TEXT, given_names=TEXT, affiliation=TEXT, alias=TEXT, website=URL, orcid=ORCID
)
SCHEMA = record(
    ["authors", "cff-version", "message", "title"],
    abstract=TEXT,
    authors=some({"anyOf": [PERSON, ENTITY]}),
    cff_version={"const": "1.2.0"},
    date_released=DATE,
    doi={"type": "string", "pattern": r"^10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+$"},
    keywords=some(TEXT),
    license={"enum": ["MIT"]},  # an SPDX identifier; the list is long, ours is this one
    message=TEXT,
    repository_code=URL,
    title=TEXT,
    type={"enum": ["dataset", "software"]},
    url=URL,
    version=TEXT,
)


def citation() -> Document:
    """CITATION.cff; each scalar as a string, since the format's dates are strings."""
    document: Document = yaml.load((ROOT / "CITATION.cff").read_text("utf-8"), yaml.BaseLoader)
    return document


def fault_of(document: Document) -> str:
    """What the rules have against it; empty if nothing."""
    try:
        jsonschema.validate(document, SCHEMA)
    except jsonschema.ValidationError as fault:
        return str(fault.message)
    return ""


def without(name: str) -> Callable[[Document], Document]:
    """The document but for one field."""
    return lambda document: {key: each for key, each in document.items() if key != name}


def having(**fields: Any) -> Callable[[Document], Document]:
    """The document with other values."""
    return lambda document: {**document, **{k.replace("_", "-"): v for k, v in fields.items()}}


def test_the_citation_file_is_valid() -> None:
    """Each field of CITATION.cff is one that the format has, in the form that it asks for."""
    assert "" == fault_of(citation())


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [
        *((without(name), "required") for name in ("authors", "cff-version", "message", "title")),
        (having(cff_version="1.1.0"), "'1.2.0' was expected"),
        (having(citation="ours"), "Additional properties"),
        (having(authors=[]), "should be non-empty"),
        (having(authors=[{"names": "contributors"}]), "not valid under any"),
        (having(date_released="22 November 2026"), "does not match"),
        (having(date_released="2026-13-01"), "does not match"),
        (having(doi="https://doi.org/10.5281/zenodo.1"), "does not match"),
        (having(license="mit"), "is not one of"),
        (having(type="program"), "is not one of"),
        (having(keywords=["gradient", "gradient"]), "non-unique"),
        (having(title=""), "should be non-empty"),
    ],
)
def test_a_mistake_in_a_citation_file_is_found(
    mistaken: Callable[[Document], Document], words: str
) -> None:
    """Missing, unknown and malformed fields are refused, each with its reason."""
    assert words in fault_of(mistaken(citation()))


def test_the_citation_is_of_this_version_and_licence() -> None:
    """Version and licence are those of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert [__version__, project["version"], project["license"]] == [
        citation()["version"],
        citation()["version"],
        citation()["license"],
    ]


# ── the changelog ──


def releases() -> list[tuple[str, str]]:
    """Version and date of each release in CHANGELOG.md, in its order."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    return re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text, re.MULTILINE)


def number(version: str) -> tuple[int, ...]:
    """1.10.0 as (1, 10, 0), which is after 1.9.0."""
    return tuple(map(int, version.split(".")))


def test_the_changelog_tells_of_this_version_first() -> None:
    """The newest release is not older than the package, whose date there is the citation's."""
    newest, _ = releases()[0]

    assert number(newest) >= number(__version__)
    assert dict(releases())[__version__] == citation()["date-released"]


def test_the_changelog_keeps_its_form() -> None:
    """Unreleased comes first, releases fall in version, and each heading is one of the format's."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    versions = [number(version) for version, _ in releases()]
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert ["[Unreleased]", *(f"[{v}] - {date}" for v, date in releases())] == headings
    assert sorted(set(versions), reverse=True) == versions
    assert set() == set(re.findall(r"^### (.*)$", text, re.MULTILINE)) - kinds
