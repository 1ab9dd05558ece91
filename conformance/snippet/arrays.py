"""Arrays as source: a row a line, each number a decimal if that is exact, else hexadecimal."""

from __future__ import annotations

from textwrap import fill, indent

import numpy as np

from conformance.numbers import literal
from manual_backprop import Problem
from manual_backprop.arrays import Array

MOST = 60
"""Numbers that a snippet spells out; a problem of more is loaded from its file."""

WIDTH = 88
"""Columns of a line that a terminal should not have to wrap."""

HEXADECIMAL = "HEX = float.fromhex"
"""What the numbers that are no short decimals need."""


def is_large(problem: Problem) -> bool:
    """Whether there are more numbers than one wants to read."""
    arrays = [problem.inputs, problem.targets]
    for layer in problem.network.layers:
        arrays += [layer.weights] if layer.biases is None else [layer.weights, layer.biases]
    return sum(int(array.size) for array in arrays) > MOST


def array_source(array: Array | None, call: str = "np.array", dtype: str = "") -> str:
    """`call(...)`, a row a line where there are several.

    Args:
        array: of one or two axes; None is written as such.
        call: what makes an array of lists.
        dtype: further arguments of it.

    >>> print(array_source(np.array([[0.5], [0.1]])))
    np.array([
        [0.5],
        [HEX("0x1.999999999999ap-4")],
    ])
    """
    if array is None:
        return "None"
    more = f", {dtype}" if dtype else ""
    if array.size == 0:
        return f"{call}({np.zeros(array.shape).tolist()}{more})"
    if array.ndim == 1:
        return f"{call}({_row(array)}{more})"
    rows = [_row(row) for row in array]
    if len(rows) == 1:
        return f"{call}([{rows[0]}]{more})"
    lines = indent("".join(f"{row},\n" for row in rows), 4 * " ")
    return f"{call}([\n{lines}]{more})"


def _row(array: Array) -> str:
    """One row, wrapped where it is long."""
    return f"[{fill(', '.join(literal(float(each)) for each in array), WIDTH - 20)}]"


def list_source(name: str, items: list[str]) -> list[str]:
    """`name = [...]`, an item a line unless they fit into one.

    >>> list_source("b", ["1", "2"])
    ['b = [1, 2]']
    """
    line = f"{name} = [{', '.join(items)}]"
    if len(line) <= WIDTH and "\n" not in line:
        return [line]
    return [f"{name} = [", *(indent(f"{each},", 4 * " ") for each in items), "]"]


LOAD = "from manual_backprop import load"
"""What the arrays of a file need."""


def assembled(imports: list[str], body: list[str]) -> str:
    """Imports, what else the body turns out to need, and the body."""
    if any("math." in line for line in body):
        imports = ["import math", *imports]
    if any("load(" in line for line in body):
        imports = [*imports, LOAD]
    hexes = [HEXADECIMAL] if any("HEX(" in line for line in body) else []
    return "\n".join([*imports, "", *hexes, *body])


def parameters_source(problem: Problem, path: str, call: str, dtype: str) -> list[str]:
    """Lines that make W, b, inputs and targets, lists of arrays and arrays of a framework.

    Args:
        problem: with biases.
        path: of its file, which is loaded if there are many numbers; empty if there is none.
        call: what makes an array of lists.
        dtype: the framework's name of the dtype.
    """
    layers = problem.network.layers
    if path and is_large(problem):
        return [
            f"problem = load({path!r}).with_biases()",
            f"W = [{call}(layer.weights) for layer in problem.network.layers]",
            f"b = [{call}(layer.biases) for layer in problem.network.layers]",
            f"inputs, targets = {call}(problem.inputs), {call}(problem.targets)",
        ]

    def source(array: Array) -> str:
        return array_source(array, call, f"dtype={dtype}")

    return [
        *list_source("W", [source(layer.weights) for layer in layers]),
        *list_source("b", [source(layer.biases) for layer in layers]),
        f"inputs = {source(problem.inputs)}",
        f"targets = {source(problem.targets)}",
    ]
