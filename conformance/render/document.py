"""The report as JSON: `--json FILE`, format "manual-backprop/report/1".

    format          "manual-backprop/report/1"; within it keys are only ever added
    outcome         {exit_status, text}: 0 nothing wrong, 1 a finding, 3 nothing decided, 130 Ctrl-C
    seed, dtype     as asked; with the versions below they give the same networks and verdicts
    networks        how many were asked for; `interrupted` says that there may be fewer
    supported       what the target of `check` supports, in words; empty otherwise
    stopped         why the run ended before its time; empty if it did not
    hide_values     whether expected numbers are left out: what would hold one is null then
    class           {dtype, unit_roundoff, smallest_normal, largest}: what `wrong` is a proof for,
                    with each backend's order
    versions        of Python and of every package that took part
    platform        {system, machine, processor}
    backends        a list, each {name, version, order, networks, verdicts: {kind: networks},
                    entries, undecided_entries, undecided_reasons: {reason: entries},
                    worst_error_over_bound, restless, unsupported: {reason: networks},
                    by_kind, histogram, notes, diagnosis, departures, findings}
    by_kind         the verdicts by the kind of network: {kind of network: {kind: networks}}
    histogram       {k: entries with 2^(k−1) < error / bound ≤ 2^k}, −60 for all below, 60 for all
                    above, of networks that touch no kink
    notes           what the target did besides, a sentence each
    diagnosis       null, or {sentences, matches: [{mistake, kind, matched, of, against}]}: networks
                    that fail on which the mistake gives what was returned, those looked at, and
                    those that pass though it would show
    departures      granted to a backend beyond its class: {function, part, low, high, error,
                    reason, link}, the argument's range and the absolute error there
    findings        of a backend, the smallest of each kind: {kind, message, network, case, replay,
                    problem, entry}; `case` is the problem's file, `problem` the same in here;
                    `entry` is null or {name, layer, index, returned, midpoint, bound,
                    error_over_bound}; `network` is its number in the run, from 1, or 0 for one of
                    the tiny networks before it
    skipped         {backend: reason}
    stale           departures that did not show any more, a line each
    resolution      {order: {median, layers: [{layer, median, percentile_95, zero_passes}]}}, of
                    bound / |entry|; zero_passes is the share of entries that 0 would have passed

Values of entries are C99 hex strings, exact; other numbers are JSON numbers, and "inf" or "nan".
`report.schema.json` beside this file says the same as JSON Schema. There is no time of day in it:
the same run gives the same document, unless a finding is still shrinking when its time is over.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from conformance.counterexamples import Counterexample
from conformance.departures import Known, known_to_have
from conformance.render.environment import machine, versions
from conformance.render.finding_document import finding, number
from conformance.render.summary import outcome_sentence
from conformance.report import Report, Resolution, Tally
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.oracle.verdict import Verdict

if TYPE_CHECKING:
    from conformance.diagnosis import Diagnosis

FORMAT = "manual-backprop/report/1"


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
        "supported": report.supported,
        "stopped": report.stopped,
        "hide_values": report.hide_values,
        "class": _class(float_format(report.dtype)),
        "versions": versions(),
        "platform": machine(),
        "backends": [_backend(report, tally, examples) for tally in report.tallies],
        "skipped": report.skipped,
        "stale": list(report.stale),
        "resolution": {order: _resolution(each) for order, each in report.resolutions.items()},
    }


def _class(float_format: Format) -> dict[str, Any]:
    return {
        "dtype": float_format.name,
        "unit_roundoff": float_format.unit_roundoff.hex(),
        "smallest_normal": float_format.smallest_normal.hex(),
        "largest": float_format.largest.hex(),
    }


def _backend(report: Report, tally: Tally, examples: Sequence[Counterexample]) -> dict[str, Any]:
    own = [each for each in examples if each.finding.target == tally.name]
    return {
        "name": tally.name,
        "version": tally.version,
        "order": tally.order,
        "networks": tally.networks,
        "verdicts": _counted(tally.kinds),
        "entries": tally.entries,
        "undecided_entries": tally.undecided_entries,
        "undecided_reasons": dict(sorted(tally.undecided_reasons.items())),
        "worst_error_over_bound": number(tally.worst_fraction),
        "restless": tally.restless,
        "unsupported": dict(sorted(tally.reasons.items())),
        "by_kind": {kind: _counted(counts) for kind, counts in tally.by_kind.items()},
        "histogram": {str(power): count for power, count in sorted(tally.histogram.items())},
        "notes": list(tally.notes),
        "diagnosis": _diagnosis(report.diagnoses.get(tally.name), report.hide_values),
        "departures": [_departure(each) for each in known_to_have(tally.name, report.dtype)],
        "findings": [finding(each, report.hide_values) for each in own],
    }


def _counted(kinds: Counter[Verdict]) -> dict[str, int]:
    return {str(kind): count for kind, count in sorted(kinds.items()) if count}


def _diagnosis(diagnosis: Diagnosis | None, hide_values: bool) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    matches = [
        {
            "mistake": None if hide_values else match.mistake.name,
            "kind": match.mistake.kind,
            "matched": match.matched,
            "of": match.of,
            "against": match.against,
        }
        for match in diagnosis.matches
    ]
    return {"sentences": diagnosis.sentences(leak_free=hide_values), "matches": matches}


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


def _resolution(resolution: Resolution) -> dict[str, Any]:
    layers = []
    for layer in sorted(resolution.entries):
        median, high, share = resolution.of_layer(layer)
        layers.append(
            {
                "layer": layer,
                "median": number(median),
                "percentile_95": number(high),
                "zero_passes": share,
            }
        )
    return {"median": number(resolution.median), "layers": layers}
