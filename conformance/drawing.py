"""The numbers of a network: a regime, and a source to draw them from.

Numbers are drawn layer by layer as k/4, so that a failure shrinks to few and short ones. Regimes
turn them into what breaks implementations: saturated units, tiny and huge magnitudes, kinks hit
exactly, sums that cancel. "plain" networks, N(0, 1/fan-in) weights from a drawn seed, are the
ones that people train; what fails there and not in "dyadic" shrinks to a small architecture alone.

A run draws its networks from a seed; `conformance.strategies` lets Hypothesis draw the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from conformance.edges import OF_LOSS
from conformance.vocabulary import Architecture
from manual_backprop import ACTIVATIONS, LOSSES, Breakpoint, Layer, Loss, Network, Problem

Floats = npt.NDArray[np.float64]

REGIMES = ("dyadic", "plain", "saturating", "tiny", "huge", "kinks", "cancelling")
"""What every architecture is drawn with; an edge may have a regime of its own, "zeros"."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem to judge, and where it came from."""

    problem: Problem
    architecture: Architecture
    regime: str

    @property
    def kind(self) -> str:
        """What it is drawn to show: the edge that its architecture is, or else the regime."""
        return self.architecture.edge or self.regime


class Source(Protocol):
    """Where numbers are drawn from; `random.Random` is one."""

    def choice(self, seq: Sequence[Any], /) -> Any:
        """One of them; simplest first."""

    def randint(self, a: int, b: int, /) -> int:
        """An integer from a to b."""

    def randbytes(self, n: int, /) -> bytes:
        """So many bytes; 0 is the simplest."""


def case_from(source: Source, architecture: Architecture, regime: str, dtype: Any) -> Case:
    """A problem of that architecture and regime, its numbers drawn from the source.

    >>> from random import Random
    >>> from conformance.architectures import pool
    >>> case_from(Random(0), pool()[0], "dyadic", "float32").problem.inputs
    array([[1.25]], dtype=float32)
    """
    numbers = _numbers(source, architecture, regime, np.dtype(dtype))
    return Case(_problem(architecture, numbers, np.dtype(dtype)), architecture, regime)


@dataclass(eq=False)
class _Numbers:
    """The arrays of one problem, float64, while they are being made."""

    weights: list[Floats]
    biases: list[Floats]
    inputs: Floats
    targets: Floats


def _numbers(
    source: Source, architecture: Architecture, regime: str, dtype: np.dtype[Any]
) -> _Numbers:
    if regime == "plain":
        return _plain(source, architecture)
    numbers = _dyadic(source, architecture)
    change = {
        "saturating": _saturating,
        "tiny": _tiny,
        "huge": _huge,
        "kinks": _kinks,
        "cancelling": _cancelling,
        "zeros": _zeros,
        "sweep": _sweep,
    }.get(regime)
    if change is not None:
        change(source, numbers, architecture, dtype)
    return numbers


def _plain(source: Source, architecture: Architecture) -> _Numbers:
    """Weights N(0, 1/fan-in), inputs N(0, 1), from a drawn seed."""
    problem = Problem.random(
        architecture.widths,
        architecture.activations,
        architecture.loss,
        architecture.samples,
        source.randint(0, 2**32 - 1),
    )
    layers = problem.network.layers
    return _Numbers(
        [layer.weights.copy() for layer in layers],
        [np.array(layer.biases) for layer in layers],
        problem.inputs.copy(),
        problem.targets.copy(),
    )


def _dyadic(source: Source, architecture: Architecture) -> _Numbers:
    """Every number k/4, layer by layer: each neuron's weights, then its bias."""
    weights, biases = [], []
    for n_in, n_out in zip(architecture.widths[:-1], architecture.widths[1:], strict=True):
        neurons = _quarters(source, (n_out, n_in + 1))
        weights.append(neurons[:, :-1].copy())
        biases.append(neurons[:, -1].copy())
    inputs = _quarters(source, (architecture.samples, architecture.widths[0]))
    drawn = TARGETS[LOSSES[architecture.loss].targets]
    targets = drawn(source, (architecture.samples, architecture.widths[-1]))
    return _Numbers(weights, biases, inputs, targets)


