"""Backpropagation, derivation section 5: the recursion whose call stack is the tape.

`backprop` is equation (5.5), line for line; `gradient` is what one calls. The same lines run on
floats, on exact rationals and on the arrays of other arithmetics; float32 and float64 go by `fast`,
which is the same thing in less time, and is held against these lines by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from manual_backprop.arrays import Array
from manual_backprop.fast import IN_PLACE, fast_gradient
from manual_backprop.forward import LayerLike, pre_activation
from manual_backprop.network import Gradients, Problem
from manual_backprop.objective import Objective, objective

BLOCK = 256
"""Layers that one recursion takes; Python allows about a thousand calls in one another."""

Cotangent = Callable[[], Array]
"""x̄, computed when called: the one at the network's inputs is rarely wanted."""

LayerGradients = list[tuple[Array, Array]]
"""(∂L/∂W_k, ∂L/∂b^(k)), first layer first."""


def gradient(problem: Problem) -> Gradients:
    """The objective and its gradient at every weight, bias and input, in one pass.

    Args:
        problem: network, samples, loss, reduction.
    Returns:
        Gradients in the problem's dtype.
    Accuracy: float64 and shorter: each activation derivative within 4 ulp of the truth away from
        its zeros, each entry within the bound that `manual_backprop.judge` states for the class
        "reverse". longdouble: not bounded. Fractions: exact.
    Source: derivation, (5.1)–(5.5).

    The one-hidden-layer network E = ½‖f₂(W₁ f₁(W₀ x + b₀) + b₁) − y‖² that opens the notes, with
    f₁ = square, f₂ = identity, W₀ = 3, b₀ = 1, W₁ = 2, b₁ = 0, x = 1, y = 31. Then p⁽¹⁾ = 4,
    x⁽¹⁾ = 16, p⁽²⁾ = 32, δ⁽²⁾ = 32 − 31 = 1, δ⁽¹⁾ = 2p⁽¹⁾·W₁·δ⁽²⁾ = 16:

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[3.0]], [1.0], "square"), Layer([[2.0]], [0.0])])
    >>> g = gradient(Problem(network, [1.0], [31.0]))
    >>> g.weights, g.biases, g.inputs, g.loss
    ((array([[16.]]), array([[16.]])), (array([16.]), array([1.])), array([48.]), np.float64(0.5))
    """
    if problem.inputs.dtype in IN_PLACE:
        return fast_gradient(problem)
    layers = problem.network.layers
    loss, x_bar, gradients = backprop_in_blocks(layers, problem.inputs, partial(objective, problem))
    return Gradients(
        loss=loss,
        weights=tuple(weight_gradient for weight_gradient, _ in gradients),
        biases=tuple(
            None if layer.biases is None else bias_gradient
            for layer, (_, bias_gradient) in zip(layers, gradients, strict=True)
        ),
        compute_inputs=lambda: x_bar()[0] if problem.one_sample else x_bar(),
    )


def backprop(
    layers: Sequence[LayerLike],
    x: Array,
    end: Objective,
) -> tuple[Any, Cotangent, LayerGradients]:
    """Backpropagation as one recursion on the list of layers                              (5.5).

        backprop([], x)          = ∇L(x), []
        backprop([first, *rest], x):
            p = W x + b;  x̄, gradients = backprop(rest, f(p));  δ = f'(p) ∘ x̄
            return Wᵀ δ, [(δ xᵀ, δ), *gradients]

    with samples as rows: Wᵀδ is `delta @ W`, δxᵀ is `delta.T @ x`, and the bias sums over rows.

    Args:
        layers: the layers still ahead.
        x: x^(k), what enters the first of them, shape (S, l_k).
        end: x^(N) ↦ (L, ∇L), the objective and its gradient there, shape (S, l_N).
    Returns:
        L, then x̄^(k) = ∂L/∂x^(k) as a function of nothing (the product is computed when called),
        then the gradients of the layers.
    """
    if not layers:
        loss, x_bar_end = end(x)
        return loss, lambda: x_bar_end, []
    first, rest = layers[0], layers[1:]
    p = pre_activation(first, x)
    loss, x_bar, gradients = backprop(rest, first.activation.value(p), end)
    delta = first.activation.derivative(p) * x_bar()
    return loss, lambda: delta @ first.weights, [(delta.T @ x, delta.sum(axis=0)), *gradients]


def backprop_in_blocks(
    layers: Sequence[LayerLike],
    x: Array,
    end: Objective,
) -> tuple[Any, Cotangent, LayerGradients]:
    """`backprop` for any number of layers: 256 at a time, last block first.

    To a block, what follows it is its objective: (L, x̄) from the blocks behind takes the place of
    (L, ∇L). Only the outputs between blocks are kept meanwhile (checkpointing), so a network of
    20,000 layers runs each forward pass twice, within Python's limit on recursion. Arguments,
    results and every bit as in `backprop`.
    """
    blocks = [layers[k : k + BLOCK] for k in range(0, len(layers), BLOCK)] or [layers]
    entering = [x]
    for block in blocks[:-1]:
        for layer in block:
            x = layer.activation.value(pre_activation(layer, x))
        entering.append(x)
    loss, x_bar, gradients = backprop(blocks[-1], entering[-1], end)
    for block, x in zip(blocks[-2::-1], entering[-2::-1], strict=True):
        behind = (loss, x_bar())
        loss, x_bar, of_block = backprop(block, x, lambda _, behind=behind: behind)  # type: ignore[misc]
        gradients = of_block + gradients
    return loss, x_bar, gradients
