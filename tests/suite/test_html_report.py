"""The HTML page: its structure, its drawings, what it must not say, and how it is read."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.counterexamples import Counterexample
from conformance.diagnosis import Diagnosis
from conformance.diagnosis.remarks import Remark
from conformance.numbers import size, value
from conformance.render import html
from conformance.render.findings import source
from conformance.render.html import findings, tables
from conformance.render.html.layer_gradient import short
from conformance.render.summary import outcome_sentence
from conformance.report import Report, Tally
from conformance.snippet import FORMS
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict

from .pages import (
    Page,
    examples,
    of_class,
    page_of,
    report_on,
    report_on_one,
    text_of,
    the_finding,
    words,
)
from .planted import changed, not_finite, raises, right, scaled


def lacking(*arguments: Any) -> Any:
    """Supports nothing."""
    raise NotImplementedError("dtype float64")


def no_network() -> Report:
    """A run that was interrupted while it loaded its backends."""
    return Report(0, "float64", 30, [], interrupted=True, skipped={"jax_grad": "not installed"})


REPORTS = {
    "right": lambda: report_on(mine=right),
    "wrong": lambda: report_on(mine=right, theirs=scaled),
    "raised": lambda: report_on(mine=raises),
    "not finite": lambda: report_on(mine=not_finite),
    "shape": lambda: report_on(mine=changed(lambda w, b: (w, [each[:, None] for each in b]))),
    "none": lambda: report_on(mine=lambda *arguments: None),
    "unsupported": lambda: report_on(mine=lacking),
    "skipped": no_network,
    "empty": lambda: Report(0, "float64", 30, [], interrupted=True),
}


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """The page of each of `REPORTS`."""
    return {name: page_of(make()) for name, make in REPORTS.items()}


# ── structure ──

AT_EACH = pytest.mark.parametrize("name", REPORTS)


@AT_EACH
def test_ids_are_unique_and_links_lead_somewhere(name: str, pages: dict[str, Page]) -> None:
    """No id is there twice, and each link or label inside the page has its end."""
    ids = [each.get("id") for each in pages[name].iter() if each.get("id")]
    links = [each.get("href", "") for each in pages[name].iter("a")]
    labels = [each.get("aria-labelledby", "") for each in pages[name].iter()]
    ends = {link[1:] for link in links if link.startswith("#")} | set(filter(None, labels))

    assert len(ids) == len(set(ids))
    assert ends <= set(ids)


@AT_EACH
def test_headings_are_in_order(name: str, pages: dict[str, Page]) -> None:
    """One h1, and no level is skipped on the way down."""
    levels = [int(each.tag[1]) for each in pages[name].iter() if re.fullmatch(r"h\d", each.tag)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


RESOURCES = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "audio",
    "video",
    "source",
    "use",
    "form",
}


def loads(page: Page) -> list[str]:
    """Whatever a browser would run, or fetch from elsewhere."""
    tags = [each.tag for each in page.iter() if each.tag in RESOURCES]
    sources = [f"src={each.get('src')}" for each in page.iter() if each.get("src")]
    links = [each.get("href", "") for each in page.iter("link")]
    handlers = [name for each in page.iter() for name in each.attrib if name.startswith("on")]
    styles = re.findall(r"url\(|@import", " ".join(words(each) for each in page.iter("style")))
    return [*tags, *sources, *(each for each in links if each != "data:,"), *handlers, *styles]


@AT_EACH
def test_nothing_is_loaded_and_nothing_runs(name: str, pages: dict[str, Page]) -> None:
    """No script, no handler, no resource; a policy in the page forbids them besides."""
    policy = pages[name].find("head/meta[@http-equiv='Content-Security-Policy']")

    assert loads(pages[name]) == []
    assert policy is not None
    assert "default-src 'none'" in policy.get("content", "")


def test_a_planted_load_is_seen() -> None:
    """The check above fails where something would be loaded."""
    planted = '<p><img src="https://x/y.png" onerror="f()"/><link href="https://x"/></p>'

    assert loads(ET.fromstring(planted)) == ["img", "src=https://x/y.png", "https://x", "onerror"]


@AT_EACH
def test_each_drawing_says_what_it_shows(name: str, pages: dict[str, Page]) -> None:
    """An SVG is an image to those who do not see it, with a title and a description."""
    for svg in pages[name].iter("svg"):
        title, description = svg[0], svg[1]
        assert (svg.get("role"), title.tag, description.tag) == ("img", "title", "desc")
        assert words(title)
        assert words(description)
        assert svg.get("aria-labelledby") == title.get("id")
        assert svg.get("aria-describedby") == description.get("id")


@AT_EACH
def test_it_is_read_by_keyboard(name: str, pages: dict[str, Page]) -> None:
    """A skip link comes first; whatever scrolls can be reached, and says what it is."""
    first = next(each for each in pages[name].iter() if each.tag in ("a", "button", "summary"))
    scrolling = [*of_class(pages[name], "wide"), *pages[name].iter("pre")]

    assert first.get("class") == "skip"
    assert pages[name].find(f".//main[@id='{first.get('href', '')[1:]}']") is not None
    for each in scrolling:
        if each.get("class") != "command":  # which is wrapped
            assert (each.get("tabindex"), each.get("role")) == ("0", "region")
            assert each.get("aria-label")


@AT_EACH
def test_tables_have_captions_and_headings(name: str, pages: dict[str, Page]) -> None:
    """A caption, a scope for each heading, and rows of the same length."""
    for table in pages[name].iter("table"):
        assert words(table.find("caption") or table)
        assert {each.get("scope") for each in table.iter("th")} == {"col", "row"}
        assert len({len(row) for row in table.iter("tr")}) == 1


@AT_EACH
def test_the_verdict_comes_first(name: str) -> None:
    """The page's heading is the sentence that ends the summary; the language is stated."""
    report = REPORTS[name]()
    page = page_of(report)

    headings = [words(each) for each in page.iter("h1")]

    assert headings == [outcome_sentence(report)]
    assert words(page.find("head/title") or page).startswith(headings[0][:100])
    assert page.get("lang") == "en"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("right", "good"), ("wrong", "bad"), ("raised", "bad"), ("unsupported", "open")],
)
def test_the_verdict_has_its_sign(name: str, outcome: str, pages: dict[str, Page]) -> None:
    """A sign says in its shape what the colour says."""
    [verdict] = of_class(pages[name], "verdict")

    assert verdict.get("class") == f"verdict {outcome}"
    assert words(verdict[0]) == {"good": "✓", "bad": "✗", "open": "?"}[outcome]