QUARTERS = np.array([0, 4, -4, 8, -8, 2, -2, 6, -6, 1, -1, 3, -3, 5, -5, 7, -7]) / 4
"""Values of a byte, simplest first: Hypothesis shrinks bytes towards 0."""


Shape = tuple[int, int]


def _bytes(source: Source, shape: Shape) -> npt.NDArray[np.uint8]:
    return np.frombuffer(source.randbytes(shape[0] * shape[1]), np.uint8).reshape(shape)


def _quarters(source: Source, shape: Shape) -> Floats:
    return QUARTERS[_bytes(source, shape) % len(QUARTERS)]


def _probabilities(source: Source, shape: Shape) -> Floats:
    return (_bytes(source, shape) % 9) / 8


def _signs(source: Source, shape: Shape) -> Floats:
    return np.where(_bytes(source, shape) % 2, -1.0, 1.0)


def _distributions(source: Source, shape: Shape) -> Floats:
    """Rows of quarters that sum to 1; one-hot where the four places coincide."""
    rows = np.zeros(shape)
    for row, places in zip(rows, _bytes(source, (shape[0], 4)), strict=True):
        for place in places:
            row[place % shape[1]] += 1 / 4
    return rows


TARGETS: dict[str, Callable[[Source, Shape], Floats]] = {
    "real": _quarters,
    "unit interval": _probabilities,
    "distribution": _distributions,
    "sign": _signs,
}
"""How rows of targets are drawn, for each domain of a loss."""

# ── regimes: what each does to the numbers ──


