"""The report as JSON: `--json FILE`, format "manual-backprop/report/1".

    format          "manual-backprop/report/1"; within it keys are only ever added
    outcome         {exit_status, text}: 0 nothing wrong, 1 a finding, 3 nothing decided, 130 Ctrl-C
    seed, dtype     as asked; with the versions below they give the same networks and verdicts
    networks        how many were asked for; `interrupted` says that there may be fewer
    class           {dtype, unit_roundoff, smallest_normal, largest}: what `wrong` is a proof for,
                    with each backend's order
    versions        of Python and of every package that took part
    platform        {system, machine, processor}
    backends        a list, each {name, version, order, networks, verdicts: {kind: networks},
                    entries, undecided_entries, undecided_reasons: {reason: entries},
                    worst_error_over_bound, restless, unsupported:
                    {reason: networks}, departures, findings}
    departures      granted to a backend beyond its class: {function, part, low, high, error,
                    reason, link}, the argument's range and the absolute error there
    findings        of a backend, the smallest of each kind: {kind, message, network, case, replay,
                    problem, entry}; `case` is the problem's file, `problem` the same in here;
                    `entry` is null or {name, layer, index, returned, midpoint, bound,
                    error_over_bound}; `network` is its number in the run, from 1
    skipped         {backend: reason}
    stale           departures that did not show any more, a line each
    resolution      {order: {median, layers: [{layer, median, percentile_95, zero_passes}]}}, of
                    bound / |entry|; zero_passes is the share of entries that 0 would have passed

Values of entries are C99 hex strings, exact; other numbers are JSON numbers, and "inf" or "nan".
There is no time of day in it: the same run gives the same document.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from conformance.counterexamples import Counterexample
from conformance.departures import Known, known_to_have
from conformance.render.entries import Entry, worst_entry
from conformance.render.findings import what_happened
from conformance.render.summary import outcome_sentence
from conformance.report import Report, Resolution, Tally
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.files import to_document

FORMAT = "manual-backprop/report/1"

PACKAGES = (
    "manual-backprop",
    "numpy",
    "scipy",
    "python-flint",
    "hypothesis",
    "torch",
    "jax",
    "jaxlib",
)


def text(report: Report, examples: Sequence[Counterexample]) -> str:
    """The document as JSON text."""
    return f"{json.dumps(document(report, examples), indent=2, allow_nan=False)}\n"


def document(report: Report, examples: Sequence[Counterexample]) -> dict[str, Any]:
    """The document, of dictionaries, lists, strings and numbers."""
    return {
        "format": FORMAT,
        "outcome": {"exit_status": report.exit_status, "text": outcome_sentence(report)},
        "seed": report.seed,
        "dtype": report.dtype,
        "networks": report.networks,
        "interrupted": report.interrupted,
        "class": _class(float_format(report.dtype)),
        "versions": versions(),
        "platform": {
            "system": platform.platform(),
            "machine": platform.machine(),
            "processor": platform.processor(),
        },
        "backends": [_backend(tally, report.dtype, examples) for tally in report.tallies],
        "skipped": report.skipped,
        "stale": list(report.stale),
        "resolution": {order: _resolution(each) for order, each in report.resolutions.items()},
    }


def versions() -> dict[str, str]:
    """Of Python and the packages that are installed, without importing any."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _class(float_format: Format) -> dict[str, Any]:
    return {
        "dtype": float_format.name,
        "unit_roundoff": float_format.unit_roundoff.hex(),
        "smallest_normal": float_format.smallest_normal.hex(),
        "largest": float_format.largest.hex(),
    }


def _backend(tally: Tally, dtype: str, examples: Sequence[Counterexample]) -> dict[str, Any]:
    return {
        "name": tally.name,
        "version": tally.version,
        "order": tally.order,
        "networks": tally.networks,
        "verdicts": {str(kind): count for kind, count in sorted(tally.kinds.items())},
        "entries": tally.entries,
        "undecided_entries": tally.undecided_entries,
        "undecided_reasons": dict(sorted(tally.undecided_reasons.items())),
        "worst_error_over_bound": _number(tally.worst_fraction),
        "restless": tally.restless,
        "unsupported": dict(sorted(tally.reasons.items())),
        "departures": [_departure(each) for each in known_to_have(tally.name, dtype)],
        "findings": [_finding(each) for each in examples if each.finding.target == tally.name],
    }


def _departure(known: Known) -> dict[str, Any]:
    departure = known.departure
    return {
        "function": departure.function,
        "part": departure.part,
        "low": departure.low,
        "high": departure.high,
        "error": departure.error.hex(),
        "reason": known.reason,
        "link": known.link,
    }


def _finding(example: Counterexample) -> dict[str, Any]:
    finding = example.finding
    worst = worst_entry(finding.outcome.judgement, finding.outcome.kind)
    return {
        "kind": str(finding.outcome.kind),
        "message": what_happened(finding.outcome),
        "network": finding.number,
        "case": None if example.path is None else str(example.path),
        "replay": example.command or None,
        "problem": to_document(finding.case.problem),
        "entry": None if worst is None else _entry(worst),
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "layer": entry.layer,
        "index": list(entry.index),
        "returned": entry.returned.hex(),
        "midpoint": entry.midpoint.hex(),
        "bound": entry.bound.hex(),
        "error_over_bound": _number(entry.fraction),
    }


def _resolution(resolution: Resolution) -> dict[str, Any]:
    layers = []
    for layer in sorted(resolution.entries):
        median, high, share = resolution.of_layer(layer)
        layers.append(
            {
                "layer": layer,
                "median": _number(median),
                "percentile_95": _number(high),
                "zero_passes": share,
            }
        )
    return {"median": _number(resolution.median), "layers": layers}


def _number(value: float) -> float | str:
    """The float, or its name where JSON has no number for it."""
    return value if math.isfinite(value) else str(value)
