"""The admissible set holds the truth and honest implementations, and little else."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb

from manual_backprop import (
    ACTIVATIONS,
    Activation,
    Layer,
    Loss,
    Network,
    Problem,
    enclose,
    gradient,
    gradient_by_recursion,
    judge,
)
from manual_backprop.arithmetic.balls import Balls
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.arithmetic.precision import precision
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.oracle import admissible
from manual_backprop.oracle.accuracy import Departure

from .drawn import arrays, drawn

NETWORKS = 100
"""For each dtype and order; a campaign takes more."""

DOUBLE = float_format("float64")
DTYPES = [np.float16, np.float32, np.float64]
ORDERS: dict[Any, Callable[[Problem], Any]] = {
    "reverse": gradient,
    "forward": gradient_by_recursion,
}


def quietly(order: Any, problem: Problem) -> Any:
    """Our own gradient in the order; float16 overflows where it must."""
    with np.errstate(all="ignore"):
        return ORDERS[order](problem)


# ── what is inside ──


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ORDERS)
def test_our_own_gradients_conform(order: Any, dtype: Any) -> None:
    """Backpropagation and the recursion are never wrong, in three dtypes; most are decided."""
    problems = [drawn(seed, dtype=dtype) for seed in range(NETWORKS)]
    kinds = [judge(each, quietly(order, each), order=order).kind for each in problems]

    assert {str(kind) for kind in kinds} <= {"conforms", "undecided"}
    assert kinds.count("conforms") >= 0.9 * NETWORKS


def holds_truth(sets: Rounded, truth: Balls) -> bool:
    """Whether each set holds the whole enclosure of the truth."""
    with precision(400):
        return all(
            np.isinf(radius) or abs(ball - float(middle)) <= arb(float(radius))
            for ball, middle, radius in zip(
                truth.entries, sets.midpoint.ravel(), sets.radius.ravel(), strict=True
            )
        )


REGIMES: dict[str, Callable[[Any], Any]] = {
    "plain": lambda array: array,
    "tiny": lambda array: array * array.dtype.type(2.0 ** (np.finfo(array.dtype).minexp // 2)),
    "subnormal": lambda array: array * np.finfo(array.dtype).smallest_subnormal * 3,
    "large": lambda array: array * 64,
}


def scaled(problem: Problem, change: Callable[[Any], Any]) -> Problem:
    """The problem with its weights, biases and inputs changed."""
    layers = [
        Layer(change(W), None if b is None else change(b), f)
        for W, b, f in ((x.weights, x.biases, x.activation) for x in problem.network.layers)
    ]
    inputs, targets = change(problem.inputs), problem.targets
    return Problem(Network(layers), inputs, targets, problem.loss, problem.reduction)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("order", ORDERS)
def test_the_true_gradient_is_inside(order: Any, regime: str) -> None:
    """It is what an implementation without any error returns, underflowing networks included."""
    for seed in range(NETWORKS // 2):
        dtype = DTYPES[seed % 3]
        with np.errstate(all="ignore"):
            problem = scaled(drawn(seed, dtype=dtype, biases=True), REGIMES[regime])
        truth = enclose(problem)
        if not truth.kinks:
            sets = admissible(problem, float_format(np.dtype(dtype).name), order)
            pairs = zip(arrays(sets), arrays(truth), strict=True)
            assert all(holds_truth(*pair) for pair in pairs)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "tf32", "bfloat16_operands"])
def test_a_shorter_format_than_the_problems_holds_the_truth(name: str) -> None:
    """A float64 problem may be judged in any class: its numbers may then have been rounded."""
    for seed in range(NETWORKS // 4):
        problem = drawn(seed, biases=True)
        truth, sets = enclose(problem), admissible(problem, float_format(name))
        if not truth.kinks:
            assert all(holds_truth(*pair) for pair in zip(arrays(sets), arrays(truth), strict=True))


def test_numbers_rounded_to_the_class_are_no_finding() -> None:
    """float32's own gradient of the rounded numbers conforms where w·x − y cancels."""
    rng = np.random.default_rng(0)
    for w, x in rng.uniform(1, 2, (200, 2)):
        numbers = [[[w]], [x], [w * x]]
        exact, short = (
            Problem(Network([Layer(W, 0 * x)]), x, y, "squared_error")
            for W, x, y in (map(np.float64, numbers), map(np.float32, numbers))
        )

        assert not judge(exact, gradient(short), "float32").kind.is_finding


# ── how the classes lie to each other ──


def radii(problem: Problem, name: str, order: Any = "reverse") -> list[Any]:
    """The radii of all arrays."""
    return [each.radius for each in arrays(admissible(problem, float_format(name), order))]


