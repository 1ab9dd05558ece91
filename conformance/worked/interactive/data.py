"""The numbers that the script of the page shows, as JSON."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from conformance.worked.entry import Entry
from conformance.worked.interactive.network import key
from conformance.worked.interactive.paths import Path, Paths, name_of, paths
from conformance.worked.interactive.view import View, number
from conformance.worked.written import Number


def data(shown: View, entry: Entry | None) -> Markup:
    """Everything that the script shows, as JSON; no < in it, which could end the element."""
    document = {
        "depth": shown.at.depth,
        "opening": None if entry is None else key(entry),
        "samples": [
            {
                "x": [list(map(number, rows[s])) for rows in shown.x],
                "delta": [None, *(list(map(number, rows[s])) for rows in shown.delta[1:])],
            }
            for s in shown.samples
        ],
        "entries": {key(each): _entry(shown, each) for each in shown.entries()},
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _entry(shown: View, entry: Entry) -> dict[str, Any]:
    """One parameter: its value, its derivative, and the paths in each sample."""
    biases = shown.b[entry.k] or []
    return {
        "name": name_of(entry),
        "value": number(biases[entry.i] if entry.j is None else shown.W[entry.k][entry.i][entry.j]),
        "derivative": number(shown.derivative(entry)),
        "paths": [_paths(paths(shown, entry, s)) for s in shown.samples],
    }


def _paths(found: Paths) -> dict[str, Any]:
    return {
        "total": number(found.total),
        "listed": [_path(each) for each in found.listed],
        "more": found.more,
        "rest": None if found.rest is None else number(found.rest),
    }


def _path(path: Path) -> dict[str, Any]:
    return {
        "units": path.units,
        "symbols": " ".join(path.symbols),
        "numbers": " · ".join(map(factor, path.factors)),
        "value": number(path.value),
    }


def factor(value: Number) -> str:
    """A number in a product.

    >>> factor(2), factor(-2)
    ('2', '(−2)')
    """
    text = number(value)
    return f"({text})" if text.startswith("−") or "±" in text else text
