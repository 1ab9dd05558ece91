"""The fast path against the readable recursion, and what must not show: reuse, order, threads."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from manual_backprop import (
    ACTIVATIONS,
    LOSSES,
    Activation,
    Gradients,
    Layer,
    Loss,
    Network,
    Problem,
    Verdict,
    fast,
    gradient,
    judge,
)
from manual_backprop import backprop as backprop_module
from manual_backprop.arrays import FLOATS
from manual_backprop.backprop import backprop_in_blocks
from manual_backprop.objective import objective

from .drawn import drawn

DTYPES = (np.float32, np.float64)
EXACT_ACTIVATIONS = ("identity", "relu", "relu6", "hardtanh", "softshrink", "abs")
EXACT_LOSSES = ("half_squared_error", "squared_error", "absolute_error", "hinge", "identity_sum")


@pytest.fixture(params=["as it is", "as if all were large"])
def _sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays go the ways of large ones too: in pieces, over p, by transposed products."""
    if request.param == "as if all were large":
        monkeypatch.setattr(fast, "PIECE", 5)
        monkeypatch.setattr(fast, "FEW", 0)


def reference(problem: Problem) -> Gradients:
    """The gradient by the readable recursion (5.5)."""
    end = partial(objective, problem)
    loss, x_bar, pairs = backprop_in_blocks(problem.network.layers, problem.inputs, end)
    weights, biases = zip(*pairs, strict=True)
    biases = tuple(
        None if layer.biases is None else each
        for layer, each in zip(problem.network.layers, biases, strict=True)
    )
    return Gradients(loss, weights, biases, lambda: x_bar()[0] if problem.one_sample else x_bar())


def arrays(g: Gradients) -> list[Any]:
    """Everything that a gradient holds."""
    return [np.asarray(g.loss), g.inputs, *g.weights, *(b for b in g.biases if b is not None)]


def bits(g: Gradients) -> list[Any]:
    """The same, as shapes, dtypes and bytes."""
    return [(each.shape, each.dtype.str, each.tobytes()) for each in arrays(g)]


def whole(seed: int, dtype: Any, samples: int = 5, **choices: Any) -> Problem:
    """A network of small whole numbers and exact functions: nothing is rounded anywhere.

    Sums of up to 4 terms, three layers: all are multiples of 1/64 below 2^18.
    """
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 5, 4)

    def numbers(*shape: int) -> Any:
        return rng.integers(-1, 2, shape).astype(dtype)

    names = [str(rng.choice(EXACT_ACTIVATIONS)) for _ in range(3)]
    layers = [
        Layer(numbers(m, n), numbers(m) if rng.integers(3) else None, name)
        for n, m, name in zip(widths[:-1], widths[1:], names, strict=True)
    ]
    loss = str(rng.choice(EXACT_LOSSES))
    y = numbers(samples, widths[-1])
    targets = np.where(y > 0, y.dtype.type(1), y.dtype.type(-1)) if loss == "hinge" else y
    inputs = numbers(samples, widths[0])
    return Problem(Network(layers), inputs, targets, loss, **choices)


# ── against the recursion ──


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("samples", [1, 4])
def test_where_nothing_is_rounded_all_numbers_are_the_same(
    dtype: Any, reduction: Any, samples: int
) -> None:
    """On whole numbers and exact functions both ways give the same numbers, inputs included."""
    for seed in range(60):
        problem = whole(seed, dtype, samples, reduction=reduction)

        expected, found = arrays(reference(problem)), arrays(gradient(problem))

        assert [each.dtype for each in expected] == [each.dtype for each in found]
        assert all(map(np.array_equal, expected, found))


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_within_the_proved_bound(name: str, dtype: Any) -> None:
    """Hidden and last, with and without biases, no entry is outside the admissible set."""
    for seed in range(12):
        problem = drawn(seed, [name], dtype=dtype, samples=6)

        with np.errstate(over="ignore", invalid="ignore"):  # exp and square may leave the range
            kind = judge(problem, gradient(problem)).kind

        assert kind in (Verdict.CONFORMS, Verdict.UNDECIDED)


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_within_the_proved_bound(name: str, dtype: Any) -> None:
    """Summed and averaged, for one sample and several, no entry is outside the admissible set."""
    for seed in range(12):
        problem = drawn(seed, ["tanh", "relu", "identity"], [name], dtype=dtype, samples=6)

        assert judge(problem, gradient(problem)).kind in (Verdict.CONFORMS, Verdict.UNDECIDED)


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loss_differs_by_the_order_of_a_sum(dtype: Any) -> None:
    """½‖x − y‖² of n terms, all positive, is within 2(n + 3) roundings of the recursion's.

    The outputs are whole numbers, the same both ways. Each way rounds a difference, its square and
    a sum of n terms in some order, of relative error (n + 2)u in all, and divides once.
    """
    for seed in range(20):
        rng = np.random.default_rng(seed)
        W, x = (rng.integers(-9, 10, shape).astype(dtype) for shape in ((5, 3), (seed + 1, 3)))
        problem = Problem(Network([Layer(W)]), x, rng.normal(0, 9, (seed + 1, 5)).astype(dtype))

        expected, found = float(reference(problem).loss), float(gradient(problem).loss)

        roundings = 2 * (problem.targets.size + 3)
        assert abs(expected - found) <= roundings * np.finfo(dtype).eps / 2 * expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["tanh", "relu", "identity"])
