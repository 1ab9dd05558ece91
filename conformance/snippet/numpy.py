"""A problem as source for NumPy and `manual_backprop`."""

from __future__ import annotations

from textwrap import indent

import numpy as np

from conformance.snippet.arrays import WIDTH, array_source, assembled, is_large
from manual_backprop import Layer, Problem
from manual_backprop.arrays import Array


def snippet(problem: Problem, entry: str, path: str) -> str:
    """Source that prints an entry of the hand-written gradient.

    >>> from manual_backprop import Network
    >>> network = Network([Layer([[0.5]], [0.1], "tanh")])
    >>> print(snippet(Problem(network, [1.0], [2.0]), "weights[0][0, 0]", ""))
    import numpy as np
    from manual_backprop import Layer, Network, Problem, gradient
    <BLANKLINE>
    HEX = float.fromhex
    network = Network([
        Layer(np.array([[0.5]]), np.array([HEX("0x1.999999999999ap-4")]), "tanh"),
    ])
    inputs = np.array([[1.0]])
    targets = np.array([[2.0]])
    problem = Problem(network, inputs, targets, loss="half_squared_error", reduction="mean")
    print(gradient(problem).weights[0][0, 0])
    """
    if path and is_large(problem):
        return _loading(entry, path)
    imports = [
        "import numpy as np",
        "from manual_backprop import Layer, Network, Problem, gradient",
    ]
    return assembled(imports, _building(problem, entry))


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
    if array is not None and array.size == 0:
        return f"np.zeros({array.shape}, np.{array.dtype})"
    dtype = "" if array is None or array.dtype == np.float64 else f"np.{array.dtype}"
    return array_source(array, "np.array", dtype)
