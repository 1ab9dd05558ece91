"""The bare products by PyTorch, into memory that is there already."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch

from benchmarks.speed.contenders.operands import Layout, faster, operands
from manual_backprop import Problem


def prepare(problem: Problem) -> Callable[[], object]:
    """A call that does all products, none of which waits for another."""

    def make(layout: Layout) -> Callable[[], object]:
        with warnings.catch_warnings():  # PyTorch knows no read-only memory; nothing is written
            warnings.simplefilter("ignore")
            pairs = [
                [torch.from_numpy(each) for each in pair] for pair in operands(problem, layout)
            ]
        work = [(a, b, a @ b) for a, b in pairs]

        def products() -> None:
            for a, b, out in work:
                torch.mm(a, b, out=out)

        return products

    return faster(make)