def _saturating(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Weights and biases of one layer times 4 to 64: sigmoids in their tails."""
    k = source.randint(0, architecture.depth - 1)
    scale = 2.0 ** source.randint(2, 6)
    numbers.weights[k] = numbers.weights[k] * scale
    numbers.biases[k] = numbers.biases[k] * scale


def _tiny(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer, or the inputs, times 2^−s, as far as a quarter of the exponent range."""
    _scaled(source, numbers, architecture, -source.randint(4, np.finfo(dtype).maxexp // 4))


def _huge(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer, or the inputs, times 2^s, as far as an eighth of the exponent range."""
    _scaled(source, numbers, architecture, source.randint(4, max(5, np.finfo(dtype).maxexp // 8)))


def _scaled(source: Source, numbers: _Numbers, architecture: Architecture, exponent: int) -> None:
    k = source.randint(-1, architecture.depth - 1)
    if k < 0:
        numbers.inputs = np.ldexp(numbers.inputs, exponent)
    else:
        numbers.weights[k] = np.ldexp(numbers.weights[k], exponent)


def _cancelling(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Twin units that differ by 2^−s, read with opposite weights: the sums almost cancel."""
    apart = 1 + 2.0 ** -source.randint(2, np.finfo(dtype).nmant)
    for k in range(architecture.depth - 1):
        if architecture.widths[k + 1] > 1:
            numbers.weights[k][1] = numbers.weights[k][0] * apart
            numbers.biases[k][1] = numbers.biases[k][0]
            numbers.weights[k + 1][:, 1] = -numbers.weights[k + 1][:, 0]


def _zeros(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """One layer's weights 0: nothing reaches the layers before it."""
    k = source.randint(0, architecture.depth - 1)
    numbers.weights[k] = np.zeros_like(numbers.weights[k])


RANGE = (0, 800, -800, 22, -22, 1.5, -1.5, 45, -45, 5, -5, 0.25, -0.25, 12, -12)
"""Places where some formula fails: tails, thresholds, overflow of exp in float64 and float32."""


def _sweep(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Each unit of the first layer at another place of its activation's range, or of the loss's.

    Half of a place comes from the weight and half from the bias, which adds up exactly.
    """
    if architecture.edge == OF_LOSS.name:
        loss = LOSSES[architecture.loss]
        t = _places(source, loss.breakpoints, architecture.widths[-1], dtype)
        places = _outputs_at(loss, t, numbers.targets[0])
    else:
        breakpoints = ACTIVATIONS[architecture.activations[0]].breakpoints
        places = _places(source, breakpoints, architecture.widths[1], dtype)
    numbers.inputs[:] = 1.0
    numbers.weights[0][:, 0] = numbers.biases[0][:] = places / 2


def _places(
    source: Source, breakpoints: Sequence[Breakpoint], count: int, dtype: np.dtype[Any]
) -> Floats:
    """So many: breakpoints, one float beside each, and `RANGE`, each times 1 to 1¼."""
    breaks = [dtype.type(float(each.at)) for each in breakpoints]
    beside = [_beside(each, way) for each in breaks for way in (-1, 1)]
    spread = 1 + source.randint(0, 16) / 64
    places = [*breaks, *beside, *(each * spread for each in RANGE)]
    return np.array([float(places[k % len(places)]) for k in range(count)])


def _beside(at: Any, way: int) -> Any:
    """The float next to it; next to 0 the least of which half is a normal number."""
    info = np.finfo(at.dtype)
    return np.nextafter(at, at.dtype.type(way * np.inf)) if at else way * 2 * info.tiny


def _outputs_at(loss: Loss, t: Floats, y: Floats) -> Floats:
    """Outputs x for which the loss's argument is t."""
    if loss.targets == "sign":
        return y * (1 - t)
    return y + t if loss.breakpoints else t


def _kinks(
    source: Source, numbers: _Numbers, architecture: Architecture, dtype: np.dtype[Any]
) -> None:
    """Biases that put units exactly on a breakpoint, and outputs on their targets, in one sample.

    Where the units before have no exact value, the unit's weights become 0 and its bias the
    breakpoint: then it sits there in every sample. So it is, for a breakpoint at 0 alone, where
    there are no biases.
    """
    sample = source.randint(0, architecture.samples - 1)
    if not architecture.biases:
        numbers.biases = [np.zeros_like(b) for b in numbers.biases]
    x: list[Fraction] | None = [Fraction(each) for each in numbers.inputs[sample]]
    for k, name in enumerate(architecture.activations):
        W, b = numbers.weights[k], numbers.biases[k]
        for i in range(len(b)):
            places = [each.at for each in ACTIVATIONS[name].breakpoints]
            if _shows_its_kink(architecture) and k == architecture.depth - 1:
                places = [Fraction(numbers.targets[sample, i])]
            if not architecture.biases:
                places = [at for at in places if at == 0]
            if len(places) > 0 and source.randint(0, 1):
                exact = x if architecture.biases else None
                _onto(source.choice(places), W[i], b, i, exact, dtype)
        x = _exact_outputs(W, b, name, x)


def _shows_its_kink(architecture: Architecture) -> bool:
    """Whether the loss has a kink where an output is its target, and the outputs are linear."""
    at_targets = architecture.loss in ("absolute_error", "hinge")
    return at_targets and architecture.activations[-1] == "identity"


def _onto(
    at: Fraction, row: Floats, b: Floats, i: int, x: list[Fraction] | None, dtype: np.dtype[Any]
) -> None:
    """Choose b_i, or else the whole neuron, so that its pre-activation is `at`."""
    if x is not None:
        bias = at - _dot(row, x)
        if abs(bias) < 2**10 and Fraction(float(dtype.type(float(bias)))) == bias:
            b[i] = float(bias)
            return
    row[:] = 0.0
    b[i] = float(at)


def _dot(row: Floats, x: list[Fraction]) -> Fraction:
    return sum((Fraction(w) * each for w, each in zip(row, x, strict=True)), Fraction(0))


def _exact_outputs(
    W: Floats, b: Floats, name: str, x: list[Fraction] | None
) -> list[Fraction] | None:
    """x^(k+1) in rationals; None where the activation has none."""
    if x is None or not ACTIVATIONS[name].rational:
        return None
    p = np.empty(len(b), dtype=object)
    p[:] = [_dot(row, x) + Fraction(each) for row, each in zip(W, b, strict=True)]
    return [Fraction(each) for each in ACTIVATIONS[name].value(p)]


def _problem(architecture: Architecture, numbers: _Numbers, dtype: np.dtype[Any]) -> Problem:
    """The problem, its numbers rounded to the dtype once."""
    layers = [
        Layer(W.astype(dtype), b.astype(dtype) if architecture.biases else None, name)
        for W, b, name in zip(
            numbers.weights, numbers.biases, architecture.activations, strict=True
        )
    ]
    return Problem(
        Network(layers),
        numbers.inputs.astype(dtype),
        numbers.targets.astype(dtype),
        architecture.loss,
        "mean",
    )