def test_large_arrays_have_the_activations_own_derivative(name: str, dtype: Any) -> None:
    """For L = Σ f(W x), x each unit vector in turn, ∂L/∂W is f'(W): the products round nothing.

    It has the catalogue's bits; float32 tanh is 4 ulp off, ε each, from where the catalogue is ½.
    """
    W = np.random.default_rng(0).normal(0, 3, (300, 200)).astype(dtype)
    problem = Problem(
        Network([Layer(W, None, name)]), np.eye(200, dtype=dtype), None, "identity_sum", "sum"
    )
    assert W.size > fast.PIECE

    expected, found = ACTIVATIONS[name].derivative(W), gradient(problem).weights[0]

    off = 4.5 * np.finfo(dtype).eps if (name, dtype) == ("tanh", np.float32) else 0
    assert np.all(np.abs(found - expected) <= off * expected)


def test_a_wrong_slope_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """1 − x² for tanh's derivative, with x = p by mistake, is outside the admissible set."""
    dtype = np.dtype(np.float64)
    planted = fast.InPlace(np.tanh, lambda p: 1 - p * p)
    monkeypatch.setitem(fast.IN_PLACE[dtype], id(ACTIVATIONS["tanh"]), planted)
    problem = Problem.random((2, 3, 1))

    assert judge(problem, reference(problem)).kind == Verdict.CONFORMS
    assert judge(problem, gradient(problem)).kind == Verdict.WRONG


# ── float32 stays float32 ──


def ulps(found: Any, truth: Any) -> Any:
    """Errors of float32 numbers in units of the last place of the truth, given as float64."""
    _, exponent = np.frexp(truth)
    return np.abs(found.astype(np.float64) - truth) / np.ldexp(1.0, np.maximum(exponent - 24, -149))


def test_float32_tanh_and_its_derivative_are_within_2_and_4_ulp() -> None:
    """On every 997th number from the smallest to where tanh' is 0, subnormal slopes included."""
    top = int(np.float32(60).view(np.int32))
    p = np.arange(1, top, 997, dtype=np.int32).view(np.float32)
    tanh = fast.IN_PLACE[np.dtype(np.float32)][id(ACTIVATIONS["tanh"])]
    truth = p.astype(np.float64)

    value = tanh.value(p)
    slope = tanh.derivative(p.copy())

    assert ulps(value, ACTIVATIONS["tanh"].value(truth)).max() <= 2
    assert ulps(slope, ACTIVATIONS["tanh"].derivative(truth)).max() <= 4
    assert np.array_equal(slope, tanh.derivative(-p))


# ── nothing of one call is seen in another ──


