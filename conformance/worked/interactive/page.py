"""The page: the drawing, its captions, all derivatives, and the script with its data."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from markupsafe import Markup

from conformance.errors import Misuse
from conformance.render.gradient import headline
from conformance.worked.entry import Entry
from conformance.worked.forms.html import environment
from conformance.worked.interactive.captions import captions
from conformance.worked.interactive.data import data
from conformance.worked.interactive.decided import view
from conformance.worked.interactive.network import drawing, key
from conformance.worked.interactive.paths import name_of
from conformance.worked.interactive.view import View, check
from conformance.worked.notation import Derivative, equal, matrix
from conformance.worked.remarks import kinks, numbers_are
from conformance.worked.symbols import W_, b_
from manual_backprop import Problem
from manual_backprop.files import ProblemFile

MOST_LAYERS, MOST_UNITS = 5, 6
"""Of a drawing that is a help."""


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
    contents = {
        "source": source,
        "headline": " ".join(headline(source, file)),
        "remarks": [numbers_are(shown.at, decided), *kinks(shown.at)],
        "drawing": drawing(shown),
        "captions": [captions(shown, s) for s in shown.samples],
        "derivatives": derivatives(shown),
        "samples": shown.samples,
        "all_samples": problem.samples,
        "entries": [(key(each), name_of(each)) for each in shown.entries()],
        "data": data(shown, entry),
        "script": Markup(SCRIPT),
        "script_hash": digest(SCRIPT),
    }
    template = environment().get_template("interactive/page.html.j2")
    return Interactive(template.render(contents), decided)


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
