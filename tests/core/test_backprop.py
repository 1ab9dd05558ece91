"""Backpropagation: the chain rule for any function, the objective (1.2), depth, dtypes, data."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import FrozenInstanceError
from fractions import Fraction
from functools import partial
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from manual_backprop import (
    ACTIVATIONS,
    Gradients,
    Layer,
    Network,
    Problem,
    fast,
    gradient,
    gradient_by_recursion,
)
from manual_backprop import backprop as backprop_module
from manual_backprop.arrays import FLOATS
from manual_backprop.backprop import backprop, backprop_in_blocks
from manual_backprop.objective import objective
from manual_backprop.recursion import bias_base, end, linearize, tangent, weight_base

from .networks import (
    FEW,
    RATIONAL_ACTIVATIONS,
    RATIONAL_LOSSES,
    entries,
    has_kink,
    numbers,
    rational_problems,
    slope_along,
)

# ── against derivatives that know no rule of ours ──


@FEW
@given(rational_problems(), st.data())
def test_the_gradient_is_the_slope_along_any_line(problem: Problem, data: st.DataObject) -> None:
    """⟨∇L, v⟩ is exactly the series coefficient of the primal formulas along θ + εv."""
    assume(not has_kink(problem))
    g = gradient(problem)
    v = Gradients(
        loss=None,
        weights=tuple(data.draw(numbers(*each.shape)) for each in g.weights),
        biases=tuple(
            None if each is None else data.draw(numbers(*each.shape)) for each in g.biases
        ),
        compute_inputs=partial(data.draw, numbers(*g.inputs.shape)),
    )

    pairs = zip(entries(g), entries(v), strict=True)
    inner = sum(x * y for xs, ys in pairs for x, y in zip(xs, ys, strict=True))
    assert inner == slope_along(problem, v)


def unknown_function(name: str, arguments: int = 1) -> Any:
    """A SymPy function of which nothing is known but the names of its partial derivatives."""
    partials = [sympy.Function(f"{name}_{index}") for index in range(1, arguments + 1)]
    return type(
        name,
        (sympy.Function,),
        {"nargs": arguments, "fdiff": lambda self, index=1: partials[index - 1](*self.args)},
    )


class SymbolicActivation:
    """An unknown f: value f(p), derivative f'(p)."""

    def __init__(self, name: str) -> None:
        self.f = unknown_function(name)

    def value(self, p: Any) -> Any:
        """f(p), entry by entry."""
        return np.vectorize(self.f, otypes=[object])(p)

    def derivative(self, p: Any) -> Any:
        """f'(p), entry by entry."""
        return np.vectorize(lambda each: self.f(each).fdiff(), otypes=[object])(p)


def symbols(name: str, *shape: int) -> Any:
    """An array of different symbols."""
    names = [sympy.Symbol(f"{name}{''.join(map(str, index))}") for index in np.ndindex(shape)]
    return np.array([*names, None], dtype=object)[:-1].reshape(shape)


def symbolic(widths: tuple[int, ...], samples: int) -> tuple[list[Any], Any, Any]:
    """Layers, inputs and objective, all of them letters: any network of these widths."""
    layers = [
        SimpleNamespace(
            weights=symbols(f"w{k}_", widths[k + 1], widths[k]),
            biases=symbols(f"b{k}_", widths[k + 1]),
            activation=SymbolicActivation(f"f{k + 1}"),
        )
        for k in range(len(widths) - 1)
    ]
    L = unknown_function("L", widths[-1])

    def end(x: Any) -> tuple[Any, Any]:
        slopes = [[L(*row).fdiff(i + 1) for i in range(widths[-1])] for row in x]
        return sum(L(*row) for row in x), np.array(slopes, dtype=object)

    return layers, symbols("x", samples, widths[0]), end


def is_equal(left: Any, right: Any) -> bool:
    """Whether two arrays of expressions are the same polynomials in the unknown functions."""
    return all(sympy.expand(each) == 0 for each in np.ravel(left - right))


def differentiated(loss: Any, by: Any) -> Any:
    """SymPy's derivative of the loss by each symbol of an array."""
    return np.vectorize(lambda symbol: sympy.diff(loss, symbol), otypes=[object])(by)


