"""What the calls of PyTorch share: the objective as one writes it, on tensors of the problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from manual_backprop import Problem

FUNCTIONS = {"tanh": torch.tanh, "relu": torch.relu}


def objective(problem: Problem) -> tuple[Callable[[Any], Any], list[Any]]:
    """The loss as a function of the parameters W, b, W, b, …, and those."""
    arrays = [each for layer in problem.network.layers for each in (layer.weights, layer.biases)]
    inputs, targets = torch.tensor(problem.inputs), torch.tensor(problem.targets)
    f = FUNCTIONS[problem.network.layers[0].activation.name]

    def loss(parameters: Any) -> Any:
        x = inputs
        for W, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            x = f(F.linear(x, W, b))
        x = F.linear(x, *parameters[-2:])
        return F.mse_loss(x, targets, reduction="sum") / (2 * len(targets))

    return loss, [torch.tensor(each) for each in arrays]
