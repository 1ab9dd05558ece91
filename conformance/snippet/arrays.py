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


def with_hexadecimals(imports: list[str], body: list[str]) -> str:
    """Imports, the short name of `float.fromhex` if the body uses it, and the body."""
    hexes = [HEXADECIMAL] if any("HEX(" in line for line in body) else []
    return "\n".join([*imports, "", *hexes, *body])