SYMBOLIC = [((2, 2), 2), ((1, 1, 1), 1), ((2, 2, 2), 1), ((1, 2, 1, 2), 1), ((1, 1, 1, 1), 2)]


@pytest.mark.parametrize(("widths", "samples"), SYMBOLIC)
def test_backprop_is_the_chain_rule_for_any_functions(widths: Any, samples: int) -> None:
    """With letters for numbers and unknown f and L, (5.5) is what SymPy differentiates."""
    layers, x, end = symbolic(widths, samples)

    loss, x_bar, gradients = backprop(layers, x, end)

    assert is_equal(x_bar(), differentiated(loss, x))
    for layer, (of_weights, of_biases) in zip(layers, gradients, strict=True):
        assert is_equal(of_weights, differentiated(loss, layer.weights))
        assert is_equal(of_biases, differentiated(loss, layer.biases))


@pytest.mark.parametrize(("widths", "samples"), SYMBOLIC)
def test_the_recursion_is_the_chain_rule_for_any_functions(widths: Any, samples: int) -> None:
    """With letters for numbers and unknown f and L, (3.1)–(3.4) are what SymPy differentiates."""
    layers, x, objective = symbolic(widths, samples)

    at = linearize(layers, x, objective)

    for k, layer in enumerate(layers):
        for i, j in np.ndindex(layer.weights.shape):
            found = end(at, tangent(at, k, weight_base(at, k, i, j), len(layers)))
            assert is_equal(found, sympy.diff(at.loss, layer.weights[i, j]))
            found = end(at, tangent(at, k, bias_base(at, k, i), len(layers)))
            assert is_equal(found, sympy.diff(at.loss, layer.biases[i]))


def test_a_missing_slope_is_caught() -> None:
    """Backpropagation that forgets one f' is not what SymPy differentiates."""
    layers, x, end = symbolic((1, 1, 1), 1)
    layers[0].activation.derivative = np.ones_like

    loss, _, gradients = backprop(layers, x, end)

    assert is_equal(gradients[1][0], differentiated(loss, layers[1].weights))
    assert not is_equal(gradients[0][0], differentiated(loss, layers[0].weights))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_one_weight_has_the_activations_own_derivative(name: str, dtype: Any) -> None:
    """For L = f(w·1) the gradient is the catalogue's f'(w), bit for bit."""
    w = np.array([-2.5, -0.3, 0.7, 3.5], dtype=dtype)

    function: Any = ACTIVATIONS[name]
    if (name, dtype) == ("tanh", np.float32):  # has a faster formula, which `test_fast` looks at
        function = fast.IN_PLACE[w.dtype][id(function)]
    expected = function.derivative(w.copy())

    for each, slope in zip(w, expected, strict=True):
        problem = Problem(
            Network([Layer(each[None, None], None, name)]), np.ones(1, dtype), None, "identity_sum"
        )
        assert slope == gradient(problem).weights[0][0, 0]


# ── the objective over samples (1.2) ──


@FEW
@given(rational_problems(samples=(1, 2, 3)))
def test_the_mean_is_the_sum_over_the_samples(problem: Problem) -> None:
    """Loss and gradient of the mean are those of the sum, divided by the number of samples."""
    S, rest = problem.samples, (problem.network, problem.inputs, problem.targets, problem.loss)

    of_sum, of_mean = (gradient(Problem(*rest, reduction)) for reduction in ("sum", "mean"))

    assert of_mean.loss * S == of_sum.loss
    assert [[S * each for each in array] for array in entries(of_mean)] == entries(of_sum)


@FEW
@given(rational_problems(samples=(2, 3)))
def test_the_sum_is_the_sum_of_single_samples(problem: Problem) -> None:
    """The gradient of a sum is the sum of the samples' gradients, and inputs keep their rows."""
    network, loss = problem.network, problem.loss
    g = gradient(Problem(network, problem.inputs, problem.targets, loss, "sum"))

    singles = [
        gradient(Problem(network, x, y, loss))
        for x, y in zip(problem.inputs, problem.targets, strict=True)
    ]

    assert g.loss == sum(each.loss for each in singles)
    assert g.inputs.tolist() == [each.inputs.tolist() for each in singles]
    for k, expected in enumerate(g.weights):
        assert expected.tolist() == sum(each.weights[k] for each in singles).tolist()


