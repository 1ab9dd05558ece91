"""For each flag of the test vectors the mistake that its note names, as one change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from manual_backprop import Activation, Layer, Loss, Network, Problem, gradient
from manual_backprop.forward import forward

Result = tuple[Any, Any]
Mistake = Callable[[Problem], Result]


def right(problem: Problem) -> Result:
    """The hand-written gradient."""
    g = gradient(problem)
    return list(g.weights), list(g.biases)


def on(change: Callable[[Problem], Problem]) -> Mistake:
    """The gradient of another problem."""
    return lambda problem: right(change(problem))


def of_result(change: Callable[[Any], Any]) -> Mistake:
    """Every array of the gradient changed."""

    def mistake(problem: Problem) -> Result:
        weights, biases = right(problem)
        return [change(w) for w in weights], [None if b is None else change(b) for b in biases]

    return mistake


# ── other problems ──


def remade(problem: Problem, layers: Any = None, **parts: Any) -> Problem:
    """The problem with some of its parts replaced."""
    network = Network(problem.network.layers if layers is None else layers)
    old = {name: getattr(problem, name) for name in ("inputs", "targets", "loss", "reduction")}
    return Problem(network, **(old | parts))


def functions(change: Callable[[Activation, int, Problem], Activation]) -> Mistake:
    """Every activation changed."""

    def changed(problem: Problem) -> Problem:
        layers = [
            Layer(each.weights, each.biases, change(each.activation, k, problem))
            for k, each in enumerate(problem.network.layers)
        ]
        return remade(problem, layers)

    return on(changed)


def slopes(change: Callable[[Activation, Any], Any]) -> Mistake:
    """f' changed: of each activation and p."""
    return functions(lambda f, k, problem: Activation(f.name, f.f, lambda p: change(f, p)))


def neighbours_slope(f: Activation, k: int, problem: Problem) -> Activation:
    """f' of the next layer, or of the one before the last."""
    layers = problem.network.layers
    other = layers[k + 1 if k + 1 < len(layers) else k - 1].activation
    return Activation(f.name, f.f, other.df)


def no_slope_at_output(f: Activation, k: int, problem: Problem) -> Activation:
    """f' taken for 1 in the last layer."""
    return f if k + 1 < problem.network.depth else Activation(f.name, f.f, np.ones_like)


def clipped(f: Activation, k: int, problem: Problem) -> Activation:
    """p cut to [-10, 10]."""
    return Activation(
        f.name, lambda p: f.f(np.clip(p, -10, 10)), lambda p: f.df(np.clip(p, -10, 10))
    )


def textbook(f: Activation, k: int, problem: Problem) -> Activation:
    """sigmoid and tanh as quotients of exponentials, in the problem's dtype."""
    if f.name not in ("sigmoid", "tanh"):
        return f

    def value(p: Any) -> Any:
        e = np.exp(p.astype(problem.dtype))
        return e / (1 + e) if f.name == "sigmoid" else (e - 1 / e) / (e + 1 / e)

    derivative = {"sigmoid": lambda s: s * (1 - s), "tanh": lambda t: 1 - t * t}[f.name]
    return Activation(f.name, value, lambda p: derivative(value(p)))


def tolerant(f: Activation, p: Any) -> Any:
    """At a kink, and within 1e-3 of it, the mean of both sides."""
    slope = f.df(p)
    for each in f.breakpoints:
        middle = float(each.left + each.right) / 2
        slope = np.where(np.abs(p - float(each.at)) < 1e-3, middle, slope)
    return slope


def strict(f: Activation, p: Any) -> Any:
    """0 exactly at a breakpoint, which neither p < at nor p > at covers."""
    return np.where(np.isin(p, [float(each.at) for each in f.breakpoints]), 0, f.df(p))


def with_biases_moved_up(problem: Problem) -> Problem:
    """The biases that there are given to the first layers whose units they fit."""
    layers, left = [], [b for each in problem.network.layers if (b := each.biases) is not None]
    for each in problem.network.layers:
        fits = bool(left) and len(left[0]) == len(each.weights)
        layers.append(Layer(each.weights, left.pop(0) if fits else None, each.activation))
    return remade(problem, layers)


def softmax(x: Any) -> Any:
    """Without a shift by the largest."""
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


def with_softmax(gradient: Callable[[Any, Any], Any]) -> Callable[[Problem], Problem]:
    """softmax_cross_entropy with another gradient."""

    def change(problem: Problem) -> Problem:
        if problem.loss.name != "softmax_cross_entropy":
            return problem
        return remade(problem, loss=Loss("another", problem.loss.f, gradient))

    return change


def nearest_class(problem: Problem) -> Problem:
    """Targets as whole numbers: the largest of a row, or the nearest of 0 and 1."""
    y = problem.targets
    if problem.loss.targets != "distribution":
        return remade(problem, targets=np.round(y))
    return remade(problem, targets=np.eye(y.shape[1], dtype=y.dtype)[y.argmax(axis=1)])


