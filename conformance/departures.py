"""Known departures: where a framework is less accurate than its class, and by how much.

Each line widens that framework's bound on its range alone; no entry is ever skipped. `stale` proves
each again: without the line the framework's answer on a probe is `wrong`, with it it conforms. A
line that no longer holds is an error for the versions that `ci/constraints.txt` pins, elsewhere a
note.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from conformance.backends import Backend
from conformance.backends.problems import as_arguments
from manual_backprop import Layer, Network, Problem
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.accuracy import Departure
from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.enclosure import enclose
from manual_backprop.oracle.judging import judge_within
from manual_backprop.oracle.verdict import Verdict


@dataclass(frozen=True)
class Known:
    """A departure, with what a reader needs to check it.

    Attributes:
        departure: function, part, dtypes, range and error.
        backends: whose it is.
        reason: in one sentence.
        link: where the framework says so, or where it is defined.
        versions: of the framework that were seen to have it.
        device: where it was seen.
        probe: an argument in the range at which it is proved anew.
    """

    departure: Departure
    backends: tuple[str, ...]
    reason: str
    link: str
    versions: tuple[str, ...]
    device: str
    probe: float


EAGER = ("torch_autograd", "torch_func_grad")
TORCH = (*EAGER, "torch_compile")

_SOFTPLUS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.softplus.html"

_ERF = "https://github.com/tinygrad/tinygrad/blob/v0.14.0/tinygrad/mixin/elementwise.py"

_BEYOND_20 = math.exp(-20.0)
"""log(1 + exp(p)) − p and 1 − s(p) are both below exp(−p)."""

KNOWN: tuple[Known, ...] = (
    Known(
        Departure("softplus", "value", ("float64",), 20.0, 40.0, _BEYOND_20),
        TORCH,
        "softplus(p) is p above its threshold of 20, which leaves out log(1 + exp(-p))",
        _SOFTPLUS,
        ("2.13.0",),
        "cpu",
        probe=20.5,
    ),
    Known(
        Departure("softplus", "derivative", ("float64",), 20.0, 40.0, _BEYOND_20),
        TORCH,
        "the derivative is 1 above the threshold of 20, in place of the sigmoid",
        _SOFTPLUS,
        ("2.13.0",),
        "cpu",
        probe=20.5,
    ),
    Known(
        Departure("hard_sigmoid", "derivative", ("float64",), -3.0, 3.0, 2.0**-27.5),
        EAGER,
        "the derivative is 1/6 rounded to float32, in float64 too",
        "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.hardsigmoid.html",
        ("2.13.0",),
        "cpu",
        probe=0.5,
    ),
    Known(
        Departure("gelu", "value", ("float64",), -8.0, 8.0, 2.0**-22),
        ("tinygrad",),
        "erf is the polynomial 7.1.26 of Abramowitz and Stegun, within 1.5e-7 of it",
        _ERF,
        ("0.14.0",),
        "python",
        probe=3.0,
    ),
    Known(
        Departure("gelu", "derivative", ("float64",), -8.0, 8.0, 2.0**-20),
        ("tinygrad",),
        "the derivative is that of the polynomial in place of erf",
        _ERF,
        ("0.14.0",),
        "python",
        probe=-2.5,
    ),
)


def departures_of(backend: str) -> tuple[Departure, ...]:
    """The departures that are granted to a backend.

    >>> [each.function for each in departures_of("torch_autograd")]
    ['softplus', 'softplus', 'hard_sigmoid']
    >>> departures_of("backprop")
    ()
    """
    return tuple(known.departure for known in KNOWN if backend in known.backends)


def known_to_have(backend: str, dtype: str) -> list[Known]:
    """The lines that widen a backend's bounds in a dtype.

    >>> known_to_have("torch_autograd", "float32")
    []
    """
    return [each for each in KNOWN if backend in each.backends and dtype in each.departure.dtypes]


def stale(backend: Backend, known: Sequence[Known] = KNOWN) -> dict[str, bool]:
    """What no longer holds of a backend's departures; empty if all hold.

    Args:
        backend: whose departures are proved anew.
        known: the lines; those of other backends are passed over.
    Returns:
        A line each, and whether it is an error: it is for a version that the departure names.

    >>> from conformance.backends import load
    >>> stale(load("backprop"))
    {}
    """
    lines: dict[str, bool] = {}
    own = [each for each in known if backend.name in each.backends]
    for each in own:
        rest = [other.departure for other in own if other is not each]
        found = _staleness(backend, each, rest)
        lines |= dict.fromkeys(found, backend.version.split("+")[0] in each.versions)
    return lines


def _staleness(backend: Backend, known: Known, rest: list[Departure]) -> list[str]:
    """What does not hold of a line, the others of that backend granted."""
    what = f"{backend.name} {backend.version}: {known.departure.function} {known.departure.part}"
    found = []
    if _verdict(backend, known, [*rest, known.departure]) != Verdict.CONFORMS:
        found.append(f"{what} departs by more than {known.departure.error:.3g} at {known.probe}")
    if _verdict(backend, known, rest) == Verdict.CONFORMS:
        found.append(f"{what} no longer departs at {known.probe}: delete its line")
    return found


def _verdict(backend: Backend, known: Known, granted: list[Departure]) -> Verdict:
    """The verdict on x ↦ w₁ f(w₀ x) at w = 1: ∂L/∂w₁ shows the value, ∂L/∂w₀ the derivative."""
    dtype = known.departure.dtypes[0]
    one, zero = np.ones((1, 1), dtype), np.zeros(1, dtype)
    layers = [Layer(one, zero, known.departure.function), Layer(one, zero)]
    problem = Problem(Network(layers), np.full((1, 1), known.probe, dtype), loss="identity_sum")
    allowed = admissible(problem, float_format(dtype), backend.order, granted)
    result = backend.backprop(*as_arguments(problem))
    return judge_within(allowed, result, dtype, backend.order, lambda: enclose(problem)).kind
