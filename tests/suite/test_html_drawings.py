"""The drawings of the page: network, heat maps and histogram against the verdicts; colours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.counterexamples import Counterexample
from conformance.judge import Judge
from conformance.render import html
from conformance.render.html import histogram, layer_gradient, network, tables
from conformance.render.html.bars import BARS, bars
from conformance.report import Report
from manual_backprop import Problem

from .pages import (
    of_class,
    page_of,
    report_on,
    report_on_one,
    right_for,
    text_of,
    the_finding,
    words,
)
from .planted import changed, not_finite, planted, scaled, times

# ── drawings ──


def titles(elements: list[ET.Element]) -> set[str]:
    """What pointing at them shows, up to the colon."""
    return {(each.findtext("title") or "").split(":")[0].split(" =")[0] for each in elements}


@given(data=st.data(), seed=st.integers(0, 99))
def test_edges_are_red_where_the_judgement_says_wrong(data: Any, seed: int) -> None:
    """Wrong edges, ringed units and crossed cells are exactly the entries that are wrong."""
    widths = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4)))
    problem = Problem.random(widths, seed=seed)
    by_weights, by_biases = right_for(problem)
    wrong = set()
    for name, arrays in (("weights", by_weights), ("biases", by_biases)):
        for layer, array in enumerate(arrays):
            for index in data.draw(st.sets(st.sampled_from(list(np.ndindex(array.shape))))):
                array[index] = array[index] * 2 + 1
                wrong.add(f"{name}[{layer}][{', '.join(map(str, index))}]")
    assume(wrong)

    page = page_of(report_on_one(problem, lambda *arguments: (by_weights, by_biases)))

    weights = {each for each in wrong if each.startswith("weights")}
    assert weights == titles(of_class(page, "edge", "wrong"))
    assert len(of_class(page, "ring", "wrong")) == len(wrong - weights)
    assert wrong == titles(of_class(page, "cell", "wrong"))
    assert wrong == {words(each) for each in page.iter("th") if each.get("scope") == "row"} & wrong


def test_wrong_and_right_differ_without_colour() -> None:
    """Wrong edges are thicker and dashed, wrong units ringed, wrong cells crossed."""
    style = (Path(html.__file__).with_name("style.html.j2")).read_text()

    rules = {
        name: dict(re.findall(r"([\w-]+): ([^;]+);", body))
        for name, body in re.findall(r"^(\.edge\S*|\.ring) \{ (.*) \}$", style, re.MULTILINE)
    }

    assert float(rules[".edge.wrong"]["stroke-width"]) > 2 * float(rules[".edge"]["stroke-width"])
    assert "stroke-dasharray" in rules[".edge.wrong"]
    assert "stroke-dasharray" not in rules[".edge"]
    dashes = [each["stroke-dasharray"] for each in rules.values() if "stroke-dasharray" in each]
    assert len(dashes) == len(set(dashes))


def test_a_large_network_is_drawn_in_part() -> None:
    """A few units and layers are drawn, what is wrong among them, and the rest is counted."""
    widths = (40, 50, *([9] * 10), 2)
    problem = Problem.random(widths)
    by_weights, by_biases = right_for(problem)
    by_weights[0][33, 21] += 1
    by_biases[1][8] += 1

    report = report_on_one(problem, lambda *arguments: (by_weights, by_biases))
    page, text = page_of(report), text_of(report)

    assert titles(of_class(page, "edge", "wrong")) == {"weights[0][33, 21]"}
    assert titles(of_class(page, "cell", "wrong")) == {"weights[0][33, 21]", "biases[1][8]"}
    assert len(of_class(page, "edge")) <= network.UNITS**2 * 8
    assert len(of_class(page, "cell")) <= layer_gradient.MOST * (layer_gradient.MOST + 1) * 8
    assert "Not drawn: 32 inputs, 42 units of layer 0" in words(page)
    assert "4 further layers" in words(page)
    assert len(text) < 500_000


def test_the_drawing_ends_where_errors_begin() -> None:
    """Of a deep network the layers up to the one after the last wrong one are drawn."""
    problem = Problem.random((2,) * 21)
    by_weights, by_biases = right_for(problem)
    by_weights[14][0, 0] += 1

    page = page_of(report_on_one(problem, lambda *arguments: (by_weights, by_biases)))

    headings = [words(each) for each in of_class(page, "heading") if "layer" in words(each)]
    assert headings == [f"layer {layer}" for layer in range(7, 16)]


def test_numbers_that_are_none_are_written_out() -> None:
    """nan and ∞ stand in their cells, crossed, without a colour."""
    page = page_of(report_on_one(Problem.random((2, 2), seed=1), not_finite))

    crossed = of_class(page, "cell", "wrong")

    assert {words(each[-1]) for each in crossed} == {"nan", "∞"}
    assert {rect.get("class") for each in crossed for rect in each.iter("rect")} == {
        "zero",
        "outline",
    }


@pytest.mark.parametrize(
    ("change", "edges", "cells", "legend"),
    [
        (lambda w, b: (w, b), {"fine"}, {"fine"}, False),
        (lambda w, b: (w, [b[0].astype("f4"), b[1]]), {"fine"}, {"fine", "unknown"}, True),
        (lambda w, b: ([w[0].T, w[1]], b), {"fine", "unknown"}, {"fine", "unknown"}, True),
        (lambda w, b: None, {"unknown"}, set(), False),
    ],
    ids=["all", "no biases", "no weights", "none"],
)
def test_what_was_not_judged_is_drawn_so(
    change: Any, edges: set[str], cells: set[str], legend: bool
) -> None:
    """Arrays of a wrong shape or dtype have edges and cells of their own, and a legend."""
    finding = the_finding(report_on_one(Problem.random((3, 4, 2)), times(2)))
    outcome = Judge(finding.case.problem).outcome(planted(changed(change)))
    example = Counterexample(replace(finding, outcome=outcome), None)

    page = ET.fromstring(html.text(Report(0, "float64", 1, []), [example]))

    assert {each.get("class", "").split()[1] for each in of_class(page, "edge")} == edges
    assert {each.get("class", "").split()[1] for each in of_class(page, "cell")} == cells
    assert ("not judged" in {words(each) for each in page.iter("li")}) is legend


# ── the histogram ──

COUNTS = st.dictionaries(st.integers(-60, 60), st.integers(0, 10**6))


@given(COUNTS)
def test_bars_add_up(counts: dict[int, int]) -> None:
    """No entry is lost or counted twice, and the bound parts the right ones from the wrong."""
    shown = bars(counts)

    assert sum(bar.entries for bar in shown) == sum(counts.values())
    beyond = sum(entries for power, entries in counts.items() if power > 0)
    assert sum(bar.entries for bar in shown if bar.is_wrong) == beyond
    assert all(bar.is_wrong or bar.high <= 0 for bar in shown)
    assert len(shown) <= BARS + 2
    finite = [edge for bar in shown for edge in (bar.low, bar.high) if np.isfinite(edge)]
    assert finite == sorted(finite)


@given(COUNTS.filter(lambda counts: any(counts.values())))
def test_the_bound_stands_between_right_and_wrong(counts: dict[int, int]) -> None:
    """Bars left of the line are within the bound, those right of it wrong, all in the picture."""
    svg = ET.fromstring(histogram.drawing("h", "mine", counts))
    [line] = of_class(svg, "bound")
    place = float(line.get("x1", ""))

    for bar in of_class(svg, "bar"):
        left, width = float(bar.get("x", "")), float(bar.get("width", ""))
        is_wrong = "wrong" in bar.get("class", "")
        assert left > place if is_wrong else left + width <= place
        assert 0 < left < left + width < histogram.WIDTH
        assert 0 < float(bar.get("height", "")) < histogram.HEIGHT
    counted = [int(each.replace(",", "")) for each in re.findall(r": ([\d,]+) entr", words(svg))]
    assert sum(counted) == sum(counts.values())


def test_the_histogram_is_a_table_too() -> None:
    """The same counts stand in a table, which adds up to what the tally has."""
    report = report_on(mine=scaled)

    table = tables.accuracy(report.tallies[0])

    counted = sum(int(row[1].text.replace(",", "")) for row in table.rows)
    assert counted == report.tallies[0].histogram.total() > 0


# ── colours ──


def palettes() -> dict[str, dict[str, str]]:
    """The colours by name, of the light and of the dark scheme."""
    style = (Path(html.__file__).with_name("style.html.j2")).read_text()
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    colours = [dict(re.findall(r"--([\w-]+): (#\w{6});", each)) for each in (light, dark)]
    return dict(zip(("light", "dark"), colours, strict=True))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


READ = [
    *((text, "ground") for text in ("text", "muted", "link", "bad", "good", "open")),
    *(("text", f"{outcome}-ground") for outcome in ("bad", "good", "open")),
    *((outcome, f"{outcome}-ground") for outcome in ("bad", "good", "open")),
    *(("text", ground) for ground in ("raised", "plus", "minus")),
]
"""Text, and what it stands on."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough(scheme: str) -> None:
    """Text has a contrast of 4.5, lines of drawings one of 3: WCAG 2.2, level AA."""
    colours = palettes()[scheme]

    low = [pair for pair in READ if contrast(*(colours[each] for each in pair)) < 4.5]

    assert low == []
    assert contrast(colours["edge"], colours["ground"]) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21; #767676 on white is the grey that just passes."""
    roundings = 8  # weights, products, two sums, 0.05 and the sum with it, the quotient
    assert abs(contrast("#000000", "#ffffff") - 21) <= roundings * 2.0**-53 * 21
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")
