"""What `check_backprop` returns: text to print, one line to mention it, a page in a notebook."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conformance import check_backprop
from conformance.render.summary import outcome_sentence
from conformance.shown_report import ShownReport

from .pages import words
from .planted import raises


@pytest.fixture
def of_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShownReport:
    """What `check_backprop` returns, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return check_backprop(raises, networks=5, activations=["tanh"], losses=["huber"])


def test_a_report_prints_as_the_command_does(of_raises: ShownReport) -> None:
    """`print` shows the finding, the summary within 80 columns, and the sentence last."""
    lines = str(of_raises).splitlines()

    table = next(place for place, line in enumerate(lines) if line.startswith("backend "))
    assert lines[0].startswith("raises: raised: IndexError")
    assert max(map(len, lines[table:])) <= 80
    assert lines[-1] == outcome_sentence(of_raises)
    assert "\x1b" not in str(of_raises)


def test_a_report_is_one_line_where_it_is_only_mentioned(of_raises: ShownReport) -> None:
    """What a shell or a failing assertion shows is the verdict."""
    assert repr(of_raises) == f"<report: {outcome_sentence(of_raises)}>"


def test_a_notebook_shows_the_page_in_a_frame(of_raises: ShownReport) -> None:
    """The frame holds the whole page, runs nothing, has a title, and its links stay inside."""
    frame = ET.fromstring(of_raises._repr_html_())
    page = ET.fromstring(frame.get("srcdoc", ""))

    base = page.find("head/base")
    assert frame.tag == "iframe"
    assert "allow-scripts" not in frame.get("sandbox", "allow-scripts")
    assert frame.get("title") == outcome_sentence(of_raises)
    assert base is not None
    assert base.get("href") == "about:srcdoc"
    assert [words(each) for each in page.iter("h1")] == [outcome_sentence(of_raises)]


def test_showing_a_report_writes_no_file(of_raises: ShownReport, tmp_path: Path) -> None:
    """Neither text nor page leaves a counterexample behind."""
    str(of_raises), of_raises._repr_html_()

    assert list(tmp_path.iterdir()) == []