def shortened(problem: Problem) -> Problem:
    """The problem in the next shorter format."""
    short = {"float64": np.float32, "float32": np.float16}[str(problem.dtype)]
    layers = [
        Layer(
            each.weights.astype(short),
            None if each.biases is None else each.biases.astype(short),
            each.activation,
        )
        for each in problem.network.layers
    ]
    data = {name: getattr(problem, name).astype(short) for name in ("inputs", "targets")}
    return remade(problem, layers, **data)


# ── other ways back ──


def overwritten(problem: Problem) -> Result:
    """The last sample's share of the gradient."""
    alone = {"inputs": problem.inputs[-1:], "targets": problem.targets[-1:], "reduction": "sum"}
    S = problem.samples if problem.reduction == "mean" else 1
    weights, biases = right(remade(problem, **alone))
    return [w / S for w in weights], [None if b is None else b / S for b in biases]


def squeezed(problem: Problem) -> Result:
    """Bias gradients summed over units, where the axis of samples has length 1."""
    weights, biases = right(problem)
    return weights, [None if b is None else np.full_like(b, b.sum()) for b in biases]


def back_through(change: Callable[[Any, Any], Any]) -> Mistake:
    """δ passed back through other weights: of W and its gradient."""

    def mistake(problem: Problem) -> Result:
        trace, layers = forward(problem.network, problem.inputs), problem.network.layers
        S = problem.samples if problem.reduction == "mean" else 1
        x_bar = problem.loss.gradient(trace.outputs[-1], problem.targets) / S
        weights, biases = [], []
        for k in range(len(layers) - 1, -1, -1):
            delta = layers[k].activation.derivative(trace.pre_activations[k + 1]) * x_bar
            weights.insert(0, delta.T @ trace.outputs[k])
            biases.insert(0, None if layers[k].biases is None else delta.sum(axis=0))
            x_bar = delta @ change(layers[k].weights, weights[0])
        return weights, biases

    return mistake


def only_last_three(problem: Problem) -> Result:
    """δ passed back through three layers."""
    weights, biases = right(problem)
    far = range(len(weights) - 3)
    return [w * (k not in far) for k, w in enumerate(weights)], biases


def decayed(problem: Problem) -> Result:
    """Weight decay of 1e-4."""
    weights, biases = right(problem)
    layers = problem.network.layers
    return [w + 1e-4 * each.weights for w, each in zip(weights, layers, strict=True)], biases


def normalized(problem: Problem) -> Result:
    """The gradient divided by its norm where that is above 1."""
    weights, biases = right(problem)
    norm = np.sqrt(sum(float((np.float64(each) ** 2).sum()) for each in (*weights, *biases)))
    return [w / max(norm, 1) for w in weights], [b / max(norm, 1) for b in biases]


def given_up(problem: Problem) -> Result:
    """Zeros where the loss is not finite."""
    finite = np.isfinite(gradient(problem).loss)
    return of_result(lambda array: array if finite else np.zeros_like(array))(problem)


def without_rest(array: Any) -> Any:
    """Units and inputs beyond the last multiple of eight left out, where there are eight."""
    kept = np.ones_like(array)
    for axis, count in enumerate(array.shape):
        if count > 8:
            np.moveaxis(kept, axis, 0)[count - count % 8 :] = 0
    return array * kept


MISTAKES: dict[str, Mistake] = {
    "scalar": functions(no_slope_at_output),
    "equal_widths": back_through(lambda W, dW: W.T),
    "non_square": of_result(lambda array: array.T.reshape(array.shape)),
    "wide": of_result(without_rest),
    "deep": only_last_three,
    "no_biases": on(with_biases_moved_up),
    "mixed_activations": functions(neighbours_slope),
    "batch_1": squeezed,
    "batch_many": overwritten,
    "mean_reduction": on(lambda problem: remade(problem, reduction="sum")),
    "sum_reduction": on(lambda problem: remade(problem, reduction="mean")),
    "one_hot": on(with_softmax(lambda x, y: softmax(softmax(x)) - y)),
    "soft_targets": on(nearest_class),
    "kink": slopes(lambda f, p: f.f(p) / p),
    "beside_kink": slopes(tolerant),
    "smooth_joint": slopes(strict),
    "dead_unit": slopes(lambda f, p: np.where(f.df(p) == 0, 0.01, f.df(p))),
    "zero_weights": back_through(lambda W, dW: W - 0.1 * dW),
    "at_minimum": decayed,
    "saturation": functions(clipped),
    "cancellation": on(shortened),
    "tiny": of_result(lambda array: np.where(np.abs(array) < 1e-8, 0, array)),
    "huge": of_result(lambda array: np.clip(array, -1, 1)),
    "subnormal": of_result(lambda array: array + 1e-12),
    "overflow_guard": functions(textbook),
    "loss_overflow": given_up,
    "overflow": normalized,
}
"""By flag; that of `exact` is one in the last place, which a bound allows and == does not."""
