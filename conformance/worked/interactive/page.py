"""The page: the drawing, its captions, and the numbers that the script shows, as data."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from markupsafe import Markup

from conformance.errors import Misuse
from conformance.render.gradient import headline
from conformance.worked.entry import Entry
from conformance.worked.forms.html import environment
from conformance.worked.interactive.captions import captions
from conformance.worked.interactive.network import drawing, key
from conformance.worked.interactive.paths import Path, Paths, name_of, paths
from conformance.worked.interactive.view import View, check, number, view
from conformance.worked.notation import Derivative, equal, matrix
from conformance.worked.remarks import kinks, numbers_are
from conformance.worked.symbols import W_, b_
from conformance.worked.written import Number
from manual_backprop import Problem
from manual_backprop.files import ProblemFile

MOST_LAYERS, MOST_UNITS, MOST_SAMPLES = 5, 6, 4
"""That a page shows: of more layers and units a drawing is no help, of more samples the first."""


@dataclass(frozen=True)
class Interactive:
    """A page.

    Attributes:
        text: the HTML.
        decided: whether each of its numbers is proved to the digits that are written.
    """

    text: str
    decided: bool


def interactive(file: ProblemFile, source: str, entry: Entry | None = None) -> Interactive:
    """The page of a problem, which opens with an entry lit up if one is given.

    Raises:
        Misuse: if the network is too large for a drawing.
        ArithmeticError: if a derivative does not pass its proof.

    >>> page = interactive(ProblemFile(Problem.random((2, 3, 1)), "float64"), "p.json")
    >>> page.decided, page.text.count("<svg")
    (True, 1)
    """
    problem = file.problem
    check_size(problem)
    shown, decided = view(problem)
    check(shown, problem)
    samples = range(min(problem.samples, MOST_SAMPLES))
    text = (
        environment()
        .get_template("interactive/page.html.j2")
        .render(
            source=source,
            headline=" ".join(headline(source, file)),
            remarks=[numbers_are(shown.at, decided), *kinks(shown.at)],
            drawing=drawing(shown),
            captions=[captions(shown, s) for s in samples],
            derivatives=derivatives(shown),
            samples=samples,
            all_samples=problem.samples,
            entries=[(key(each), name_of(each)) for each in shown.entries()],
            data=data(shown, len(samples), entry),
            script=Markup(SCRIPT),
            script_hash=digest(SCRIPT),
        )
    )
    return Interactive(text, decided)


def check_size(problem: Problem) -> None:
    """Raise Misuse unless the network can be drawn."""
    widths = problem.network.widths
    if len(widths) - 1 > MOST_LAYERS or max(widths) > MOST_UNITS:
        raise Misuse(
            f"--interactive draws up to {MOST_LAYERS} layers of up to {MOST_UNITS} units; this "
            f"network has {len(widths) - 1} layers of up to {max(widths)}: leave it out, and give "
            "--weight or --bias"
        )


def derivatives(shown: View) -> list[Any]:
    """∂L/∂W_k and ∂L/∂b^(k), over all samples, as formulas."""
    formulas = []
    for k, layer in enumerate(shown.problem.network.layers):
        n_out, n_in = layer.weights.shape
        rows = [[shown.derivative(Entry(k, i, j)) for j in range(n_in)] for i in range(n_out)]
        formulas.append(equal(Derivative(W_(k)), matrix(rows)))
        if layer.biases is not None:
            biases = [[shown.derivative(Entry(k, i))] for i in range(n_out)]
            formulas.append(equal(Derivative(b_(k)), matrix(biases)))
    return formulas


# ── the script and its data ──

SCRIPT = resources.files(__package__).joinpath("page.js").read_text("utf-8")


def digest(script: str) -> str:
    """The hash by which the page's policy lets this script run, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def data(shown: View, samples: int, entry: Entry | None) -> Markup:
    """Everything that the script shows, as JSON; no < in it, which could end the element."""
    document = {
        "depth": shown.at.depth,
        "opening": None if entry is None else key(entry),
        "samples": [
            {
                "x": [list(map(number, rows[s])) for rows in shown.x],
                "delta": [None, *(list(map(number, rows[s])) for rows in shown.delta[1:])],
            }
            for s in range(samples)
        ],
        "entries": {key(each): _entry(shown, each, samples) for each in shown.entries()},
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))


def _entry(shown: View, entry: Entry, samples: int) -> dict[str, Any]:
    """One parameter: its value, its derivative, and the paths in each sample."""
    biases = shown.b[entry.k] or []
    return {
        "name": name_of(entry),
        "value": number(biases[entry.i] if entry.j is None else shown.W[entry.k][entry.i][entry.j]),
        "derivative": number(shown.derivative(entry)),
        "paths": [_paths(paths(shown, entry, s)) for s in range(samples)],
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
    """A number in a product."""
    text = number(value)
    return f"({text})" if text.startswith("−") or "±" in text else text
