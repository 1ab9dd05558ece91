"""PyTorch, functional: `torch.func.grad` of the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.speed.contenders.torch_setup import objective
from manual_backprop import Problem


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the gradient at every weight and bias."""
    loss, parameters = objective(problem)
    differentiated = torch.func.grad(loss)
    return lambda: differentiated(parameters)
