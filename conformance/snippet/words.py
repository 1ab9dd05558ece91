"""The forward pass in a framework's words, from what the catalogue says that each name equals."""

from __future__ import annotations

import re

from manual_backprop import Problem


def of_activation(words: str) -> str:
    """A call of p.

    >>> of_activation("torch.tanh"), of_activation("F.gelu(…, approximate='tanh')")
    ('torch.tanh(p)', "F.gelu(p, approximate='tanh')")
    >>> of_activation("p - jnp.tanh(p)")
    'p - jnp.tanh(p)'
    """
    if "…" in words:
        return words.replace("…", "p")
    return words if re.search(r"\bp\b", words) else f"{words}(p)"


def of_loss(words: str) -> list[str]:
    """Lines that end in the terms of the loss: what stands for d, if anything, comes first.

    >>> of_loss("d * d, d = x - y")
    ['d = x - y', 'terms = d * d']
    """
    terms, _, difference = words.partition(", d = ")
    return [*([f"d = {difference}"] if difference else []), f"terms = {terms}"]


def forward_lines(problem: Problem, framework: str, affine: str, total: str) -> list[str]:
    """From x = inputs to the objective, a line a step.

    Args:
        problem: with biases.
        framework: "torch" or "jax", the catalogue's column.
        affine: p of layer {k}, of x, W and b.
        total: the sum of all terms.
    """
    lines = ["x = inputs"]
    for k, layer in enumerate(problem.network.layers):
        words = getattr(layer.activation, framework)
        lines += [f"p = {affine.format(k=k)}", f"x = {of_activation(words)}"]
    lines += ["y = targets", *of_loss(getattr(problem.loss, framework))]
    mean = f" / {problem.samples}" if problem.reduction == "mean" else ""
    return [*lines, f"loss = {total}{mean}"]