# ── what is foreign ──

HOSTILE = '</title></style><script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x1b[31m\x00'


def test_hostile_text_is_text() -> None:
    """Names, messages, reasons and sentences of others stay what they are: text."""

    def rude(*arguments: Any) -> Any:
        raise ValueError(HOSTILE)

    report = report_on(2, **{HOSTILE: rude})
    [tally] = report.tallies
    tally.version, tally.notes, tally.reasons = HOSTILE, [HOSTILE], Counter({HOSTILE: 1})
    report.skipped, report.stale, report.supported = {"x": HOSTILE}, {HOSTILE: False}, HOSTILE
    report.diagnoses = {HOSTILE: Diagnosis(HOSTILE)}
    report.interrupted = True

    page = page_of(report)

    shown = '</title></style><script>alert("x")</script><img src=x onerror=alert(1)>&amp;'
    assert loads(page) == []
    for place in ("h1", "h3", "section"):
        assert shown in " ".join(words(each) for each in page.iter(place))
    assert page.find("head/title") is not None
    assert "\x1b" not in text_of(report)


def test_a_hostile_name_stands_in_drawings_too() -> None:
    """A drawing that is called after a target has its name as text."""
    page = page_of(report_on_one(Problem.random((2, 1)), right, name=HOSTILE))

    titles = [words(svg[0]) for svg in page.iter("svg")]

    assert len(titles) == 1
    assert "<script>" in titles[0]
    assert "\\x1b[31m\\x00" in titles[0]
    assert loads(page) == []


# ── hidden values ──


def expected_numbers(report: Report) -> set[str]:
    """Midpoints and bounds of the finding, in every form in which the page writes numbers."""
    judgement = the_finding(report).outcome.judgement
    assert judgement
    numbers = [
        float(number)
        for array in judgement.arrays
        for number in (*array.allowed.midpoint.ravel(), *array.allowed.radius.ravel())
    ]
    return {form(each) for each in numbers for form in (value, size, short, float.hex)}


def found_in(page: Page, numbers: set[str]) -> set[str]:
    """Those of the numbers that stand in a finding, as a word of any text or attribute of it."""
    [article] = page.iter("article")
    texts = [
        *article.itertext(),
        *(each for node in article.iter() for each in node.attrib.values()),
    ]
    return numbers & {token for text in texts for token in re.split(r"[\s,;:()=\[\]]+", text)}


def doubled(*arguments: Any) -> Any:
    """The first layer's weights twice: of the others every value is the expected one."""
    by_weights, by_biases = right(*arguments)
    return [2 * by_weights[0], *by_weights[1:]], by_biases


