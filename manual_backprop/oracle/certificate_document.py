"""The document of a certificate: its format, its exact numbers, its digest.

`±` is written "+/-":

    {"format": "manual-backprop/certificate/1", "problem": {...}, "bits": 128, "cap": 4096,
     "reached": "precision",
     "enclosure": {"loss": "m ± r", "weights": [[["m ± r", ...]]], "biases", "inputs"},
     "verdict": {"dtype", "order", "class", "kind", "candidate": {"weights", "biases"},
                 "allowed": {"weights": [[["m ± r", ...]]], "biases"}, "kinds"},
     "digest": SHA-256 of the canonical JSON (sorted keys, no spaces, ASCII) of all the rest}

The problem is as in problem files. Every number is a C99 hex string, so nothing is lost: midpoints
of an enclosure have all their digits ("-0x1b3p-140"), radii are rounded up, and the others are
float64. A radius of "inf" says that nothing is known. There is a verdict if there was a candidate.

What `tools/check_certificate.py` verifies, by a derivation of its own:

- "problem": its numbers fit its dtype.
- "enclosure": each ball holds the true entry; where units sit on a kink, what any choice of slopes
  in their hulls gives by (5.1)–(5.4) in ball arithmetic. No midpoint has more than "bits" bits.
- "reached": "precision", each radius is at most 2^−73·|m| or 2^−1094, and so within 2^−20 ulp of
  float64; "hull", with twice the bits and 64 more the wider ones stay at least half as wide; "cap",
  there are wider ones and "bits" is not below "cap".
- "verdict": each set "allowed" holds the truth; each of the "kinds" is what `oracle.judging` makes
  of candidate, set and truth (whether the entry is exactly 0), and "kind" is the worst. That the
  set is the class's is not derived again.

An alteration that leaves all this true, such as a radius a little larger, makes another certificate
that is true; what it makes false fails, whatever the digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flint import arb

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arrays import Array
from manual_backprop.files import to_document
from manual_backprop.network import ArrayName
from manual_backprop.oracle.enclosure import Enclosure
from manual_backprop.oracle.verdict import ArrayVerdict, Judgement

FORMAT = "manual-backprop/certificate/1"


def claims(enclosure: Enclosure, cap: int, reached: str) -> dict[str, Any]:
    """The document up to the verdict."""
    return {
        "format": FORMAT,
        "problem": in_hex(to_document(enclosure.problem)),
        "bits": enclosure.bits,
        "cap": cap,
        "reached": reached,
        "enclosure": enclosure_document(enclosure),
    }


def enclosure_document(enclosure: Enclosure) -> dict[str, Any]:
    """Every ball, in the shape of the arrays; one sample as one row."""
    inputs = _ball_lists(enclosure.inputs)
    parameters = {name: _ball_lists(balls) for name, balls in enclosure.parameters()}
    return {
        "loss": _ball(enclosure.loss),
        **_by_layer(parameters, enclosure.problem.network.depth),
        "inputs": [inputs] if enclosure.problem.one_sample else inputs,
    }


def verdict_document(judgement: Judgement) -> dict[str, Any]:
    """Candidate, admissible set and verdicts, array by array."""

    def lists(part: Callable[[ArrayVerdict], Any]) -> dict[str, Any]:
        parts = {ArrayName(each.name, each.layer): part(each) for each in judgement.arrays}
        return _by_layer(parts, len(judgement.weights))

    return {
        "dtype": judgement.float_format.name,
        "order": judgement.order,
        "class": judgement.class_text,
        "kind": str(judgement.kind),
        "candidate": lists(lambda each: in_hex(each.given.tolist())),
        "allowed": lists(lambda each: _sets(each.allowed.midpoint, each.allowed.radius)),
        "kinds": lists(lambda each: each.verdicts.astype(str).tolist()),
    }


def _by_layer(arrays: Mapping[ArrayName, Any], depth: int) -> dict[str, Any]:
    """Those of weights and of biases as lists by layer, None for what is not there."""
    layers = range(depth)
    return {
        name: [arrays.get(ArrayName(name, k)) for k in layers] for name in ("weights", "biases")
    }


def in_hex(value: Any) -> Any:
    """The document with every float as a C99 hex string; "inf" and "nan" are such, too."""
    if isinstance(value, dict):
        return {key: in_hex(each) for key, each in value.items()}
    if isinstance(value, list):
        return [in_hex(each) for each in value]
    return value.hex() if isinstance(value, float) else value


def _sets(midpoint: Array, radius: Array) -> Any:
    """Midpoint ± radius, entry by entry, as nested lists."""
    if midpoint.ndim:
        return [_sets(*each) for each in zip(midpoint, radius, strict=True)]
    return f"{float(midpoint).hex()} +/- {float(radius).hex()}"


def _ball_lists(balls: Balls) -> list[Any]:
    texts = [_ball(ball) for ball in balls.entries]
    if len(balls.shape) == 1:
        return texts
    width = balls.shape[1]
    return [texts[k : k + width] for k in range(0, len(texts), width)]


def _ball(ball: arb) -> str:
    """The midpoint as it is, the radius rounded up; of a ball that is not finite nothing is known.

    Rounded up by 2^−16 to 2^−14 of it, so that a checker that arrives at the same set, but for the
    last of Arb's 30 bits of a radius, finds it inside: each operation may cost 2^−29.

    >>> _ball(arb(0.75, (1, -70))), _ball(arb("inf"))
    ('0x3p-2 +/- 0x8002p-85', '0x0p+0 +/- inf')
    """
    if not ball.is_finite():
        return "0x0p+0 +/- inf"
    radius, exponent = map(int, ball.rad().man_exp())
    if radius:
        shift = radius.bit_length() - 16
        radius = (radius >> shift if shift > 0 else radius << -shift) + 2
        exponent += shift
    return f"{_hexadecimal(*ball.mid().man_exp())} +/- {_hexadecimal(radius, exponent)}"


def _hexadecimal(mantissa: Any, exponent: Any) -> str:
    """m·2^e in the notation of C99."""
    m, e = int(mantissa), int(exponent)
    return f"{'-' if m < 0 else ''}{abs(m):#x}p{e:+d}"


# ── the text ──


def digest(parts: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a document without its digest.

    >>> digest({})[:8]
    '44136fa3'
    """
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def in_lines(document: dict[str, Any]) -> str:
    """The document as JSON text, one key a line.

    >>> print(in_lines({"bits": 128, "cap": 4096}), end="")
    {"bits": 128,
     "cap": 4096}
    """
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
    return "{" + ",\n ".join(lines) + "}\n"
