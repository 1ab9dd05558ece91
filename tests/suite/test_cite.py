"""`manual-backprop cite`: one set of facts, in README, CITATION.cff and pyproject.toml alike."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import cite as module
from conformance.cli import main
from manual_backprop import __version__

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


def printed(capsys: Capture, *arguments: str) -> str:
    """What the command prints."""
    assert main(["cite", *arguments]) == 0
    return capsys.readouterr().out


def project() -> dict[str, Any]:
    """The facts that pyproject.toml has."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def test_the_citation_file_is_what_is_printed(capsys: Capture) -> None:
    """CITATION.cff is the output of `cite --format cff`, to the byte."""
    assert printed(capsys, "--format", "cff") == (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_readme_has_what_is_printed(capsys: Capture) -> None:
    """The README's BibTeX is the output of `cite`, indented."""
    readme = (ROOT / "README.md").read_text("utf-8")
    [block] = re.findall(r"^    @software(?:.|\n)*?^    }\n", readme, re.MULTILINE)

    assert printed(capsys) == re.sub(r"^    ", "", block, flags=re.MULTILINE)


def test_the_package_says_the_same(capsys: Capture) -> None:
    """Version, licence, author and keywords are those of pyproject.toml."""
    document = yaml.load(printed(capsys, "--format", "cff"), yaml.BaseLoader)
    facts = project()

    assert [__version__, facts["license"], facts["authors"], facts["keywords"]] == [
        document["version"],
        document["license"],
        document["authors"],
        document["keywords"],
    ]
    assert __version__ == facts["version"]


@pytest.mark.parametrize("form", module.FORMS)
def test_the_version_is_the_package_s(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A later version cites itself, in every form."""
    monkeypatch.setattr(module, "__version__", "9.8.7")

    page = printed(capsys, "--format", form)
    assert "9.8.7" in page
    assert __version__ not in page


def test_bibtex_closes_its_braces(capsys: Capture) -> None:
    """The entry has a key, five fields, and braces in pairs."""
    page = printed(capsys)

    assert re.match(r"@software\{\w+,\n", page)
    assert ["author", "title", "version", "year", "license"] == re.findall(r"(\w+) +=", page)
    assert page.count("{") == page.count("}")


def test_apa_has_one_line(capsys: Capture) -> None:
    """Author, year, title, version, and what it is."""
    page = printed(capsys, "--format", "apa")

    assert len(page.splitlines()) == 1
    assert page.endswith(f"(Version {__version__}) [Computer software].\n")


def test_an_unknown_form_is_misuse(capsys: Capture) -> None:
    """The message names the nearest form."""
    assert main(["cite", "--format", "bibtec"]) == 2
    assert "did you mean 'bibtex'?" in capsys.readouterr().err
