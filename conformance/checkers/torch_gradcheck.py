"""`torch.autograd.gradcheck` with its defaults, on an autograd.Function whose backward is given."""

from __future__ import annotations

import contextlib
from typing import Any

from conformance.backends.base import Backprop, importing
from conformance.checkers.base import Checker, gradients_of, parameters, silent
from manual_backprop import Problem


def checker(fast_mode: bool = False) -> Checker:
    """gradcheck; `fast_mode` compares one random projection in place of every entry.

    Raises:
        NotInstalled: if torch is missing.
    """
    with importing("torch"):
        import torch
    from conformance.backends.torch_calls import objective, tensor

    def accepts(function: Backprop, problem: Problem) -> bool:
        names = [layer.activation.name for layer in problem.network.layers]
        mean_loss, depth = objective(names, problem.loss.name), len(names)
        inputs, targets = tensor(problem.inputs), tensor(problem.targets)

        class Objective(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *theta: Any) -> Any:
                return mean_loss(list(theta[:depth]), list(theta[depth:]), inputs, targets)

            @staticmethod
            def backward(ctx: Any, *upstream: Any) -> Any:
                found = gradients_of(function, problem)
                if found is None:
                    raise ValueError("no gradient")
                return tuple(upstream[0] * torch.tensor(each) for each in found)

        theta = [tensor(each).requires_grad_() for each in parameters(problem)]
        with silent(), contextlib.suppress(Exception):
            check: Any = torch.autograd.gradcheck
            return bool(check(Objective.apply, theta, raise_exception=False, fast_mode=fast_mode))
        return False

    name = "torch_gradcheck_fast" if fast_mode else "torch_gradcheck"
    return Checker(name, torch.__version__, accepts)
