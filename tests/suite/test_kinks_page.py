"""What docs/kinks.md says of PyTorch and JAX is what they return."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "kinks.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(.+)` \| (\S+) \| \[(\S+), (\S+)\] \| (\S+) \|$", PAGE, re.MULTILINE)
"""(call, x, lower end of the hull, upper end, derivative)."""

NAMED = re.findall(r"(?:PyTorch|JAX) (\d[\d.]*)", PAGE)
VERSIONS = dict(zip(("torch", "jax"), NAMED, strict=True))


def framework(call: str) -> str:
    """Whose call it is."""
    return "jax" if re.search(r"\b(jax|jnp)\.", call) else "torch"


def derivative(call: str, at: float) -> float:
    """d call / dx, in float32."""
    if framework(call) == "torch":
        import torch

        x = torch.tensor(at, requires_grad=True)
        eval(call, {"torch": torch, "F": torch.nn.functional, "x": x}).backward()
        return float(x.grad)
    import jax

    def value(x: Any) -> Any:
        return eval(call, {"jax": jax, "jnp": jax.numpy, "x": x})

    return float(jax.grad(value)(at))


@pytest.mark.parametrize(("call", "at", "low", "high", "measured"), ROWS)
def test_a_row_is_what_the_call_returns(
    call: str, at: str, low: str, high: str, measured: str
) -> None:
    """The derivative in each row is the framework's, in the version named, and is in the hull."""
    installed = pytest.importorskip(framework(call)).__version__.split("+")[0]
    if installed != VERSIONS[framework(call)]:
        pytest.skip(f"measured with {VERSIONS[framework(call)]}, this is {installed}")

    assert Fraction(low) <= Fraction(measured) <= Fraction(high)
    assert np.float32(float(Fraction(measured))) == derivative(call, float(at))


@pytest.mark.parametrize("package", ["torch", "jax"])
def test_the_versions_named_are_the_pinned_ones(package: str) -> None:
    """The page was measured with what ci/constraints.txt pins, so that the rows above are run."""
    pins = (ROOT / "ci" / "constraints.txt").read_text("utf-8")

    assert [VERSIONS[package]] == re.findall(rf"^{package}==(\S+)$", pins, re.MULTILINE)


def test_the_rows_show_what_the_page_says() -> None:
    """max(x, 0) has three derivatives in PyTorch; three functions differ between the frameworks."""
    measured = {row[0]: row[4] for row in ROWS}
    maxima = ("torch.relu(x)", "torch.maximum(x, torch.tensor(0.0))", "torch.clamp(x, min=0)")

    assert {"0", "1/2", "1"} == {measured[call] for call in maxima}
    for one, other in (
        ("torch.abs(x)", "jnp.abs(x)"),
        ("F.leaky_relu(x)", "jax.nn.leaky_relu(x)"),
        ("F.hardtanh(x)", "jax.nn.hard_tanh(x)"),
    ):
        assert measured[one] != measured[other]
