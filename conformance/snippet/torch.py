"""A problem as source for PyTorch alone."""

from __future__ import annotations

from conformance.snippet.arrays import array_source, is_large, list_source, with_hexadecimals
from conformance.snippet.words import forward_lines
from manual_backprop import Problem


def snippet(problem: Problem, entry: str, path: str) -> str:
    """Source that prints an entry of the gradient that `backward()` leaves.

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[0.5]], [0.0], "tanh")])
    >>> print(snippet(Problem(network, [1.0], [2.0]), "weights[0][0, 0]", ""))
    import torch
    import torch.nn.functional as F
    <BLANKLINE>
    W = [torch.tensor([[0.5]], dtype=torch.float64)]
    b = [torch.tensor([0.0], dtype=torch.float64)]
    inputs = torch.tensor([[1.0]], dtype=torch.float64)
    targets = torch.tensor([[2.0]], dtype=torch.float64)
    for leaf in (*W, *b):
        leaf.requires_grad_()
    x = inputs
    p = F.linear(x, W[0], b[0])
    x = torch.tanh(p)
    y = targets
    terms = F.mse_loss(x, y, reduction="none") / 2
    loss = terms.sum() / 1
    loss.backward()
    print(W[0].grad[0, 0])
    """
    imports = ["import torch", "import torch.nn.functional as F"]
    if path and is_large(problem):
        imports, arrays = [*imports, "from manual_backprop import load"], _loaded(path)
    else:
        arrays = _arrays(problem)
    lines = forward_lines(problem, "torch", "F.linear(x, W[{k}], b[{k}])", "terms.sum()")
    if any("math." in line for line in lines):
        imports = ["import math", *imports]
    name, _, rest = entry.partition("]")
    place = name.replace("weights", "W").replace("biases", "b")
    body = [
        *arrays,
        "for leaf in (*W, *b):",
        "    leaf.requires_grad_()",
        *lines,
        "loss.backward()",
        f"print({place}].grad{rest})",
    ]
    return with_hexadecimals(imports, body)


def _arrays(problem: Problem) -> list[str]:
    dtype = f"dtype=torch.{problem.dtype}"
    layers = problem.network.layers

    def source(array: object) -> str:
        return array_source(array, "torch.tensor", dtype)

    return [
        *list_source("W", [source(layer.weights) for layer in layers]),
        *list_source("b", [source(layer.biases) for layer in layers]),
        f"inputs = {source(problem.inputs)}",
        f"targets = {source(problem.targets)}",
    ]


def _loaded(path: str) -> list[str]:
    return [
        f"problem = load({path!r}).with_biases()",
        "W = [torch.tensor(layer.weights) for layer in problem.network.layers]",
        "b = [torch.tensor(layer.biases) for layer in problem.network.layers]",
        "inputs, targets = torch.tensor(problem.inputs), torch.tensor(problem.targets)",
    ]
