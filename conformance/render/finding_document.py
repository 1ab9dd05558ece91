"""One finding as JSON has it, inside the document of a report."""

from __future__ import annotations

import math
from typing import Any

from conformance.counterexamples import Counterexample
from conformance.render.entries import Entry, worst_entry
from conformance.render.findings import what_happened
from manual_backprop.files import to_document


def finding(example: Counterexample, hide_values: bool) -> dict[str, Any]:
    """What, where, on which network, and the worst entry.

    Args:
        example: the finding, with its file.
        hide_values: null in place of the network and of every value.
    """
    found = example.finding
    worst = worst_entry(found.outcome.judgement, found.outcome.kind)
    hidden = hide_values or example.path is None
    return {
        "kind": str(found.outcome.kind),
        "message": what_happened(found.outcome),
        "network": found.number,
        "case": None if hidden else str(example.path),
        "replay": None if hidden else example.command,
        "problem": None if hide_values else to_document(found.case.problem),
        "entry": None if worst is None else _entry(worst, hide_values),
    }


def _entry(entry: Entry, hide_values: bool) -> dict[str, Any]:
    place = {"name": entry.name, "layer": entry.layer, "index": list(entry.index)}
    values = {
        "returned": entry.returned.hex(),
        "midpoint": entry.midpoint.hex(),
        "bound": entry.bound.hex(),
        "error_over_bound": number(entry.fraction),
    }
    return place | (dict.fromkeys(values) if hide_values else values)


def number(value: float) -> float | str:
    """The float, or its name where JSON has no number for it.

    >>> number(0.5), number(math.inf)
    (0.5, 'inf')
    """
    return value if math.isfinite(value) else str(value)