def test_hidden_values_are_nowhere() -> None:
    """With `hide_values` no expected number is in the page, not even as one that conforms."""
    report = report_on_one(Problem.random((3, 4, 2), seed=5), doubled)
    numbers, open_ = expected_numbers(report), page_of(report)
    report.hide_values = True

    hidden = page_of(report)

    assert len(found_in(open_, numbers)) >= 20
    assert found_in(hidden, numbers) == set()
    [article] = hidden.iter("article")
    assert not list(article.iter("pre"))
    assert len(of_class(article, "edge", "wrong")) == 12
    assert len(of_class(article, "cell", "wrong")) == 12


def test_a_hidden_cell_has_no_colour() -> None:
    """A colour would tell a value, too."""
    report = report_on_one(Problem.random((3, 4, 2), seed=5), doubled)
    coloured = {
        (each.get("class"), each.get("fill-opacity")) for each in page_of(report).iter("rect")
    }
    report.hide_values = True

    [article] = page_of(report).iter("article")

    assert len(coloured) > 10
    grounds = {(each.get("class"), each.get("fill-opacity")) for each in article.iter("rect")}
    assert grounds == {("zero", None), ("outline", None)}
    texts = {words(each).partition("]: ")[2] for each in of_class(article, "cell")}
    assert texts == {"wrong", "conforms"}


def test_a_diagnosis_is_told_without_values() -> None:
    """With `hide_values` the page has the words of a diagnosis that give nothing away."""
    report = report_on(mine=scaled)
    remark = Remark("It is 0.125 and not 0.25.", "A factor is missing.")
    report.diagnoses = {"mine": Diagnosis("", (), None, (remark,))}
    open_, report.hide_values = page_of(report), True

    hidden = page_of(report)

    assert remark.text in words(open_)
    assert remark.leak_free in words(hidden)
    assert remark.text not in words(hidden)


# ── findings ──


def test_many_findings_are_counted_and_some_shown() -> None:
    """Of hundreds of findings a few are drawn, and the page stays small."""
    report = report_on_one(Problem.random((8, 8, 8, 2)), scaled)
    many = [Counterexample(the_finding(report), None)] * 300

    text = html.text(report, many)

    assert len(list(ET.fromstring(text).iter("article"))) == findings.MOST
    assert f"{300 - findings.MOST} more are not shown" in text
    assert len(text) < 3_000_000


def test_a_finding_says_how_to_see_it_again() -> None:
    """The command, and sources that can be pasted, as they are; without a file the sources."""
    report = report_on(mine=scaled)
    [example] = examples(report)
    without = Counterexample(example.finding, None)

    shown, alone = (
        ["".join(each.itertext()) for each in ET.fromstring(html.text(report, [each])).iter("pre")]
        for each in (example, without)
    )

    assert shown == [example.command, *(source(example, form) for form in FORMS)]
    assert alone == [source(without, form) for form in FORMS]


# ── tables ──


def cells(page: Page, heading: str) -> list[list[str]]:
    """The table under that heading, by row."""
    section = next(each for each in page.iter("section") if each.get("aria-labelledby") == heading)
    return [[words(cell) for cell in row] for row in section.iter("tr")]


def test_the_table_of_targets_is_that_of_the_summary() -> None:
    """A column for each target, those that were left out included, with its counts."""
    report = report_on(mine=right, theirs=raises)
    report.skipped = {"jax_grad": "jax is not installed"}

    rows = {name: rest for name, *rest in cells(page_of(report), "targets")}

    conforms = report.tallies[0].count("conforms")
    assert rows[""] == ["mine", "theirs", "jax_grad"]
    assert rows["version"] == ["1.0", "1.0", "skipped"]
    assert rows["conforms"] == [f"✓ {conforms}", "0", "–"]
    assert rows["other findings"] == ["0", "✗ 12", "–"]


def test_each_kind_of_network_has_its_verdicts() -> None:
    """Each kind has a row, and the counts of its verdicts are those of the tally."""
    report = report_on(mine=scaled)
    [tally] = report.tallies

    rows = dict(cells(page_of(report), "kinds")[1:])

    assert set(rows) == set(tally.by_kind)
    for kind, counts in tally.by_kind.items():
        found = {verdict: int(count) for count, verdict in re.findall(r"(\d+) (\w+)", rows[kind])}
        assert found == {str(each): counts[each] for each in counts}
        sign = "✗" if any(each.is_finding for each in counts) else "✓"
        assert rows[kind].startswith(sign)


def test_a_kind_that_a_target_never_met_is_empty() -> None:
    """Two targets may have met different kinds of network."""
    one, other = (Tally(name, "1", "reverse") for name in ("one", "other"))
    one.by_kind["a batch of one"][Verdict.CONFORMS] = 1
    other.by_kind["no biases"][Verdict.UNDECIDED] = 2

    table = tables.kinds(Report(0, "float64", 3, [one, other]))

    assert [[cell.text for cell in row] for row in table.rows] == [
        ["a batch of one", "1 conforms", "–"],
        ["no biases", "–", "2 undecided"],
    ]