def several(dtype: Any) -> list[Problem]:
    """Problems of different sizes and kinds."""
    small = [drawn(seed, ["tanh", "relu", "gelu"], dtype=dtype) for seed in range(6)]
    large = [
        Problem.random((40, 150, 10), ["tanh", "identity"], samples=S, seed=S, dtype=dtype)
        for S in (1, 120, 130)
    ]
    return small + large


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_earlier_calls(dtype: Any) -> None:
    """A problem's gradient has the same bits whatever was computed in between."""
    first = [bits(gradient(problem)) for problem in several(dtype)]

    again = [bits(gradient(problem)) for problem in reversed(several(dtype))]

    assert first == again[::-1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_share_memory_with_nothing(dtype: Any) -> None:
    """Arrays of two gradients of a problem overlap neither each other nor the problem's own."""
    for problem in several(dtype):
        results = [*arrays(gradient(problem)), *arrays(gradient(problem))]
        own = [problem.inputs, problem.targets]
        own += [each.weights for each in problem.network.layers]

        for k, each in enumerate(results):
            others = results[k + 1 :] + own
            assert not any(np.shares_memory(each, other) for other in others)


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_can_be_written_over(dtype: Any) -> None:
    """Writing over all other results changes nothing of ∂L/∂x, which is computed afterwards."""
    for problem in several(dtype):
        expected = gradient(problem).inputs

        g = gradient(problem)
        for each in (*g.weights, *g.biases):
            if each is not None:
                each[...] = np.nan

        assert np.array_equal(expected, g.inputs)


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_do_not_disturb_each_other(dtype: Any) -> None:
    """Gradients computed in eight threads at once are the same as one after the other."""
    problems = several(dtype)[:6] * 50

    expected = [bits(gradient(problem)) for problem in problems]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda problem: bits(gradient(problem)), problems))

    assert expected == found


@pytest.mark.parametrize("dtype", DTYPES)
def test_arguments_are_left_alone(dtype: Any) -> None:
    """No number of a problem changes, in pieces or whole."""
    for problem in several(dtype):
        own = [problem.inputs, problem.targets]
        own += [array for each in problem.network.layers for array in (each.weights, each.biases)]
        own = [each for each in own if each is not None]
        before = [each.tobytes() for each in own]

        _ = gradient(problem).inputs

        assert before == [each.tobytes() for each in own]


# ── whom it takes ──


def test_other_dtypes_go_by_the_recursion(monkeypatch: pytest.MonkeyPatch) -> None:
    """float16, longdouble and Fractions never come here, and have the recursion's own bits."""
    monkeypatch.setattr(backprop_module, "fast_gradient", None)
    for dtype in (np.float16, np.longdouble, object):
        problem = Problem.random((3, 4, 2), "relu", samples=3, dtype=dtype)

        expected, found = arrays(reference(problem)), arrays(gradient(problem))

        assert [each.tolist() for each in expected] == [each.tolist() for each in found]
    assert {*FLOATS} - {np.float16, np.longdouble} == {*DTYPES}


OWN = [
    Activation("tanh", lambda p: p, lambda p: p),
    Activation("relu", lambda p: 2 * p, lambda p: np.full_like(p, 2)),
]
"""A user's activations: one that lends what it was given, one under a name of the catalogue's."""


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("own", OWN, ids=["lends", "named"])
def test_a_users_functions_are_called(own: Activation, dtype: Any) -> None:
    """An activation and a loss of one's own are run as they are, even if they lend their input."""
    loss = Loss("own", lambda x, y: x.sum(axis=-1), lambda x, y: y)
    layers = [Layer(np.eye(3, dtype=dtype), None, each) for each in (own, "relu", own)]
    inputs, targets = np.ones((2, 3), dtype), np.arange(6, dtype=dtype).reshape(2, 3)
    problem = Problem(Network(layers), inputs, targets, loss)

    expected, found = arrays(reference(problem)), arrays(gradient(problem))

    assert all(map(np.array_equal, expected, found))


# ── memory ──


def test_memory_is_let_go_on_the_way_back() -> None:
    """The peak is the trace and one layer's results, or all results and what one layer needs.

    Six layers of 400 units, 500 samples. Of each layer the trace holds p and x, S·l numbers each;
    ∇L is one more, and the next x̄ another. Each step back lets p and x go, and makes a layer's
    gradient of fewer numbers than these: what is held falls until the trace is gone.
    """
    problem = Problem.random((400,) * 7, samples=500)
    outputs, layer = 8 * 500 * 400, 8 * 401 * 400
    _ = gradient(problem)

    tracemalloc.start()
    g = gradient(problem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    pieces = 3 * 8 * fast.PIECE
    assert len(g.weights) == 6
    assert peak <= max(14 * outputs + layer, 6 * layer + 5 * outputs) + pieces
