"""One finding for the page: in words, drawn, entry by entry, and how to see it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from conformance.counterexamples import Counterexample
from conformance.render.console import harmless
from conformance.render.findings import facts, headline, source
from conformance.render.html import heatmap, network
from conformance.render.html.layer_gradient import LayerGradient
from conformance.render.html.marks import Marks
from conformance.render.html.tables import Table, wrong_entries

MOST = 20
"""Findings that are shown; a run keeps three of a target."""

FORMS = {"numpy": "NumPy and manual_backprop", "torch": "PyTorch alone", "jax": "JAX alone"}
"""Of `conformance.snippet`, as the page calls them."""

MOST_SOURCE = 20_000
"""Characters of source that are shown."""


@dataclass(frozen=True)
class Map:
    """One layer's heat map, what its colours mean, and what it leaves out."""

    title: str
    drawing: Markup
    legend: tuple[str, str] | None
    left_out: str


@dataclass(frozen=True)
class Shown:
    """What the page shows of a finding.

    Attributes:
        name: its id.
        headline: who, what, where.
        facts: label and text of each thing to know.
        network: drawn.
        left_out: what of the network is not drawn.
        judged: how many of the gradient's arrays were judged, and so are marked in the drawing.
        maps: the gradient, layer by layer; none if there was no result.
        wrong: the entries that are wrong; None if the finding is none of entries.
        sources: the network as source, by what it is for; none where numbers are hidden.
        command: what replays it; empty without a file, or where numbers are hidden.
    """

    name: str
    headline: str
    facts: list[tuple[str, str]]
    network: Markup
    left_out: str
    judged: Literal["none", "some", "all"]
    maps: list[Map]
    wrong: Table | None
    sources: dict[str, str]
    command: str


def shown(examples: Sequence[Counterexample], hide_values: bool) -> list[Shown]:
    """The findings that are shown, each under a name of its own."""
    return [
        _shown(f"finding-{number}", example, hide_values)
        for number, example in enumerate(examples[:MOST], start=1)
    ]


def _shown(name: str, example: Counterexample, hide_values: bool) -> Shown:
    finding = example.finding
    marks = Marks(finding.case.problem, finding.outcome.judgement)
    return Shown(
        name,
        harmless(headline(finding)),
        facts(finding, hide_values),
        network.drawing(f"{name}-network", marks),
        network.left_out(marks, network.drawn(marks)),
        marks.judged,
        _maps(name, marks, hide_values),
        wrong_entries(finding, hide_values),
        {} if hide_values else _sources(example),
        "" if hide_values else harmless(example.command),
    )


def _sources(example: Counterexample) -> dict[str, str]:
    """What can be pasted, by where to; without those that nobody would paste."""
    found = {title: source(example, form) for form, title in FORMS.items()}
    return {title: text for title, text in found.items() if len(text) <= MOST_SOURCE}


def _maps(name: str, marks: Marks, hide_values: bool) -> list[Map]:
    """A heat map of each layer that is drawn, if it has entries."""
    layers = [layer for layer in marks.layers() if marks.has_entries(layer)]
    heats = [LayerGradient(marks, layer, hide_values) for layer in layers]
    return [_map(f"{name}-layer-{heat.layer}", heat) for heat in heats]


def _map(name: str, heat: LayerGradient) -> Map:
    title = f"Gradient of layer {heat.layer}"
    return Map(title, heatmap.drawing(name, heat), heat.legend, heat.left_out)
