"""The constants of the accuracy classes, held against a small sweep of the frameworks.

The evidence is `benchmarks/accuracy_sweep.py`, with thousands of points; here the same sweep runs
with about a hundred, and every constant must be at least twice what it finds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from conformance.backends import NAMES
from conformance.departures import KNOWN
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.oracle.accuracy import CLASSES, LOSS_CLASSES, FunctionClass, LossClass

POINTS = 120
CONTENDERS = ("torch", "jax-jit", "textbook")

VALUES = {"f": "value, r", "max(1, f)": "value", "max(1, p, f)": "value, p"}
SLOPES = {"f": "slope, r", "max(1, f)": "slope"}
"""The sweep's column in the units of each scale."""

SWEEP_UNITS = {"squared_error": 2.0}
"""Units of the sweep, u·|∇L|, in units of the class, u·|x − y|, where the two differ."""

EXACT_LOSSES = [name for name, each in LOSS_CLASSES.items() if each.units == 0]

OVERFLOWING = {("softplus", "textbook"), ("log_sigmoid", "textbook")}
"""log(1 + e^p) as it stands overflows with e^p: a finding, which no class excuses."""

ULP = {"float32": 2.0**-24, "float64": 2.0**-53}
Found = list[tuple[str, str, str, float]]


@pytest.fixture(scope="module")
def benchmarks() -> Any:
    """The sweep's module; skipped where a framework is missing."""
    for package in ("torch", "jax", "rich"):
        pytest.importorskip(package)
    return import_module("benchmarks.accuracy_sweep")


@pytest.fixture(scope="module")
def contenders(benchmarks: Any) -> list[Any]:
    """PyTorch, compiled JAX, and the textbook."""
    benchmarks.prepare()
    return [each for each in benchmarks.CONTENDERS if each.name in CONTENDERS]


@pytest.fixture(scope="module")
def rows(benchmarks: Any, contenders: list[Any]) -> list[Any]:
    """Every function and loss that the sweep compares, in both dtypes."""
    functions = [*ACTIVATIONS, *(name for name in LOSSES if name not in EXACT_LOSSES)]
    return list(benchmarks.sweep(functions, POINTS, contenders)[0])


def found_by(row: Any, column: str) -> float:
    """The largest error in a column."""
    return float(row.columns[column].error)


def beyond_half(
    rows: Iterable[Any],
    classes: Mapping[str, FunctionClass] = CLASSES,
    losses: Mapping[str, LossClass] = LOSS_CLASSES,
) -> Found:
    """What is above half of its constant: function and part, contender, dtype, error in units."""
    return [
        (f"{row.function}: {part}", row.contender, row.dtype, error)
        for row in rows
        for part, error, units in _parts(row, classes, losses)
        if error > units / 2
    ]


def _parts(
    row: Any, classes: Mapping[str, FunctionClass], losses: Mapping[str, LossClass]
) -> Iterator[tuple[str, float, float]]:
    """Of each part of a row: its name, the error found, and the class's constant."""
    if row.function in classes:
        each = classes[row.function]
        yield "value", found_by(row, VALUES[each.value_scale]), each.value_units
        yield "derivative", found_by(row, SLOPES[each.derivative_scale]), each.derivative_units
    else:
        name = row.function.split(",")[0]
        in_units_of_class = found_by(row, "gradient") * SWEEP_UNITS.get(name, 1.0)
        yield "gradient", in_units_of_class, losses[name].units


# ── the tables ──


def test_every_name_has_a_class() -> None:
    """Every activation and every loss has a class, and no class is without its function."""
    assert set(CLASSES) == set(ACTIVATIONS)
    assert set(LOSS_CLASSES) == set(LOSSES)


def test_constants_are_powers_of_two() -> None:
    """Every constant is 0 or a power of two from 1 to 1024."""
    units = {
        *(each.value_units for each in CLASSES.values()),
        *(each.derivative_units for each in CLASSES.values()),
        *(each.units for each in LOSS_CLASSES.values()),
    }
    assert units <= {0, *(2**k for k in range(11))}


def test_scales_are_columns_of_the_sweep(rows: list[Any]) -> None:
    """Each class's scale is one that the sweep measures, for each name in both dtypes."""
    swept = {(row.function.split(",")[0], row.dtype) for row in rows}

    assert {each.value_scale for each in CLASSES.values()} <= set(VALUES)
    assert {each.derivative_scale for each in CLASSES.values()} <= set(SLOPES)
    names = (set(ACTIVATIONS) | set(LOSSES)) - set(EXACT_LOSSES)
    assert {(name, dtype) for name in names for dtype in ULP} == swept


# ── the evidence ──


def test_every_constant_is_twice_what_is_found(rows: list[Any]) -> None:
    """PyTorch, compiled JAX and the textbook stay within half of each constant on its scale."""
    assert [] == beyond_half(rows)


