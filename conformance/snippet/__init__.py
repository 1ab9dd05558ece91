"""A problem as Python source to paste, every number exact: for NumPy, for PyTorch, for JAX."""

from __future__ import annotations

from collections.abc import Callable

from conformance.backends import NAMES, PEERS
from conformance.snippet import jax, numpy, torch
from manual_backprop import Problem

__all__ = ["FORMS", "form_for", "snippet"]

FORMS: dict[str, Callable[[Problem, str, str], str]] = {
    "numpy": numpy.snippet,
    "torch": torch.snippet,
    "jax": jax.snippet,
}
"""What writes each form: (problem, entry, path) ↦ source."""


def form_for(target: str) -> str:
    """The form that the users of a target read.

    >>> form_for("torch_autograd"), form_for("jax_grad"), form_for("mine.py:backprop")
    ('torch', 'jax', 'numpy')
    """
    framework = target.partition("_")[0]
    return framework if framework in FORMS and target in (*NAMES, *PEERS) else "numpy"


def snippet(
    problem: Problem, entry: str = "weights[0]", path: str = "", form: str = "numpy"
) -> str:
    """Source that builds the problem and prints one entry of its gradient.

    Args:
        problem: float16, float32 or float64; its activations and loss of the catalogue.
        entry: what to print of the gradient.
        path: the problem's file, loaded in place of more numbers than one wants to read.
        form: "numpy" for `manual_backprop.gradient`, "torch" or "jax".
    """
    if entry.startswith("biases") or form != "numpy":  # a layer without any is given zeros
        problem = problem.with_biases()
    return FORMS[form](problem, entry, path)
