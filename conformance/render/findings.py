"""A finding in words: what, where, how far outside, on which network, and how to see it again."""

from __future__ import annotations

from conformance.architectures import Architecture
from conformance.check import SHRINKS, Outcome
from conformance.counterexamples import Counterexample
from conformance.numbers import in_ulp, plural, ratio, size, value
from conformance.render.console import harmless
from conformance.render.entries import Entry, entries, worst_entry
from conformance.report import Finding, Tally
from conformance.snippet import snippet
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
    finding = example.finding
    if hide_values:
        return "\n".join([headline(finding), *origin(finding)])
    worst = worst_entry(finding.outcome.judgement, finding.outcome.kind)
    lines = [headline(finding), *origin(finding)]
    if worst and finding.outcome.judgement:
        lines += entry_lines(worst, finding.outcome.judgement)
    return "\n".join([*lines, "", _source(example, worst), "", *_replay_lines(example)])


def headline(finding: Finding) -> str:
    """Who, what, where; for what is no entry, what happened."""
    kind, message = finding.outcome.kind, what_happened(finding.outcome)
    worst = worst_entry(finding.outcome.judgement, kind)
    where = f" at {worst.name} (layer {worst.layer})" if worst else ""
    return f"{finding.target}: {kind}{where}{f': {message}' if message else ''}"


def what_happened(outcome: Outcome) -> str:
    """The message of the result as a whole, or the first of its arrays; empty if entries say it."""
    arrays = outcome.judgement.arrays if outcome.judgement else ()
    messages = [outcome.message, *(array.message for array in arrays)]
    return harmless("; ".join([each for each in messages if each][:2]))


def origin(finding: Finding) -> list[str]:
    """Which network of the run it was, and what is left of it."""
    drawn, left = finding.original.architecture, finding.case.architecture
    where = f"number {finding.number} of the run" if finding.number else "one of the first, tiny"
    lines = [f"  network        {in_words(drawn)} ({where})"]
    return lines if drawn == left else [*lines, f"  shrunk to      {in_words(left)}"]


def in_words(architecture: Architecture) -> str:
    """An architecture, briefly.

    >>> in_words(Architecture((2, 3, 1), ("tanh", "identity"), "huber", 4))
    '2-3-1, tanh identity, huber, 4 samples'
    """
    widths = "-".join(map(str, architecture.widths))
    names = " ".join(architecture.activations)
    return f"{widths}, {names}, {architecture.loss}, {plural(architecture.samples, 'sample')}"


def entry_lines(worst: Entry, judgement: Judgement) -> list[str]:
    """Both values, the bound, and error / bound, absolute and in ulp of the midpoint."""
    error = abs(worst.returned - worst.midpoint)
    units = [in_ulp(each, worst.midpoint, judgement.float_format) for each in (error, worst.bound)]
    alike = sum(each.verdict is worst.verdict for each in entries(judgement))
    return [
        f"  returned       {value(worst.returned)}",
        f"  midpoint       {value(worst.midpoint)}, of the set that is allowed here",
        f"  error          {size(error)} ({units[0]})",
        f"  bound          {size(worst.bound)} ({units[1]})",
        f"  error / bound  {ratio(worst.fraction)}",
        f"  class          {judgement.class_text}",
        f"  entries        {alike} of {len(entries(judgement))} {worst.verdict}",
    ]


def _source(example: Counterexample, worst: Entry | None) -> str:
    entry = worst.name if worst else "weights[0]"
    return snippet(example.finding.case.problem, entry, str(example.path or ""))


def _replay_lines(example: Counterexample) -> list[str]:
    if example.path is None:
        return ["  no file could be written: the lines above are the network"]
    return [f"  replay: {example.command}"]
