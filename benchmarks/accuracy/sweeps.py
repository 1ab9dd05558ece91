"""One function in one dtype: the errors of every contender against the same truth."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from benchmarks.accuracy.contenders import Contender
from benchmarks.accuracy.definitions import DEFINITIONS, LOSS_DEFINITIONS, Series
from benchmarks.accuracy.measure import (
    ROUNDOFF,
    Columns,
    Errors,
    Row,
    departures,
    difference,
    measure,
    worst,
)
from benchmarks.accuracy.points import (
    away_from_breakpoints,
    loss_points,
    softmax_samples,
    sweep_points,
)
from benchmarks.accuracy.truth import Truth, softmax_truth, tabulate, truth

Array = NDArray[Any]
Pair = tuple[Array, Array]
# From these points on, (function, package) computes another function by intention: left out.
KNOWN = {("softplus", "torch"): 20.0}
WIDTHS = (1, 2, 3, 5, 8, 10, 32, 100)


def judge_activation(name: str, contender: Contender, points: Array, exact: Truth) -> Row:
    """Every column, and the departures, of one contender on one activation."""
    f, slope = np.abs(exact.value[0]), np.abs(exact.slope[0])
    inside = np.maximum(f, slope) < float(np.finfo(points.dtype).max) / 16
    reach = np.maximum(np.maximum(1, f), np.abs(points.astype(float)))
    results = contender.activation(name, points)
    values = measure(points, results[0], exact.value, reach, inside)
    slopes = measure(points, results[1], exact.slope, np.maximum(1, slope), inside)
    usual = points < KNOWN.get((name, contender.name.split("-")[0]), np.inf)
    columns = {"value, p": worst(values.units, points, values.counts & usual)}
    for what, errors, size in (("value", values, f), ("slope", slopes, slope)):
        columns |= absolute_and_relative(what, errors, size, errors.counts & usual)
    found = departures("value", values) + departures("slope", slopes)
    return Row(name, contender.name, str(points.dtype), columns, found)


def absolute_and_relative(what: str, errors: Errors, size: Array, counts: Array) -> Columns:
    """The largest error in units of u·max(1, size), and in units of u·size over normal numbers."""
    in_u = errors.absolute / ROUNDOFF[str(errors.points.dtype)]
    normal = counts & (size > float(np.finfo(errors.points.dtype).smallest_normal))
    relative = in_u / np.where(normal, size, 1)
    return {
        what: worst(in_u / np.maximum(1, size), errors.points, counts),
        f"{what}, r": worst(relative, errors.points, normal),
    }


def sweep_activation(
    name: str, dtype: str, count: int, contenders: Sequence[Contender]
) -> Iterator[Row]:
    """One activation in one dtype: every contender against the same truth."""
    points = away_from_breakpoints(name, sweep_points(dtype, count))
    exact = tabulate([truth(DEFINITIONS[name], float(p)) for p in points])
    for contender in contenders:
        yield judge_activation(name, contender, points, exact)


LOSS_UNITS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "half_squared_error": lambda x, y, g: np.abs(g),
    "squared_error": lambda x, y, g: np.abs(g),
    "huber": lambda x, y, g: np.abs(g),
    "log_cosh": lambda x, y, g: np.ones_like(g),
    "binary_cross_entropy_with_logits": lambda x, y, g: np.maximum(1, np.abs(y)),
    "poisson": lambda x, y, g: np.exp(x) + np.abs(y),
}


def loss_truth(name: str, x: Array, y: Array) -> Pair:
    """The gradient of each sample's loss, for samples with one output."""
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return tabulate([truth(_with_target(name, t), p) for p, t in pairs]).slope


def _with_target(name: str, y: float) -> Callable[[Series], Series]:
    """The loss as a function of the output alone."""
    return lambda x: LOSS_DEFINITIONS[name](x, arb(y))


def sweep_loss(name: str, dtype: str, count: int, contenders: Sequence[Contender]) -> Iterator[Row]:
    """One elementwise loss in one dtype: every contender's gradient, in the units of its class."""
    x, y = loss_points(name, dtype, count)
    exact = loss_truth(name, x, y)
    with np.errstate(all="ignore"):
        scale = LOSS_UNITS[name](x.astype(float), y.astype(float), exact[0])
    limits = np.finfo(x.dtype)
    inside = (scale < float(limits.max) / 16) & (scale > float(limits.smallest_normal))
    for contender in contenders:
        gradient = contender.gradient(name, x[:, None], y[:, None])[:, 0]
        errors = measure(x, gradient, exact, scale, inside)
        columns = {"gradient": worst(errors.units, np.stack([x, y], axis=1), errors.counts)}
        yield Row(name, contender.name, dtype, columns, departures("gradient", errors))


def sweep_softmax(dtype: str, count: int, contenders: Sequence[Contender]) -> Iterator[Row]:
    """softmax_cross_entropy by width, over five scales: units u·Σ|y| = u, for every output."""
    for width in WIDTHS:
        sets = [softmax_samples(width, s, dtype, count) for s in (0.1, 1, 10, 100, 1000)]
        x, y = (np.concatenate(part) for part in zip(*sets, strict=True))
        exact = [np.stack(part) for part in zip(*map(softmax_truth, x, y), strict=True)]
        for contender in contenders:
            gradient = contender.gradient("softmax_cross_entropy", x, y)
            units = difference(gradient, (exact[0], exact[1])).max(axis=1) / ROUNDOFF[dtype]
            columns = {"gradient": worst(units, np.arange(len(x)), np.isfinite(units))}
            yield Row(f"softmax_cross_entropy, width {width}", contender.name, dtype, columns, [])
