"""Functions under test as users bring them, right and wrong, to be loaded from this file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Array = Any


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(−z)), as students write it."""
    return 1 / (1 + np.exp(-z))


FUNCTIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "identity": (lambda z: z, np.ones_like),
}


def backprop(
    weights: Array, biases: Array, activations: Any, loss: str, inputs: Array, targets: Array
) -> Any:
    """Right: four activations, two losses, softmax on a linear output alone."""
    for name in activations:
        if name not in FUNCTIONS:
            raise NotImplementedError(f"activation {name}")
    if loss == "softmax_cross_entropy" and activations[-1] != "identity":
        raise NotImplementedError("softmax on an output that is not linear")
    if loss not in ("half_squared_error", "softmax_cross_entropy"):
        raise NotImplementedError(f"loss {loss}")
    x, p = [inputs], [inputs]
    for W, b, name in zip(weights, biases, activations, strict=True):
        p.append(x[-1] @ W.T + b)
        x.append(FUNCTIONS[name][0](p[-1]))
    if loss == "softmax_cross_entropy":
        e = np.exp(x[-1] - x[-1].max(axis=1, keepdims=True))
        delta = (e / e.sum(axis=1, keepdims=True) - targets) / len(inputs)
    else:
        delta = (x[-1] - targets) / len(inputs) * FUNCTIONS[activations[-1]][1](p[-1])
    by_weights, by_biases = [], []
    for k in reversed(range(len(weights))):
        by_weights.insert(0, delta.T @ x[k])
        by_biases.insert(0, delta.sum(axis=0))
        if k:
            delta = (delta @ weights[k]) * FUNCTIONS[activations[k - 1]][1](p[k])
    return by_weights, by_biases


def uniform(weights: Array, biases: Array, activations: Any, *rest: Any) -> Any:
    """Right, for one activation in all hidden layers."""
    if len(set(activations[:-1])) > 1:
        raise NotImplementedError("hidden layers of different activations")
    return backprop(weights, biases, activations, *rest)


def one_for_all(weights: Array, biases: Array, activations: Any, *rest: Any) -> Any:
    """Right, for one activation in all layers."""
    if len(set(activations)) > 1:
        raise NotImplementedError("layers of different activations")
    return backprop(weights, biases, activations, *rest)


def two_layers(weights: Array, *rest: Any) -> Any:
    """Right, for networks of two layers and no others."""
    if len(weights) != 2:
        raise NotImplementedError("two layers are needed")
    return backprop(weights, *rest)


def float32_only(weights: Array, *rest: Any) -> Any:
    """Right, in float32 alone."""
    if weights[0].dtype != np.float32:
        raise NotImplementedError(f"dtype {weights[0].dtype}")
    return backprop(weights, *rest)


def nothing(*arguments: Any) -> Any:
    """Supports nothing."""
    raise NotImplementedError


def twice_the_biases(*arguments: Any) -> Any:
    """Wrong: the bias gradients twice."""
    by_weights, by_biases = backprop(*arguments)
    return by_weights, [2 * b for b in by_biases]


def raises_on_relu(weights: Array, biases: Array, activations: Any, *rest: Any) -> Any:
    """Wrong: an exception of its own wherever there is a relu."""
    if "relu" in activations:
        raise ZeroDivisionError("no relu today")
    return backprop(weights, biases, activations, *rest)


def loops(*arguments: Any) -> Any:
    """Never returns."""
    while True:
        time.sleep(0.01)


def marks_and_loops(*arguments: Any) -> Any:
    """Leaves a file called "called", and never returns."""
    Path("called").touch()
    loops()


def starts_another(*arguments: Any) -> Any:
    """Starts a process that takes a minute, notes its number, and waits for it."""
    with subprocess.Popen(["sleep", "60"]) as other:
        Path("called").write_text(str(other.pid))
    loops()


def loops_on_relu(weights: Array, biases: Array, activations: Any, *rest: Any) -> Any:
    """Never returns from a network with a relu of more than one layer."""
    if "relu" in activations and len(activations) > 1:
        loops()
    return backprop(weights, biases, activations, *rest)


def exits(*arguments: Any) -> Any:
    """Ends the program, it thinks."""
    sys.exit(3)


def dies(*arguments: Any) -> Any:
    """Ends the process."""
    print("last words", file=sys.stderr, flush=True)
    os._exit(5)


def crashes(*arguments: Any) -> Any:
    """Reads what is not there."""
    ctypes.string_at(0)


def prints(*arguments: Any) -> Any:
    """Right, and talkative."""
    print("delta is", np.arange(3))
    return backprop(*arguments)


def writes(*arguments: Any) -> Any:
    """Wrong: the inputs are not what they were."""
    result = backprop(*arguments)
    arguments[4][...] = 0
    return result


def renames(*arguments: Any) -> Any:
    """Wrong: an activation is another object, which cannot be compared."""
    result = backprop(*arguments)
    arguments[2][0] = np.zeros(2)
    return result


class Unprintable(Exception):
    """An exception that has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


def raises_unprintable(*arguments: Any) -> Any:
    """Wrong: an exception whose message cannot be had."""
    raise Unprintable


def forks(*arguments: Any) -> Any:
    """Right, twice: here, and in a copy of the process that goes on as well."""
    os.fork()
    return backprop(*arguments)


def write_everywhere(text: bytes) -> None:
    """To whatever is open besides what is printed to."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        if descriptor > 2:
            with contextlib.suppress(OSError):
                os.write(descriptor, text)


def writes_to_sockets(*arguments: Any) -> Any:
    """Wrong: what it says comes before its answer."""
    write_everywhere(b"\x03" + bytes(7) + b"yes")
    return backprop(*arguments)


def promises(*arguments: Any) -> Any:
    """Wrong: the beginning of an answer, and no end."""
    write_everywhere(b"\xff" + bytes(7) + b"soon")
    loops()


def of_three(weights: Array, biases: Array, inputs: Array) -> Any:
    """Takes what no function under test is given."""


class Results:
    """What no function under test should return."""


def returns_an_object(*arguments: Any) -> Any:
    """Wrong: neither lists nor arrays."""
    return Results()


def returns_lists(*arguments: Any) -> Any:
    """Wrong: lists of numbers in place of arrays."""
    by_weights, by_biases = backprop(*arguments)
    return [w.tolist() for w in by_weights], [b.tolist() for b in by_biases]


def returns_objects(*arguments: Any) -> Any:
    """Wrong: numbers, but as objects."""
    by_weights, by_biases = backprop(*arguments)
    return [w.astype(object) for w in by_weights], by_biases


def returns_megabytes(*arguments: Any) -> Any:
    """Wrong: far more than a gradient."""
    return [np.zeros(1 << 26)], [np.zeros(1)]


forty_two = 42