@FEW
@given(rational_problems(samples=(1,)))
def test_one_sample_is_a_vector_or_a_row(problem: Problem) -> None:
    """A sample given as a vector has the gradient of one row, its ∂L/∂x shaped as it was given."""
    rest = (problem.loss, problem.reduction)

    row = gradient(Problem(problem.network, problem.inputs, problem.targets, *rest))
    vector = gradient(Problem(problem.network, problem.inputs[0], problem.targets[0], *rest))

    assert entries(row) == entries(vector)
    assert (row.inputs.shape, vector.inputs.shape) == (
        problem.inputs.shape,
        problem.inputs[0].shape,
    )


@FEW
@given(rational_problems(samples=(0,)))
def test_no_samples_have_no_gradient(problem: Problem) -> None:
    """The sum over no samples is 0, with zeros of every parameter's shape for its gradient."""
    g = gradient(problem)

    assert g.loss == 0
    assert g.inputs.shape == problem.inputs.shape
    for k, layer in enumerate(problem.network.layers):
        assert g.weights[k].shape == layer.weights.shape
    assert {each for array in entries(g) for each in array} <= {0}


# ── depth ──


def chain(depth: int) -> Problem:
    """A narrow network whose numbers neither vanish nor explode: tanh, width 2, two samples."""
    layers = Network.random([2] * 65, seed=3).layers
    return Problem(
        Network([layers[k % 64] for k in range(depth)]), [[0.3, -0.4], [1.0, 0.5]], [[0.0, 1.0]] * 2
    )


@contextmanager
def recursion_limit(limit: int) -> Iterator[None]:
    """Python's limit on recursion, raised for a while."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def bits(result: tuple[Any, Any, Any]) -> list[bytes]:
    """Everything that backprop returns, as bytes."""
    loss, x_bar, gradients = result
    arrays = [each for pair in gradients for each in pair]
    return [np.asarray(each).tobytes() for each in (loss, x_bar(), *arrays)]


@pytest.mark.parametrize("block", [1, 2, 7, 256, 599, 600, 601])
def test_blocks_change_no_bit(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """However many layers one recursion takes, every bit is that of one recursion for all."""
    problem = chain(600)
    arguments = problem.network.layers, problem.inputs, partial(objective, problem)
    monkeypatch.setattr(backprop_module, "BLOCK", block)

    in_blocks = bits(backprop_in_blocks(*arguments))

    with recursion_limit(5_000):
        assert bits(backprop(*arguments)) == in_blocks


def test_twenty_thousand_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of 20,000 layers has a gradient, the same bits with blocks of another size."""
    problem = chain(20_000)
    arguments = problem.network.layers, problem.inputs, partial(objective, problem)

    expected = bits(backprop_in_blocks(*arguments))
    g = gradient(problem)

    monkeypatch.setattr(backprop_module, "BLOCK", 97)
    assert expected == bits(backprop_in_blocks(*arguments))
    assert (len(g.weights), len(g.biases)) == (20_000, 20_000)
    assert np.isfinite(g.inputs).all()


def test_twenty_thousand_layers_multiply_exactly() -> None:
    """With weights ±1, ±2, ±1/2 the 20,000 factors of each entry are exact, and so is the entry."""
    cycle = [1.0, -2.0, 0.5, -1.0]
    factors = [cycle[k % 4] for k in range(20_000)]  # whose product stays 1 or −2 or 1/2
    network = Network([Layer([[each]]) for each in factors])

    g = gradient(Problem(network, [3.0], None, "identity_sum"))

    assert all(w[0, 0] * f == 3.0 for w, f in zip(g.weights, factors, strict=True))
    assert g.inputs.tolist() == [1.0]


# ── what comes back ──


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("samples", [0, 1, 3])
def test_results_have_the_problems_dtype(dtype: Any, biases: bool, samples: int) -> None:
    """Loss, weights, biases and inputs come in the problem's dtype, by either derivation."""
    problem = Problem.random(
        (2, 3, 1), "gelu", samples=samples, dtype=dtype, biases=biases, reduction="sum"
    )

    for g in (gradient(problem), gradient_by_recursion(problem)):
        arrays = [g.loss, g.inputs, *g.weights, *(g.biases if biases else ())]
        assert {np.dtype(dtype)} == {each.dtype for each in arrays}
        assert biases or g.biases == (None, None)


