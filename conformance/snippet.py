"""A problem as Python source to paste: NumPy and `manual_backprop`, every number exact."""

from __future__ import annotations

from textwrap import fill, indent

import numpy as np

from conformance.numbers import literal
from manual_backprop import Layer, Problem
from manual_backprop.arrays import Array

MOST = 60
"""Numbers that a snippet spells out; a problem of more is loaded from its file."""

WIDTH = 88
"""Columns of a line that a terminal should not have to wrap."""


def snippet(problem: Problem, entry: str = "weights[0]", path: str = "") -> str:
    """Source that builds the problem and prints one entry of its gradient.

    Args:
        problem: float16, float32 or float64; its activations and loss of the catalogue.
        entry: what to print of the gradient.
        path: the problem's file, loaded in place of more numbers than one wants to read.

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[0.5]], [0.1], "tanh")])
    >>> print(snippet(Problem(network, [1.0], [2.0]), "weights[0][0, 0]"))
    import numpy as np
    from manual_backprop import Layer, Network, Problem, gradient
    <BLANKLINE>
    F = float.fromhex
    network = Network([
        Layer(np.array([[0.5]]), np.array([F("0x1.999999999999ap-4")]), "tanh"),
    ])
    inputs = np.array([[1.0]])
    targets = np.array([[2.0]])
    problem = Problem(network, inputs, targets, loss="half_squared_error", reduction="mean")
    print(gradient(problem).weights[0][0, 0])
    """
    if entry.startswith("biases"):  # of a layer without any a target is given zeros
        problem = problem.with_biases()
    if path and _numbers(problem) > MOST:
        return _loading(entry, path)
    body = _building(problem, entry)
    hexes = ["F = float.fromhex"] if any('F("' in line for line in body) else []
    imports = "from manual_backprop import Layer, Network, Problem, gradient"
    return "\n".join(["import numpy as np", imports, "", *hexes, *body])


def _numbers(problem: Problem) -> int:
    """How many numbers the problem has."""
    arrays = [problem.inputs, problem.targets]
    for layer in problem.network.layers:
        arrays += [layer.weights] if layer.biases is None else [layer.weights, layer.biases]
    return sum(array.size for array in arrays)


def _loading(entry: str, path: str) -> str:
    return "\n".join(
        [
            "from manual_backprop import gradient, load",
            "",
            f"problem = load({path!r}){'.with_biases()' * entry.startswith('biases')}",
            f"print(gradient(problem).{entry})",
        ]
    )


def _building(problem: Problem, entry: str) -> list[str]:
    names = f'loss="{problem.loss.name}", reduction="{problem.reduction}"'
    return [
        "network = Network([",
        *(line for layer in problem.network.layers for line in _layer(layer)),
        "])",
        f"inputs = {_array(problem.inputs)}",
        f"targets = {_array(problem.targets)}",
        f"problem = Problem(network, inputs, targets, {names})",
        f"print(gradient(problem).{entry})",
    ]


def _layer(layer: Layer) -> list[str]:
    """`Layer(...)`, on one line if that is short."""
    parts = [_array(layer.weights), _array(layer.biases), f'"{layer.activation.name}"']
    line = f"    Layer({', '.join(parts)}),"
    if len(line) <= WIDTH and "\n" not in line:
        return [line]
    return ["    Layer(", *(indent(f"{part},", 8 * " ") for part in parts), "    ),"]


def _array(array: Array | None) -> str:
    """`np.array(...)`, a row a line where there are several."""
    if array is None:
        return "None"
    dtype = "" if array.dtype == np.float64 else f", np.{array.dtype}"
    if array.size == 0:
        return f"np.zeros({array.shape}{dtype})"
    if array.ndim == 1:
        return f"np.array({_row(array)}{dtype})"
    rows = [_row(row) for row in array]
    if len(rows) == 1:
        return f"np.array([{rows[0]}]{dtype})"
    lines = indent("".join(f"{row},\n" for row in rows), 4 * " ")
    return f"np.array([\n{lines}]{dtype})"


def _row(row: Array) -> str:
    """One row, wrapped where it is long."""
    return f"[{fill(', '.join(literal(float(each)) for each in row), WIDTH - 20)}]"
