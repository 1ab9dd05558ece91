"""The specification: Jacobians, recursion, unrolled products and backpropagation, exactly equal."""

import ast
import inspect
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from manual_backprop import (
    ACTIVATIONS,
    Layer,
    Network,
    Problem,
    bias_derivative,
    gradient,
    gradient_by_recursion,
    weight_derivative,
)
from manual_backprop.backprop import backprop
from manual_backprop.forward import forward, pre_activation
from manual_backprop.objective import objective
from manual_backprop.recursion import (
    bias_derivative_unrolled,
    inductive_step,
    jacobian_in_biases,
    jacobian_in_inputs,
    jacobian_in_weights,
    tangent,
    weight_derivative_unrolled,
)

from .networks import FEW, entries, layers, numbers, rational_problems

# ── sections 3, 4 and 5 agree ──


@FEW
@given(rational_problems())
def test_three_derivations_agree_on_every_weight(problem: Problem) -> None:
    """Recursion, unrolled product and backpropagation give the same number for each weight."""
    g = gradient(problem)

    for k, expected in enumerate(g.weights):
        for i, j in np.ndindex(expected.shape):
            assert expected[i, j] == weight_derivative(problem, k, i, j)
            assert expected[i, j] == weight_derivative_unrolled(problem, k, i, j)


@FEW
@given(rational_problems())
def test_three_derivations_agree_on_every_bias(problem: Problem) -> None:
    """Recursion, unrolled product and backpropagation give the same number for each bias."""
    g = gradient(problem)

    for k, expected in enumerate(g.biases):
        if expected is None:
            assert problem.network.layers[k].biases is None
        for i in range(0 if expected is None else len(expected)):
            assert expected[i] == bias_derivative(problem, k, i)
            assert expected[i] == bias_derivative_unrolled(problem, k, i)


@FEW
@given(rational_problems())
def test_whole_gradients_agree(problem: Problem) -> None:
    """The gradient one parameter at a time is backpropagation's: loss, inputs, shapes included."""
    one_by_one, in_one_pass = gradient_by_recursion(problem), gradient(problem)

    assert entries(one_by_one) == entries(in_one_pass)
    assert one_by_one.loss == in_one_pass.loss
    assert one_by_one.inputs.shape == in_one_pass.inputs.shape


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_three_derivations_agree_in_floats_on_one_path(name: str) -> None:
    """With one unit a layer, unit weights and one sample, all three multiply the same floats."""
    problem = Problem(
        Network([Layer([[1.0]], None, name), Layer([[1.0]])]), [0.7], None, "identity_sum"
    )

    expected = ACTIVATIONS[name].derivative(np.array([0.7]))[0] * 0.7

    assert expected == gradient(problem).weights[0][0, 0]
    assert expected == weight_derivative(problem, 0, 0, 0)
    assert expected == weight_derivative_unrolled(problem, 0, 0, 0)


# ── section 2: one layer's Jacobian ──


@st.composite
def layers_and_vectors(draw: st.DrawFn) -> tuple[Layer, Any]:
    """A layer and a vector that enters it."""
    n_in, n_out = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return draw(layers(n_in, n_out)), draw(numbers(n_in))


@FEW
@given(layers_and_vectors())
def test_jacobians_have_their_zero_pattern(case: tuple[Layer, Any]) -> None:
    """(2.1) is zero unless its first two indices agree, and f'(q_i) g_j or f'(q_i) there."""
    layer, g = case
    q = pre_activation(layer, g)
    slope = layer.activation.derivative(q)

    by_weights, by_biases = jacobian_in_weights(layer, g), jacobian_in_biases(layer, g)

    m, n = layer.weights.shape
    assert by_weights.shape == (m, m, n)
    for k, i, j in np.ndindex(m, m, n):
        assert by_weights[k, i, j] == (slope[i] * g[j] if k == i else 0)
        assert by_biases[k, i] == (slope[i] if k == i else 0)


@FEW
@given(layers_and_vectors())
def test_the_inductive_step_is_the_jacobian_in_the_inputs(case: tuple[Layer, Any]) -> None:
    """(2.3) along each e_l is column l of (2.2), and along g itself their combination."""
    layer, g = case

    by_inputs = jacobian_in_inputs(layer, g)

    for index, unit in enumerate(np.eye(len(g), dtype=object)):
        assert inductive_step(layer, g, unit).tolist() == by_inputs[:, index].tolist()
    assert inductive_step(layer, g, g).tolist() == (by_inputs @ g).tolist()


