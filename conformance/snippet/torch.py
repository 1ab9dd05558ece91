"""A problem as source for PyTorch alone."""

from __future__ import annotations

from conformance.snippet.arrays import assembled, parameters_source
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
    dtype = f"torch.{problem.dtype}"
    arrays = parameters_source(problem, path, "torch.tensor", dtype)
    lines = forward_lines(problem, "torch", "F.linear(x, W[{k}], b[{k}])", "terms.sum()")
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
    return assembled(imports, body)
