"""PyTorch, eager: `torch.autograd.grad` of the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.speed.contenders.torch_setup import objective
from manual_backprop import Problem


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that computes the loss, and its gradient at every weight and bias."""
    loss, parameters = objective(problem)
    for each in parameters:
        each.requires_grad_()
    return lambda: torch.autograd.grad(loss(parameters), parameters)
