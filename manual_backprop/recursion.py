"""The specification, derivation sections 2 to 4: one layer's Jacobian, then one weight at a time.

Nothing here is fast, and nothing is meant to be: these functions are the page. `backprop.py`
computes the same numbers in one pass; the two share the forward pass and the elementary
derivatives f' and ∇L, and no line of the chain rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from manual_backprop.arrays import Array
from manual_backprop.forward import LayerLike, forward, pre_activation
from manual_backprop.network import Gradients, Layer, Problem
from manual_backprop.objective import Objective, objective

# ── section 2: one layer F(W, b, g) = f(W g + b) ──


def jacobian_in_weights(layer: Layer, g: Array) -> Array:
    """∂F_k/∂W_ij = 1{k = i} f'(q_i) g_j, q = W g + b                                      (2.1).

    Args:
        layer: with m units and n inputs.
        g: the incoming vector, shape (n,).
    Returns:
        Third-order array of shape (m, m, n), zero unless its first two indices agree.

    >>> jacobian_in_weights(Layer([[1.0], [2.0]], None, "square"), np.array([3.0]))[:, :, 0]
    array([[18.,  0.],
           [ 0., 36.]])
    """
    slope = layer.activation.derivative(pre_activation(layer, g))
    return np.eye(len(slope), dtype=slope.dtype)[:, :, None] * slope[:, None, None] * g


def jacobian_in_biases(layer: Layer, g: Array) -> Array:
    """∂F_k/∂b_i = 1{k = i} f'(q_i), shape (m, m)                                          (2.1).

    >>> jacobian_in_biases(Layer([[1.0], [2.0]], None, "square"), np.array([3.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    slope = layer.activation.derivative(pre_activation(layer, g))
    return np.eye(len(slope), dtype=slope.dtype) * slope[:, None]


def jacobian_in_inputs(layer: Layer, g: Array) -> Array:
    """∂F_k/∂g_l = f'(q_k) W_kl, shape (m, n)                                              (2.2).

    >>> jacobian_in_inputs(Layer([[1.0], [2.0]], None, "square"), np.array([3.0]))
    array([[ 6.],
           [24.]])
    """
    slope = layer.activation.derivative(pre_activation(layer, g))
    return slope[:, None] * layer.weights


def inductive_step(layer: Layer, g: Array, g_dot: Array) -> Array:
    """∂F_k/∂Θ_j = f'(q_k) Σ_l W_kl ∂g_l/∂Θ_j, for a parameter Θ_j of an earlier layer     (2.3).

    Args:
        layer: with m units and n inputs.
        g: the incoming vector, shape (n,).
        g_dot: ∂g/∂Θ_j, its derivative, shape (n,).
    Returns:
        Array of shape (m,).

    >>> inductive_step(Layer([[1.0], [2.0]], None, "square"), np.array([3.0]), np.array([1.0]))
    array([ 6., 24.])
    """
    slope = layer.activation.derivative(pre_activation(layer, g))
    return slope * (layer.weights @ g_dot)


# ── sections 3 and 4: what both need of the forward pass ──


DEEPEST = 500
"""Layers that the recursion takes."""


@dataclass(frozen=True, eq=False)
class Linearization:
    """Everything at the point of differentiation that the chain rule multiplies.

    Attributes:
        W: W_m, m = 0..N−1.
        x: x^(m), m = 0..N, shape (S, l_m).
        slope: f_m'(p^(m)) at index m = 1..N, shape (S, l_m), the diagonal of D_m; None at 0.
        loss: the objective.
        loss_gradient: ∇L(x^(N)), with the 1/S of the mean, shape (S, l_N).
    """

    W: tuple[Array, ...]
    x: tuple[Array, ...]
    slope: tuple[Array, ...]
    loss: Array
    loss_gradient: Array


def linearize(layers: Sequence[LayerLike], inputs: Array, objective: Objective) -> Linearization:
    """The forward pass on rows of samples, the slopes along it, and ∇L at its end.

    Raises:
        RecursionError: for more layers than `tangent` can call itself through.
    """
    if len(layers) > DEEPEST:
        raise RecursionError(
            f"{len(layers)} layers: the recursion (3.3) calls itself once a layer, and Python has "
            f"an end to that; up to {DEEPEST} layers fit, `gradient` takes any number"
        )
    trace = forward(layers, inputs)
    slopes = [
        layer.activation.derivative(p)
        for layer, p in zip(layers, trace.pre_activations[1:], strict=True)
    ]
    loss, loss_gradient = objective(trace.outputs[-1])
    return Linearization(
        tuple(layer.weights for layer in layers),
        trace.outputs,
        (None, *slopes),
        loss,
        loss_gradient,
    )


def linearization(problem: Problem) -> Linearization:
    """The linearization of a problem's network at its inputs."""
    return linearize(problem.network.layers, problem.inputs, partial(objective, problem))


def require_place(problem: Problem, k: int, *place: int) -> None:
    """Raise IndexError unless layer k has that weight or bias: Python would count −1 from the end.

    >>> require_place(Problem.random((2, 3, 1)), -1, 0, 0)
    Traceback (most recent call last):
        ...
    IndexError: there is no layer -1: the network has layers 0 to 1
    """
    layers = problem.network.layers
    if not 0 <= k < len(layers):
        raise IndexError(f"there is no layer {k}: the network has layers 0 to {len(layers) - 1}")
    shape = layers[k].weights.shape[: len(place)]
    if not all(0 <= index < size for index, size in zip(place, shape, strict=True)):
        raise IndexError(f"there is no place {list(place)} in layer {k}: its shape is {shape}")


# ── section 3: the derivative for one weight or one bias, by recursion ──


def weight_derivative(problem: Problem, k: int, i: int, j: int) -> Array:
    """∂L/∂w_ij^(k), one number, by (3.1), (3.3), (3.4).

    The two-hidden-layer example of the notes, by numbers: widths (1, 1, 1, 1), every activation
    the square, every weight 1, no biases, x = 2, y = 255. Then p⁽¹⁾ = 2, p⁽²⁾ = 4, p⁽³⁾ = 16,
    x⁽³⁾ = 256, ∇L = 1. W₂ ends at once, W₁ takes one step, W₀ takes two:

        ∂L/∂w⁽²⁾ = ∇L f'(p⁽³⁾) x⁽²⁾                           = 1·32·16    = 512
        ∂L/∂w⁽¹⁾ = ∇L f'(p⁽³⁾) W₂ f'(p⁽²⁾) x⁽¹⁾               = 1·32·8·4   = 1024
        ∂L/∂w⁽⁰⁾ = ∇L f'(p⁽³⁾) W₂ f'(p⁽²⁾) W₁ f'(p⁽¹⁾) x⁽⁰⁾   = 1·32·8·4·2 = 2048

    >>> from manual_backprop import Network
    >>> layers = [Layer([[1.0]], None, "square")] * 3
    >>> problem = Problem(Network(layers), [2.0], [255.0])
    >>> [float(weight_derivative(problem, k, 0, 0)) for k in (2, 1, 0)]
    [512.0, 1024.0, 2048.0]
    """
    require_place(problem, k, i, j)
    at = linearization(problem)
    return end(at, tangent(at, k, weight_base(at, k, i, j), len(at.W)))


def bias_derivative(problem: Problem, k: int, i: int) -> Array:
    """∂L/∂b_i^(k), one number, by (3.2), (3.3), (3.4); it does not depend on any j.

    >>> from manual_backprop import Network
    >>> layers = [Layer([[1.0]], [0.0], "square")] * 3
    >>> problem = Problem(Network(layers), [2.0], [255.0])
    >>> [float(bias_derivative(problem, k, 0)) for k in (2, 1, 0)]
    [32.0, 256.0, 1024.0]
    """
    require_place(problem, k, i)
    at = linearization(problem)
    return end(at, tangent(at, k, bias_base(at, k, i), len(at.W)))


def weight_base(at: Linearization, k: int, i: int, j: int) -> Array:
    """ṗ^(k+1) = x_j^(k) e_i, shape (S, l_{k+1})                                           (3.1)."""
    return at.x[k][:, j, None] * unit_vector(at, k, i)


def bias_base(at: Linearization, k: int, i: int) -> Array:
    """ṗ^(k+1) = e_i, in every sample, shape (S, l_{k+1})                                  (3.2)."""
    return np.ones_like(at.x[k][:, :1]) * unit_vector(at, k, i)


def unit_vector(at: Linearization, k: int, i: int) -> Array:
    """e_i, shape (l_{k+1},)."""
    return np.eye(at.W[k].shape[0], dtype=at.W[k].dtype)[i]


def tangent(at: Linearization, k: int, base: Array, m: int) -> Array:
    """ṗ^(m) for one parameter of layer k: W_{m−1} (f'(p^(m−1)) ∘ ṗ^(m−1)), down to the base (3.3).

    Args:
        at: where the derivative is taken.
        k: the layer that holds the parameter.
        base: ṗ^(k+1), shape (…, S, l_{k+1}): one parameter's, or a stack of them.
        m: from k + 1 to N.
    Returns:
        Array of shape (…, S, l_m).
    """
    if m == k + 1:
        return base
    return (at.slope[m - 1] * tangent(at, k, base, m - 1)) @ at.W[m - 1].T


def end(at: Linearization, p_dot: Array) -> Array:
    """∂L/∂θ = ∇Lᵀ (f_N'(p^(N)) ∘ ṗ^(N)), over all samples, shape (…)                      (3.4)."""
    return (at.loss_gradient * (at.slope[-1] * p_dot)).sum(axis=(-2, -1))


# ── section 4: the recursion unrolled ──


def weight_derivative_unrolled(problem: Problem, k: int, i: int, j: int) -> Array:
    """∂L/∂w_ij^(k) = ∇Lᵀ D_N W_{N−1} ⋯ W_{k+1} D_{k+1} e_i x_j^(k), over all samples      (4.1).

    >>> problem = Problem.random((2, 3, 1), "square", samples=1, dtype=object)
    >>> unrolled = weight_derivative_unrolled(problem, 0, 2, 1)
    >>> unrolled == weight_derivative(problem, 0, 2, 1)
    True
    """
    require_place(problem, k, i, j)
    at = linearization(problem)
    terms = [chain(at, k, s)[i] * at.x[k][s, j] for s in range(problem.samples)]
    return np.sum(terms, dtype=problem.dtype)


def bias_derivative_unrolled(problem: Problem, k: int, i: int) -> Array:
    """∂L/∂b_i^(k) = ∇Lᵀ D_N W_{N−1} ⋯ W_{k+1} D_{k+1} e_i, over all samples               (4.2)."""
    require_place(problem, k, i)
    at = linearization(problem)
    return np.sum([chain(at, k, s)[i] for s in range(problem.samples)], dtype=problem.dtype)


def chain(at: Linearization, k: int, s: int) -> Array:
    """∇Lᵀ D_N W_{N−1} D_{N−1} ⋯ W_{k+1} D_{k+1} of sample s, a row of shape (l_{k+1},).

    Multiplied from the left, as it is read; for k = N−1 there is no W in it.
    """
    row = at.loss_gradient[s] @ np.diag(at.slope[-1][s])
    for m in range(len(at.W) - 1, k, -1):
        row = row @ at.W[m] @ np.diag(at.slope[m][s])
    return row


# ── the whole gradient, one parameter at a time ──


def gradient_by_recursion(problem: Problem) -> Gradients:
    """The gradient with one recursion a parameter: the specification that `gradient` meets.

    Cost: a forward pass's worth of multiply-adds for each parameter, so quadratic in their number.

    >>> from manual_backprop import gradient
    >>> problem = Problem.random((2, 3, 1), "square", dtype=object)
    >>> bool((gradient_by_recursion(problem).weights[0] == gradient(problem).weights[0]).all())
    True
    """
    at = linearization(problem)
    layers = problem.network.layers
    depth = len(layers)

    def of_weights(k: int) -> Array:
        derivative = np.empty_like(at.W[k])
        for i, j in np.ndindex(derivative.shape):
            derivative[i, j] = end(at, tangent(at, k, weight_base(at, k, i, j), depth))
        return derivative

    def of_biases(k: int) -> Array:
        derivative = np.empty_like(at.W[k][:, 0])
        for i in range(len(derivative)):
            derivative[i] = end(at, tangent(at, k, bias_base(at, k, i), depth))
        return derivative

    def of_inputs() -> Array:
        slopes = np.empty_like(problem.inputs)
        for s, j in np.ndindex(slopes.shape):
            x_dot = np.zeros_like(problem.inputs)
            x_dot[s, j] = 1
            slopes[s, j] = end(at, tangent(at, 0, x_dot @ at.W[0].T, depth))
        return slopes[0] if problem.one_sample else slopes

    return Gradients(
        loss=at.loss,
        weights=tuple(of_weights(k) for k in range(depth)),
        biases=tuple(
            None if layer.biases is None else of_biases(k) for k, layer in enumerate(layers)
        ),
        compute_inputs=of_inputs,
    )
