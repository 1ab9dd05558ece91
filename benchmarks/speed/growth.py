"""How the cost grows with the number of parameters: one recursion a parameter, or one pass for all.

The specification (3.1)–(3.4) takes a forward pass's worth of multiply-adds for each parameter,
backpropagation (5.1)–(5.3) three of them for all. Networks of three layers of equal width, wide
enough that it is the arithmetic that takes the time, not the calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from manual_backprop import Problem, gradient
from manual_backprop.recursion import Linearization, end, linearization, tangent, weight_base

WIDTHS = (128, 192, 256, 384, 512, 768, 1024)
DEPTH = 3
SAMPLES = 64
OF_EACH_LAYER = 4
"""Parameters of a layer that the recursion is run for."""


@dataclass(frozen=True)
class Growth:
    """Seconds of a gradient for networks of growing size, entry by entry.

    Attributes:
        parameters: how many weights and biases.
        recursion: seconds, one recursion a parameter.
        backpropagation: seconds, one pass for all.
    """

    parameters: tuple[int, ...]
    recursion: tuple[float, ...]
    backpropagation: tuple[float, ...]

    @classmethod
    def of(cls, document: Mapping[str, Sequence[float]]) -> Growth:
        """From the lists that JSON makes of it."""
        return cls(**{name: tuple(values) for name, values in document.items()})  # type: ignore[arg-type]

    @property
    def exponents(self) -> tuple[float, float]:
        """a in seconds ∝ parametersᵃ, of both."""
        return (
            exponent(self.parameters, self.recursion),
            exponent(self.parameters, self.backpropagation),
        )


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of the straight line through (log size, log time) by least squares.

    >>> round(exponent([1, 2, 4], [5, 20, 80]), 6)
    2.0
    """
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def growth(widths: Sequence[int] = WIDTHS, samples: int = SAMPLES) -> Growth:
    """Processor time of both ways."""
    problems = [Problem.random((width,) * (DEPTH + 1), samples=samples) for width in widths]
    return Growth(
        tuple(DEPTH * width * (width + 1) for width in widths),
        tuple(map(recursion_seconds, problems)),
        tuple(_best(partial(gradient, each), 30) for each in problems),
    )


def recursion_seconds(problem: Problem) -> float:
    """Of `gradient_by_recursion`: all weights and biases of a layer take what the first few do."""
    at = linearization(problem)
    layers = problem.network.layers
    each = [_best(partial(_derivatives, at, k), 3) / OF_EACH_LAYER for k in range(len(layers))]
    counts = [layer.weights.size + len(layer.weights) for layer in layers]
    return float(np.dot(each, counts))


def _derivatives(at: Linearization, k: int) -> None:
    """∂L/∂w_i0^(k) for the first few i."""
    for i in range(OF_EACH_LAYER):
        end(at, tangent(at, k, weight_base(at, k, i, 0), len(at.W)))


def _best(call: Callable[[], object], repeats: int) -> float:
    """The least processor seconds of one call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)
