"""One module for each contender: `prepare` makes the call that is timed.

Which package a contender needs, and whose products are its limit, stand here, so that nothing is
loaded to find out.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

from manual_backprop import Problem


@dataclass(frozen=True)
class Contender:
    """What computes gradients, or a limit to that.

    Attributes:
        name: of the module that holds it, and of the call that is timed.
        title: as it stands in tables.
        package: what has to be installed.
        limit: the contender that does the products of its library alone; None for such a one.
    """

    name: str
    title: str
    package: str
    limit: str | None

    @property
    def is_installed(self) -> bool:
        """Whether it can run here."""
        return importlib.util.find_spec(self.package) is not None

    def prepare(self, problem: Problem) -> Callable[[], object]:
        """The call that does its work once, compiled where there is a compiler."""
        module = importlib.import_module(f"{__name__}.{self.name}")
        call: Callable[[], object] = module.prepare(problem)
        return call


OURS = Contender("gradient", "gradient", "manual_backprop", "numpy_products")
FRAMEWORKS = (
    Contender("torch_autograd", "torch", "torch", "torch_products"),
    Contender("torch_func_grad", "func.grad", "torch", "torch_products"),
    Contender("jax_grad_jit", "jax.jit", "jax", "jax_products"),
    Contender("hips_autograd", "autograd", "autograd", "numpy_products"),
)
NUMPY = (
    Contender("recursion", "recursion", "manual_backprop", "numpy_products"),
    Contender("textbook", "textbook", "numpy", "numpy_products"),
)
LIMITS = (
    Contender("numpy_products", "products", "numpy", None),
    Contender("torch_products", "products of torch", "torch", None),
    Contender("jax_products", "products of jax", "jax", None),
)
CONTENDERS = {each.name: each for each in (OURS, *FRAMEWORKS, *NUMPY, *LIMITS)}