def test_the_sweep_sees_rounding(rows: list[Any]) -> None:
    """Where a constant is not 0 the sweep finds some error, so that its silence means something."""
    worst: dict[str, float] = {}
    for row in rows:
        for part, error, units in _parts(row, CLASSES, LOSS_CLASSES):
            if units:
                key = f"{row.function.split(',')[0]}: {part}"
                worst[key] = max(worst.get(key, 0.0), error)

    assert {"square: derivative"} == {key for key, error in worst.items() if error == 0}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tanh", {"value_units": 1}),
        ("mish", {"derivative_units": 16}),
        ("exp", {"value_units": 1}),
        ("elu", {"derivative_units": 0}),
    ],
)
def test_too_small_a_constant_is_caught(rows: list[Any], name: str, change: Any) -> None:
    """A constant that is too small is found by the same comparison, under its own name alone."""
    part = next(iter(change)).removesuffix("_units")
    found = beyond_half(rows, {**CLASSES, name: replace(CLASSES[name], **change)})

    assert {f"{name}: {part}"} == {each for each, *_ in found}


def test_too_strict_a_scale_is_caught(rows: list[Any]) -> None:
    """1 − tanh² is no relative approximation: on the relative scale the same constant fails."""
    strict = {**CLASSES, "tanh": replace(CLASSES["tanh"], derivative_scale="f")}

    found = beyond_half(rows, strict)
    assert {("tanh: derivative", "textbook")} <= {(each, who) for each, who, *_ in found}


@pytest.mark.parametrize("name", ["huber", "log_cosh", "softmax_cross_entropy"])
def test_too_small_a_loss_constant_is_caught(rows: list[Any], name: str) -> None:
    """A loss's constant of 0 is found too small."""
    none = {**LOSS_CLASSES, name: replace(LOSS_CLASSES[name], units=0)}

    found = beyond_half(rows, losses=none)
    assert {name} == {each.split(":")[0].split(",")[0] for each, *_ in found}


# ── departures ──


def is_known(row: Any, departure: Any) -> bool:
    """Whether a line of KNOWN grants this error to this contender, over all of its range."""
    part = {"value": "value", "slope": "derivative"}[departure.what]
    return any(
        (line.departure.function, line.departure.part) == (row.function, part)
        and row.dtype in line.departure.dtypes
        and any(backend.startswith(row.contender) for backend in line.backends)
        and line.departure.low <= departure.lowest
        and departure.highest <= line.departure.high
        and departure.largest_error <= line.departure.error
        for line in KNOWN
    )


def overflows_by_class(row: Any, departure: Any) -> bool:
    """Whether all points lie beyond the argument from which the class allows an overflow."""
    nearest = min(abs(departure.lowest), abs(departure.highest))
    largest = float(np.finfo(row.dtype).max)
    return nearest > CLASSES[row.function].largest_argument(largest)


def test_departures_are_known_or_out_of_range(rows: list[Any]) -> None:
    """What is no rounding is granted by a line of KNOWN, or beyond the class's range."""
    unknown = {
        (row.function, row.contender)
        for row in rows
        for departure in row.departures
        if not overflows_by_class(row, departure) and not is_known(row, departure)
    }
    assert OVERFLOWING == unknown


def test_known_departures_are_seen(rows: list[Any]) -> None:
    """The sweep, of PyTorch and JAX, itself sees every departure of theirs that KNOWN lists."""
    known = [each.departure for each in KNOWN if set(NAMES) & set(each.backends)]
    seen = {
        (row.function, departure.what)
        for row in rows
        for departure in row.departures
        if isinstance(departure.largest_error, float) and is_known(row, departure)
    }
    parts = {"value": "value", "derivative": "slope"}
    assert {(each.function, parts[each.part]) for each in known} == seen


# ── exact losses ──


@pytest.mark.parametrize("dtype", ULP)
@pytest.mark.parametrize("name", EXACT_LOSSES)
def test_losses_with_no_units_are_exact(contenders: list[Any], name: str, dtype: str) -> None:
    """Away from kinks each contender's gradient of a loss with constant 0 is exact."""
    random = np.random.default_rng(7)
    x = (random.choice([-1, 1], 40) * 2.0 ** random.uniform(-20, 20, 40)).astype(dtype)[:, None]
    y = np.where(random.random((40, 1)) < 0.5, -1, 1).astype(dtype)
    exact = {
        "absolute_error": np.sign(x - y),
        "hinge": np.where(y * x < 1, -y, 0),
        "identity_sum": np.ones_like(x),
    }[name]

    for contender in contenders[: 2 if name == "identity_sum" else 3]:  # no textbook has that one
        assert np.array_equal(exact, contender.gradient(name, x, y)), contender.name


def test_softmax_units_hold_for_every_width(rows: list[Any]) -> None:
    """softmax's constant leaves a factor of two with no help of the n units that it is granted."""
    worst = {
        row.function: max(
            found_by(each, "gradient") for each in rows if each.function == row.function
        )
        for row in rows
        if row.function.startswith("softmax")
    }
    assert len(worst) == 8
    assert max(worst.values()) <= LOSS_CLASSES["softmax_cross_entropy"].units / 2


def test_largest_arguments_are_inside_the_format() -> None:
    """Where a class sets a range it is below the largest number, and above any usual argument."""
    for dtype in ULP:
        largest = float(np.finfo(dtype).max)
        limits = {name: each.largest_argument(largest) for name, each in CLASSES.items()}
        limited = {name for name, limit in limits.items() if limit < largest}
        assert {"square", "squareplus", "gelu_tanh"} == limited
        assert all(1e8 < limit < math.inf for limit in limits.values())
