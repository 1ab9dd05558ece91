"""Fingerprints of targets, beside those of torch and jax, and all of them as one document.

`manual-backprop kinks --json FILE` writes it, format "manual-backprop/kinks/1"; within it keys are
only added:

    format          "manual-backprop/kinks/1"
    outcome         {exit_status, text}: 0 no target is outside, 1 one is, 3 none supports a kink
    dtype           of all numbers
    versions        of Python and of every package that took part
    targets         a list, each {name, version, readings, unsupported, failures}
    beside          torch and jax, where they are installed, in the same form
    skipped         {backend: reason}
    readings        a list, each {function, at, left, right, values: {below, at, above}, verdicts:
                    {below, at, above}}: the breakpoint, the derivative on either side of it, what
                    was returned there and one ulp to each side (beside 0: at the smallest normal
                    number), and whether that is in its admissible set ("wrong" if not). Losses are
                    functions of an output whose target is 1
    unsupported     {function: reason}
    failures        {function: {kind, message}}, where there are no values, or others are wrong

`at`, `left` and `right` are fractions as text, "-1/2"; values are C99 hex strings, "inf" or "nan".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from conformance import backends
from conformance.backends import Backend
from conformance.fingerprint import Fingerprint, Fingerprints, Reading, fingerprint
from conformance.render.environment import versions
from conformance.render.kinks import outcome_sentence
from conformance.targets.named import why_not

FORMAT = "manual-backprop/kinks/1"

BESIDE = ("torch_autograd", "jax_grad")
"""What targets are shown beside."""

PLACES = ("below", "at", "above")


def fingerprints(
    targets: Sequence[Backend] = (),
    dtype: str = "float64",
    asking: Callable[[int, str], None] = lambda number, name: None,
) -> Fingerprints:
    """The targets, or the hand-written gradient, beside torch and jax as they are installed.

    Args:
        targets: what is judged.
        dtype: float16, float32 or float64.
        asking: called before each of them with its number, from 0, and its name.

    >>> [each.name for each in fingerprints().targets]
    ['backprop']
    """
    judged: list[Fingerprint] = []
    for target in list(targets) or [backends.load("backprop")]:
        asking(len(judged), target.name)
        judged.append(fingerprint(target, dtype))
    beside: list[Fingerprint] = []
    skipped: dict[str, str] = {}
    for name in BESIDE:
        if name not in {each.name for each in judged}:
            asking(len(judged) + len(beside), name)
            try:
                beside.append(fingerprint(backends.load(name), dtype))
            except Exception as error:  # a framework that is broken may raise anything
                skipped[name] = why_not(error)
    return Fingerprints(tuple(judged), tuple(beside), skipped, dtype)


# ── the JSON document ──


def document(found: Fingerprints) -> dict[str, Any]:
    """The document, of dictionaries, lists, strings and numbers."""
    return {
        "format": FORMAT,
        "outcome": {"exit_status": found.exit_status, "text": outcome_sentence(found)},
        "dtype": found.dtype,
        "versions": versions(),
        "targets": [_target(each) for each in found.targets],
        "beside": [_target(each) for each in found.beside],
        "skipped": dict(found.skipped),
    }


def _target(of: Fingerprint) -> dict[str, Any]:
    return {
        "name": of.name,
        "version": of.version,
        "readings": [_reading(each) for each in of.readings],
        "unsupported": dict(of.unsupported),
        "failures": {
            function: {"kind": str(kind), "message": message}
            for function, (kind, message) in of.failures.items()
        },
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "function": reading.function,
        "at": str(reading.breakpoint.at),
        "left": str(reading.breakpoint.left),
        "right": str(reading.breakpoint.right),
        "values": dict(zip(PLACES, map(float.hex, reading.values), strict=True)),
        "verdicts": dict(zip(PLACES, map(str, reading.verdicts), strict=True)),
    }