def test_coarser_classes_are_wider() -> None:
    """float64 < float32 < tf32 < bfloat16 operands < bfloat16, entry by entry."""
    for seed in range(NETWORKS // 4):
        problem = drawn(seed, ["tanh", "sin", "sigmoid"], dtype=np.float32)
        names = ["float64", "float32", "tf32", "bfloat16_operands"]
        widths = [radii(problem, name) for name in names]

        for narrow, wide in pairwise(widths):
            assert all((a <= b).all() for a, b in zip(narrow, wide, strict=True))


def test_a_departure_is_granted_on_its_range_alone() -> None:
    """It widens the entries of its function, format and range, and leaves all others."""
    problem = Problem.random((2, 3, 1), ["tanh", "identity"], samples=2)
    plain = radii(problem, "float64")

    def with_departure(**changes: Any) -> list[Any]:
        choices = {
            "function": "tanh",
            "part": "derivative",
            "dtypes": ("float64",),
            "low": -9.0,
            "high": 9.0,
            "error": 1e-6,
        }
        departure = Departure(**(choices | changes))  # type: ignore[arg-type]
        return [each.radius for each in arrays(admissible(problem, DOUBLE, "reverse", [departure]))]

    wide = with_departure()
    assert all((a * 1e3 < b).all() for a, b in zip(plain[:2], wide[:2], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(plain[2:], wide[2:], strict=True))
    for elsewhere in ({"low": 20.0, "high": 30.0}, {"function": "sin"}, {"dtypes": ("float32",)}):
        found = with_departure(**elsewhere)
        assert all(np.array_equal(a, b) for a, b in zip(plain, found, strict=True))
    value = with_departure(part="value")
    assert all((a < b).all() for a, b in zip(plain, value, strict=True))


def test_the_mean_may_overflow_before_it_divides() -> None:
    """With S samples the headroom is S times larger: S·L may have been summed before 1/S."""
    top = DOUBLE.largest / 16

    def known(samples: int) -> bool:
        rows = np.full((samples, 1), top / 10)
        problem = Problem(Network([Layer([[1.0]], [0.0])]), rows, loss="identity_sum")
        return bool(np.isfinite(admissible(problem, DOUBLE).weights[0].radius).all())

    assert known(2)
    assert not known(20)


def test_no_samples_have_the_gradient_zero() -> None:
    """The sum over no samples has the point 0 for each entry."""
    network = Network.random((2, 3, 1))
    problem = Problem(network, np.zeros((0, 2)), np.zeros((0, 1)), reduction="sum")

    for sets in arrays(admissible(problem, DOUBLE)):
        assert not sets.midpoint.any()
        assert not sets.radius.any()


def test_layers_without_biases_count_as_zeros() -> None:
    """The set of a problem without biases is the set of the same problem with zeros there."""
    problem = Problem.random((2, 3, 1), biases=False)
    pairs = zip(
        arrays(admissible(problem, DOUBLE)),
        arrays(admissible(problem.with_biases(), DOUBLE)),
        strict=True,
    )

    assert all(np.array_equal(a.radius, b.radius) for a, b in pairs)


# ── what cannot be ──


def test_an_unknown_order_is_refused() -> None:
    """The message names the nearest order."""
    with pytest.raises(ValueError, match=r"unknown order 'revers': did you mean 'reverse'\?"):
        judge(drawn(0), gradient(drawn(0)), order="revers")  # type: ignore[arg-type]


def test_functions_without_a_class_are_refused() -> None:
    """A user's own activation or loss has no accuracy class; the message says what has."""
    cube = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)
    fourth = Loss("fourth", lambda x, y: ((x - y) ** 4).sum(-1), lambda x, y: 4 * (x - y) ** 3)
    own = Problem(Network([Layer([[1.0]], [0.0], cube)]), [1.0], [0.0])
    lost = Problem(Network([Layer([[1.0]], [0.0])]), [1.0], [0.0], fourth)

    with pytest.raises(ValueError, match="activation 'cube' is not the catalogue's"):
        judge(own, gradient(own))
    with pytest.raises(ValueError, match="loss 'fourth' is not the catalogue's"):
        judge(lost, gradient(lost))


@pytest.mark.parametrize("dtype", [np.longdouble, object])
def test_dtypes_without_a_class_are_refused(dtype: Any) -> None:
    """longdouble and Fractions have no class of their own; the message lists the formats."""
    problem = Problem.random((2, 1), "square", dtype=dtype)

    with pytest.raises(ValueError, match="no error bounds for dtype"):
        judge(problem, gradient(problem))


def test_every_activation_has_its_class() -> None:
    """Each of the catalogue has a finite set, in every format with float32's range or more."""
    for name in ACTIVATIONS:
        problem = Problem.random((2, 2, 2), name, dtype=np.float16)
        for form in ("bfloat16", "float32", "float64", "tf32", "float16_operands"):
            assert all(np.isfinite(each).all() for each in radii(problem, form))