@FEW
@given(rational_problems(samples=(1, 2, 3)))
def test_fractions_stay_fractions(problem: Problem) -> None:
    """On Fractions every number of the result is a Fraction, the loss and zeros included."""
    for g in (gradient(problem), gradient_by_recursion(problem)):
        everything = [g.loss, *(each for array in entries(g) for each in array)]
        assert {Fraction} == {type(each) for each in everything}


def test_the_gradient_in_the_inputs_waits_until_it_is_read() -> None:
    """∂L/∂x^(0) is computed when first read, once, and is then the same array."""
    calls: list[int] = []
    g = Gradients(None, (), (), compute_inputs=lambda: np.full(2, len(calls), calls.append(1)))

    assert not calls
    assert g.inputs is g.inputs
    assert calls == [1]
    assert "inputs" not in vars(gradient(Problem.random((2, 3, 1))))


def test_the_same_problem_gives_the_same_bits() -> None:
    """Two calls agree bit for bit, and leave the problem's numbers as they were."""
    problem = Problem.random((5, 7, 3), "mish", "softmax_cross_entropy", samples=9)
    arrays = [problem.inputs, problem.targets, *(each.weights for each in problem.network.layers)]
    before = [each.tobytes() for each in arrays]

    first, second = gradient(problem), gradient(problem)

    assert entries(first) == entries(second)
    assert before == [each.tobytes() for each in arrays]


# ── problems are data ──


def test_problems_keep_their_own_copies() -> None:
    """Changing an array after it was handed over changes no layer and no problem."""
    W, b, x, y = np.ones((1, 2)), np.ones(1), np.ones((3, 2)), np.ones((3, 1))
    problem = Problem(Network([Layer(W, b)]), x, y)

    for each in (W, b, x, y):
        each[...] = np.nan

    [layer] = problem.network.layers
    for each in (layer.weights, layer.biases, problem.inputs, problem.targets):
        assert np.isfinite(each).all()


def test_problems_are_read_only() -> None:
    """Neither the arrays of a problem nor its fields can be assigned to."""
    problem = Problem.random((2, 1))
    [layer] = problem.network.layers

    for each in (layer.weights, layer.biases, problem.inputs, problem.targets):
        with pytest.raises(ValueError, match="read-only"):
            each[0] = 0
    for owner, field in ((layer, "weights"), (problem.network, "layers"), (problem, "inputs")):
        with pytest.raises(FrozenInstanceError):
            setattr(owner, field, None)


@pytest.mark.parametrize("dtype", [*FLOATS, object])
def test_random_problems_come_from_their_seed(dtype: Any) -> None:
    """The same seed gives the same problem, another seed another, in the dtype asked for."""
    first, second, other = (
        Problem.random((3, 2), "square", seed=seed, dtype=dtype) for seed in (1, 1, 2)
    )
    weights = [each.network.layers[0].weights for each in (first, second, other)]

    assert first.dtype == np.dtype(dtype)
    assert weights[0].tolist() == weights[1].tolist() != weights[2].tolist()
    assert first.inputs.tolist() == second.inputs.tolist()


# ── what the strategy reaches ──


def test_the_strategy_reaches_every_shape() -> None:
    """Drawn problems have every depth, width, batch, activation and loss, and kinks are hit."""
    seen: set[Any] = set()

    @settings(FEW, max_examples=200, derandomize=True)
    @given(rational_problems())
    def look(problem: Problem) -> None:
        layers = problem.network.layers
        seen.update(
            {
                ("depth", problem.network.depth),
                ("samples", problem.samples),
                ("vector", problem.one_sample),
                ("reduction", problem.reduction),
                ("loss", problem.loss.name),
                ("kink", has_kink(problem)),
                *(("width", each) for each in problem.network.widths),
                *(("activation", each.activation.name) for each in layers),
                *(("biases", each.biases is not None) for each in layers),
            }
        )

    look()

    expected = {
        *product(["depth"], range(1, 6)),
        *product(["width"], range(1, 5)),
        *product(["samples"], range(4)),
        *product(["vector", "kink", "biases"], [True, False]),
        *product(["reduction"], ["mean", "sum"]),
        *product(["activation"], RATIONAL_ACTIVATIONS),
        *product(["loss"], RATIONAL_LOSSES),
    }
    assert expected - seen == set()