@FEW
@given(rational_problems(max_depth=1, samples=(1,)))
def test_one_layer_is_its_jacobian(problem: Problem) -> None:
    """At depth 1 the gradient is ∇L times (2.1) and (2.2)."""
    [layer], [x] = problem.network.layers, problem.inputs
    g = gradient(problem)
    _, [slope] = objective(problem, forward(problem.network, problem.inputs).outputs[-1])

    m = len(slope)
    assert (g.weights[0] == np.tensordot(slope, jacobian_in_weights(layer, x), 1)).all()
    assert (np.atleast_2d(g.inputs)[0] == slope @ jacobian_in_inputs(layer, x)).all()
    if g.biases[0] is not None:
        assert g.biases[0].tolist() == [
            slope @ jacobian_in_biases(layer, x)[:, i] for i in range(m)
        ]


@st.composite
def two_layers(draw: st.DrawFn) -> Problem:
    """A problem of depth 2 with one sample."""
    problem = draw(rational_problems(max_depth=1, samples=(1,)))
    [last] = problem.network.layers
    first = draw(layers(draw(st.integers(1, 4)), problem.network.widths[0]))
    x = draw(numbers(first.weights.shape[1]))
    return Problem(Network([first, last]), x, problem.targets[0], problem.loss)


@FEW
@given(two_layers())
def test_two_layers_are_one_inductive_step(problem: Problem) -> None:
    """At depth 2 a weight of the first layer takes (2.1), then (2.3), then ∇L."""
    first, last = problem.network.layers
    trace = forward(problem.network, problem.inputs)
    x, middle = trace.outputs[0][0], trace.outputs[1][0]
    _, [slope] = objective(problem, trace.outputs[-1])

    g = gradient(problem)

    base = jacobian_in_weights(first, x)
    for i, j in np.ndindex(first.weights.shape):
        assert g.weights[0][i, j] == slope @ inductive_step(last, middle, base[:, i, j])


# ── the text of the code ──


@pytest.mark.parametrize("function", [tangent, backprop])
def test_the_recursion_is_a_recursion(function: Callable[..., Any]) -> None:
    """The step of section 3 and that of section 5 call themselves, and hold no loop."""
    nodes = list(ast.walk(ast.parse(inspect.getsource(function))))

    loops = (ast.For, ast.While, ast.comprehension)
    called = [
        each.func.id for each in nodes if isinstance(each, ast.Call) and hasattr(each.func, "id")
    ]
    assert not any(isinstance(each, loops) for each in nodes)
    assert called.count(function.__name__) == 1


# ── the ends of the range ──


def problem_of_depth(depth: int) -> Problem:
    """One unit a layer, weights 1, biases 0, squares of 1."""
    layers = [Layer([[Fraction(1)]], [Fraction(0)], "square")] * depth
    return Problem(Network(layers), [Fraction(1)], [Fraction(0)])


@pytest.mark.parametrize("depth", [1, 2, 300])
def test_the_recursion_takes_any_layer(depth: int) -> None:
    """At any depth the first layer takes a step for each layer behind it, the last one none."""
    problem = problem_of_depth(depth)

    for k in {0, depth - 1}:
        assert weight_derivative(problem, k, 0, 0) == 2 ** (depth - k)
        assert bias_derivative(problem, k, 0) == 2 ** (depth - k)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("samples", [0, 1, 3])
def test_single_derivatives_have_the_dtype(dtype: Any, samples: int) -> None:
    """Each single derivative is a number of the problem's dtype, of no samples too."""
    problem = Problem.random((2, 3, 1), samples=samples, dtype=dtype, reduction="sum")

    assert np.dtype(dtype) == weight_derivative(problem, 0, 2, 1).dtype
    assert np.dtype(dtype) == bias_derivative(problem, 0, 2).dtype
    assert np.dtype(dtype) == weight_derivative_unrolled(problem, 0, 2, 1).dtype
    assert np.dtype(dtype) == bias_derivative_unrolled(problem, 0, 2).dtype


@pytest.mark.parametrize(
    ("k", "i", "j", "words"),
    [
        (2, 0, 0, "there is no layer 2: the network has layers 0 to 1"),
        (-1, 0, 0, "there is no layer -1: the network has layers 0 to 1"),
        (0, 3, 0, r"there is no place \[3, 0\] in layer 0: its shape is \(3, 2\)"),
        (0, 0, -1, r"there is no place \[0, -1\] in layer 0: its shape is \(3, 2\)"),
    ],
)
def test_places_outside_are_named(k: int, i: int, j: int, words: str) -> None:
    """A layer or an entry that is not there is an IndexError with what there is; −1 is none."""
    problem = Problem.random((2, 3, 1))

    for derivative in (weight_derivative, weight_derivative_unrolled):
        with pytest.raises(IndexError, match=words):
            derivative(problem, k, i, j)
