"""Snippets: each form runs as it is pasted, and prints the entry that it says."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from conformance.departures import departures_of
from conformance.snippet import FORMS, form_for, snippet
from manual_backprop import ACTIVATIONS, LOSSES, Problem, gradient, judge
from manual_backprop.files import save


def printed(source: str) -> float:
    """What the source prints when it is run by itself."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(source, "snippet", "exec"), {})
    return float(output.getvalue().replace("tensor(", "").split(",")[0].rstrip(")\n"))


def conforms(
    problem: Problem, form: str, name: str = "weights", k: int = 0, path: str = ""
) -> bool:
    """Whether the first entry that a snippet prints is one that an honest implementation returns.

    It is put into the right gradient in its place; a tensor is asked for all of its digits.
    """
    pytest.importorskip(form)
    place = "0, 0" if name == "weights" else "0"
    source = snippet(problem, f"{name}[{k}][{place}]", path, form)
    found = printed(source.replace(f".grad[{place}])", f".grad[{place}].item())"))
    g = gradient(problem.with_biases())
    arrays = {"weights": list(g.weights), "biases": list(g.biases)}
    arrays[name][k] = arrays[name][k].copy()
    arrays[name][k].flat[0] = found
    known = departures_of(f"{form}_autograd")
    candidate = (arrays["weights"], arrays["biases"])
    return not judge(problem, candidate, departures=known).kind.is_finding


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_written_in_every_form(name: str, form: str) -> None:
    """A network of the activation, pasted, prints what it should."""
    assert conforms(Problem.random((2, 2, 1), (name, "identity"), samples=2), form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_written_in_every_form(name: str, form: str) -> None:
    """A network under the loss, pasted, prints what it should; sum as well as mean."""
    for reduction in ("mean", "sum"):
        problem = Problem.random((2, 3), "identity", name, samples=2, reduction=reduction)
        assert conforms(problem, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_are_exact_in_every_form(dtype: str, form: str) -> None:
    """∂L/∂w of x·w is x, to the last bit, in both dtypes."""
    pytest.importorskip(form)
    problem = Problem.random((1, 1), "identity", "identity_sum", samples=1, dtype=dtype)

    source = snippet(problem, "weights[0][0, 0]", form=form)

    full = source.replace(".grad[0, 0])", ".grad[0, 0].item())")
    assert problem.inputs[0, 0] == np.dtype(dtype).type(printed(full))


@pytest.mark.parametrize("form", FORMS)
def test_biases_that_are_not_there_are_zeros(form: str) -> None:
    """An entry of biases of a layer without any can be printed: the target was given zeros."""
    problem = Problem.random((2, 1), biases=False, samples=1)

    assert conforms(problem, form, "biases")


@pytest.mark.parametrize("form", FORMS)
def test_large_problems_are_loaded(form: str, tmp_path: Path) -> None:
    """A problem of more numbers than one wants to read is loaded from its file."""
    problem = Problem.random((8, 8, 1))
    save(problem, tmp_path / "case.json")

    source = snippet(problem, path=str(tmp_path / "case.json"), form=form)

    assert len(source.splitlines()) < 30
    assert conforms(problem, form, "weights", 1, str(tmp_path / "case.json"))


def test_the_form_follows_the_target() -> None:
    """Findings of torch and jax are shown in their own words, all others in NumPy's."""
    names = ("torch_func_grad", "jax_grad_jit", "backprop", "torch_like.py:backprop")

    assert ["torch", "jax", "numpy", "numpy"] == [form_for(each) for each in names]
