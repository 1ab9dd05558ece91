"""A finding in words: what, where, how far outside, on which network, and how to see it again."""

from __future__ import annotations

from conformance.counterexamples import Counterexample
from conformance.judge import Outcome
from conformance.numbers import in_ulp, plural, ratio, size, value
from conformance.render.console import harmless
from conformance.render.entries import Entry, entries, worst_entry
from conformance.shrinking import SHRINKS
from conformance.snippet import form_for, snippet
from conformance.tally import Finding, Tally
from conformance.vocabulary import Architecture
from manual_backprop.oracle.verdict import Judgement


def shown_findings(tally: Tally) -> list[Finding]:
    """The findings shown in full: the smallest of each kind."""
    return tally.smallest_findings(SHRINKS)


def finding_text(example: Counterexample, hide_values: bool = False) -> str:
    """Everything about one finding, as the command and the pytest suite print it.

    Args:
        example: the finding and its file.
        hide_values: what and where and on which network, but no number that was expected.
    """
    lines = [headline(example.finding)]
    lines += [f"  {label:13}  {text}" for label, text in facts(example.finding, hide_values)]
    if not hide_values:
        lines += ["", source(example), "", f"  {replay(example)}"]
    return "\n".join(lines)


def headline(finding: Finding) -> str:
    """Who, what, where; for what is no entry, what happened."""
    kind, message = finding.outcome.kind, what_happened(finding.outcome)
    worst = worst_entry(finding.outcome.judgement, kind)
    where = f" at {worst.name} (layer {worst.layer})" if worst else ""
    return f"{finding.target}: {kind}{where}{f': {message}' if message else ''}"


def what_happened(outcome: Outcome) -> str:
    """Its words, for terminals and XML; empty if entries say it."""
    return harmless(outcome.words)


def facts(finding: Finding, hide_values: bool = False) -> list[tuple[str, str]]:
    """Label and text of each thing to know: the network, then the worst entry.

    Args:
        finding: what was found.
        hide_values: the network alone.
    """
    judgement = finding.outcome.judgement
    worst = worst_entry(judgement, finding.outcome.kind)
    if hide_values or worst is None or judgement is None:
        return _origin(finding)
    return [*_origin(finding), *_of_entry(worst, judgement)]


def _origin(finding: Finding) -> list[tuple[str, str]]:
    """Which network of the run it was, and what is left of it."""
    drawn, left = in_words(finding.original.architecture), in_words(finding.case.architecture)
    where = f"number {finding.number} of the run" if finding.number else "one of the first, tiny"
    found = ("network", f"{drawn} ({where})")
    return [found] if drawn == left else [found, ("shrunk to", left)]


def in_words(architecture: Architecture) -> str:
    """An architecture, briefly.

    >>> in_words(Architecture((2, 3, 1), ("tanh", "identity"), "huber", 4))
    '2-3-1, tanh identity, huber, 4 samples'
    """
    widths = "-".join(map(str, architecture.widths))
    names = " ".join(architecture.activations)
    return f"{widths}, {names}, {architecture.loss}, {plural(architecture.samples, 'sample')}"


def _of_entry(worst: Entry, judgement: Judgement) -> list[tuple[str, str]]:
    """Both values, the bound, and error / bound, absolute and in ulp of the midpoint."""
    error = abs(worst.returned - worst.midpoint)
    units = [in_ulp(each, worst.midpoint, judgement.float_format) for each in (error, worst.bound)]
    alike = sum(each.verdict is worst.verdict for each in entries(judgement))
    return [
        ("returned", value(worst.returned)),
        ("midpoint", f"{value(worst.midpoint)}, of the set that is allowed here"),
        ("error", f"{size(error)} ({units[0]})"),
        ("bound", f"{size(worst.bound)} ({units[1]})"),
        ("error / bound", ratio(worst.fraction)),
        ("class", judgement.class_text),
        ("entries", f"{alike} of {len(entries(judgement))} {worst.verdict}"),
    ]


def source(example: Counterexample, form: str = "") -> str:
    """The network as source, which prints the entry that is wrong as it should be.

    Args:
        example: the finding.
        form: of `conformance.snippet.FORMS`; if empty what the users of the target read.
    """
    finding = example.finding
    worst = worst_entry(finding.outcome.judgement, finding.outcome.kind)
    entry = worst.name if worst else "weights[0]"
    path = str(example.path or "")
    return snippet(finding.case.problem, entry, path, form or form_for(finding.target))


def replay(example: Counterexample) -> str:
    """How to see it again."""
    if example.path is None:
        return "no file was written: the lines above are the network"
    return f"replay: {example.command}"
