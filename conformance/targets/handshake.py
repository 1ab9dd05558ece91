"""The first line of the protocol, and what a program declares in its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.backends.base import Declared
from conformance.targets.answers import parsed
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.files.errors import shown
from manual_backprop.files.vocabulary import DTYPES
from manual_backprop.names import nearest
from manual_backprop.oracle.admissible import ORDERS, Order

PROTOCOL = 1

GREETING = json.dumps({"protocol": PROTOCOL}).encode()

FITS = json.dumps(
    {
        "protocol": PROTOCOL,
        "activations": ["identity", "tanh"],
        "losses": ["half_squared_error"],
        "dtypes": ["float64"],
        "order": "reverse",
    }
)
"""An answer that fits, for messages."""

KNOWN = {"activations": tuple(ACTIVATIONS), "losses": tuple(LOSSES), "dtypes": tuple(DTYPES)}
"""The names that each list may have."""


@dataclass(frozen=True)
class Handshake:
    """What a program says of itself: what it supports, and in which order it works."""

    declared: Declared
    order: Order


def handshake(line: bytes) -> Handshake:
    """What the answer to the greeting declares.

    Args:
        line: the answer.
    Raises:
        ValueError: if it does not fit; the message has every fault.

    >>> handshake(FITS.encode()).declared.losses
    ('half_squared_error',)
    >>> handshake(FITS.replace("tanh", "tahn").replace("dtypes", "types").encode())
    Traceback (most recent call last):
        ...
    ValueError: activations: unknown 'tahn': did you mean 'tanh'?; dtypes: missing
    """
    answer = parsed(line)
    if not isinstance(answer, dict):
        raise ValueError(f"an object is expected, found {shown(answer)}")
    if faults := list(_faults(answer)):
        raise ValueError("; ".join(faults))
    activations, losses, dtypes = (tuple(dict.fromkeys(answer[key])) for key in KNOWN)
    return Handshake(Declared(activations, losses, dtypes), answer["order"])


def _faults(answer: dict[str, Any]) -> Iterator[str]:
    """Everything that does not fit; keys of other names are let pass."""
    version = answer.get("protocol")
    if isinstance(version, bool) or version != PROTOCOL:
        yield f"protocol: {_found(version)}; this is protocol {PROTOCOL}"
    for key, known in KNOWN.items():
        for fault in _faults_of_names(answer.get(key), known):
            yield f"{key}: {fault}"
    order = answer.get("order")
    if order not in ORDERS:
        meaning = '"reverse" (backpropagation) or "forward" (parameter by parameter) fits'
        yield f"order: {_found(order)}; {meaning}"


def _found(value: Any) -> str:
    return "missing" if value is None else f"found {shown(value)}"


def _faults_of_names(names: Any, known: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a list of names."""
    if names is None:
        yield "missing"
    elif not isinstance(names, list) or not names:
        yield f"a list of names is expected, found {shown(names)}"
    else:
        unknown = [each for each in names if not isinstance(each, str) or each not in known]
        yield from (f"unknown {shown(each)}: {nearest(each, list(known))}" for each in unknown)
