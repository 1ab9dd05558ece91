"""`manual-backprop gradient`: the gradient of a problem file, in floats, rounded, or certified.

The same in Python:

>>> from manual_backprop import Problem, correctly_rounded, enclose, gradient
>>> from manual_backprop.oracle.certificate import certify
>>> problem = Problem.random((2, 3, 1))  # or manual_backprop.files.load("problem.json")
>>> g = gradient(problem)  # floats: g.loss, g.weights[k], g.biases[k], g.inputs
>>> e = enclose(problem, bits=128)  # the same fields, balls that hold the truth
>>> r = correctly_rounded(problem)  # the same fields, each entry the float nearest to it
>>> bool((abs(r.weights[0] - e.weights[0].midpoint) <= abs(r.weights[0]) * 2**-52).all())
True
>>> certificate = certify(problem, candidate=g)  # certificate.save("certificate.json")
>>> certificate.complete, certificate.judgement.kind
(True, <Verdict.CONFORMS: 'conforms'>)
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np

from conformance.errors import Misuse
from conformance.outputs import check_writable, write
from conformance.render.certificate import certificate_lines
from conformance.render.console import Console, print_plainly
from conformance.render.gradient import (
    array_lines,
    entry_name,
    float_lines,
    headline,
    rounding_lines,
)
from manual_backprop import Gradients, correctly_rounded
from manual_backprop import gradient as float_gradient
from manual_backprop.files import ProblemFile, ProblemFileError, read
from manual_backprop.names import nearest
from manual_backprop.oracle.certificate import Certificate, certify
from manual_backprop.oracle.certificate_document import in_lines
from manual_backprop.oracle.rounding import ROUNDABLE, CorrectlyRounded

PATIENCE = 2.0
"""Seconds after which the command says that it is working."""

FINDING, UNDECIDED = 1, 3


@dataclass(frozen=True, eq=False)
class Answer:
    """What was computed.

    Attributes:
        file: the problem, and its dtype as the file names it.
        target: the format that the gradient is rounded to, if that was asked for.
        gradient: correctly rounded to the target, or else as floats in the problem's dtype.
        certificate: if one was asked for.
    """

    file: ProblemFile
    target: str | None
    gradient: Gradients
    certificate: Certificate | None

    @property
    def exit_status(self) -> int:
        """0, or 3 where something could not be decided within the cap."""
        undecided = isinstance(self.gradient, CorrectlyRounded) and bool(self.gradient.undecided)
        capped = self.certificate is not None and not self.certificate.complete
        return UNDECIDED if undecided or capped else 0


def gradient(
    problem: Path, certified: bool = False, target: str | None = None, output: Path | None = None
) -> int:
    """Print the gradient of the problem in a file.

    Args:
        problem: a problem file.
        certified: enclose it, too, and say how narrowly.
        target: print it correctly rounded to this format.
        output: where the certificate, or else the gradient, goes as JSON.
    Returns:
        The exit status: 0; 1 if the witness contradicts the enclosure; 3 where the enclosure came
        to its cap or an entry is undecided.
    Raises:
        Misuse: if the file is bad, the format unknown, or the output cannot be written.
    """
    check_writable({"--json": output})
    if target is not None and target not in ROUNDABLE:
        raise Misuse(f"--round: unknown dtype {target!r}: {nearest(target, list(ROUNDABLE))}")
    try:
        with working():
            answer = computed(read(problem), certified, target)
    except ProblemFileError as error:
        raise Misuse(str(error)) from error
    except ValueError as error:  # there is nothing to enclose: no samples
        raise Misuse(f"{problem}: {error}") from error
    except ArithmeticError as error:
        print(f"manual-backprop: {error}", file=sys.stderr)
        return FINDING
    show(problem, answer)
    if fault := write(output, text(answer)):
        raise Misuse(fault)
    return answer.exit_status


def computed(file: ProblemFile, certified: bool, target: str | None) -> Answer:
    """What was asked for."""
    if target is not None:
        chosen: Gradients = correctly_rounded(file.problem, target)
    else:
        with np.errstate(all="ignore"):  # what overflows is shown as inf, and counted
            chosen = float_gradient(file.problem)
            _ = chosen.inputs  # computed when first read: here
    return Answer(file, target, chosen, certify(file.problem) if certified else None)


@contextmanager
def working(patience: float = PATIENCE) -> Iterator[None]:
    """A line on standard error if what happens inside takes longer than so many seconds."""
    timer = Timer(patience, lambda: print("manual-backprop: working…", file=sys.stderr))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def show(path: Path, answer: Answer) -> None:
    """The problem in words, the gradient, and what is proved of it."""
    console, gradient = Console(), answer.gradient
    lines = [*headline(path, answer.file), "", *array_lines(gradient), ""]
    if isinstance(gradient, CorrectlyRounded):
        lines += rounding_lines(gradient, answer.target)
    else:
        lines += float_lines(gradient, answer.file)
    if answer.certificate is not None:
        lines += ["", *certificate_lines(answer.certificate)]
    print_plainly("\n".join(lines), console)


# ── the JSON document ──


def text(answer: Answer) -> str:
    """The certificate as JSON, or else the gradient."""
    certificate = answer.certificate
    return in_lines(document(answer) if certificate is None else certificate.document())


def document(answer: Answer) -> dict[str, Any]:
    """The gradient twice, as C99 hex strings and as decimals; what is not finite as a string."""
    gradient = answer.gradient
    undecided = gradient.undecided if isinstance(gradient, CorrectlyRounded) else ()
    return {
        "format": "manual-backprop/gradient/1",
        "dtype": answer.target or answer.file.dtype,
        "correctly_rounded": answer.target is not None,
        "hex": lists(gradient, float.hex),
        "decimal": lists(gradient, lambda x: x if math.isfinite(x) else str(x)),
        "undecided": [
            {"entry": entry_name(e), "bits": e.bits, "below": e.below, "reason": e.reason}
            for e in undecided
        ],
    }


def lists(gradient: Gradients, form: Callable[[float], Any]) -> dict[str, Any]:
    """Every number of the gradient in that form, in nested lists."""

    def each(value: Any) -> Any:
        return [each(entry) for entry in value] if isinstance(value, list) else form(value)

    return {
        "loss": form(float(gradient.loss)),
        "weights": [each(weights.tolist()) for weights in gradient.weights],
        "biases": [None if b is None else each(b.tolist()) for b in gradient.biases],
        "inputs": each(gradient.inputs.tolist()),
    }
