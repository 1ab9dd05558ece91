"""What every backend is: a name, the order in which it works, a version, and one function.

The function is a function under test, as docs/check-your-own.md has it: it takes NumPy arrays and
names, and returns the gradients of the mean loss over the samples. `recursion` and `backprop` in
this folder are the project's own; the others hand the same network to a framework. Each framework
is imported inside its own adapter and nowhere else, so that the suite runs with whichever of them
are installed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from conformance.calling import Failed

__all__ = [
    "EVERYTHING",
    "Array",
    "Backend",
    "Backprop",
    "Declared",
    "Failed",
    "Gradients",
    "NotEquipped",
    "NotInstalled",
    "importing",
    "supported",
    "supported_dtype",
]

Array = NDArray[np.floating[Any]]
Gradients = tuple[list[Array], list[Array]]
Backprop = Callable[[Sequence[Array], Sequence[Array], Sequence[str], str, Array, Array], Gradients]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Declared:
    """What an implementation says that it supports; names of the catalogue, None for all.

    Attributes:
        activations, losses, dtypes: names.
        complete: whether every combination is supported, so that there is nothing to find out.
    """

    activations: tuple[str, ...] | None = None
    losses: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    complete: bool = False


EVERYTHING = Declared(complete=True)
"""What is said by tables of the whole catalogue."""


@dataclass(frozen=True)
class Backend:
    """One implementation of the gradient, as the suite calls it.

    Attributes:
        name: its module's name in `conformance.backends`.
        order: `reverse` if it works as (5.1)–(5.4) do, `forward` if as (3.1)–(3.4) do; it selects
            the admissible set.
        version: of the package that does the work.
        backprop: the function under test: `backprop(weights, biases, activations, loss, inputs,
            targets)` returns `(weight_gradients, bias_gradients)`. It leaves its arguments as they
            are, and raises NotImplementedError for what it lacks, or `Failed`.
        declared: what it says that it supports; None if that is to be found out.
        notes: what is to be told of it after a run: that it prints, say.
        close: ends the process that it runs in, if it has one.
        arguments: how the command line names it, if not by its name.
    """

    name: str
    order: Literal["reverse", "forward"]
    version: str
    backprop: Backprop
    declared: Declared | None = None
    notes: Callable[[], Sequence[str]] = tuple
    close: Callable[[], None] = lambda: None
    arguments: tuple[str, ...] = ()


class NotInstalled(ImportError):
    """A backend's package is not installed.

    >>> print(NotInstalled("torch"))
    torch is not installed; try: pip install "manual-backprop[torch]"
    >>> print(NotInstalled("tinygrad", extra="peers"))
    tinygrad is not installed; try: pip install "manual-backprop[peers]"
    """

    def __init__(self, package: str, extra: str = "") -> None:
        """Names the package, and the extra that brings it: that of the same name, if not given."""
        wanted = f"manual-backprop[{extra or package}]"
        super().__init__(f'{package} is not installed; try: pip install "{wanted}"', name=package)


class NotEquipped(NotInstalled):
    """A backend's package is there, but not the device or the compiler that it works with.

    >>> print(NotEquipped("torch", "no C++ compiler is found; install g++"))
    torch: no C++ compiler is found; install g++
    """

    def __init__(self, package: str, lack: str) -> None:
        """Names the package, and what it lacks."""
        ImportError.__init__(self, f"{package}: {lack}", name=package)


@contextmanager
def importing(package: str, extra: str = "") -> Iterator[None]:
    """The place where a framework is imported: its absence becomes NotInstalled.

    A package that is there but lacks a part of its own fails with its own message.

    Args:
        package: as it is imported.
        extra: of this project, that brings it; that of the same name, if not given.
    Raises:
        NotInstalled: if it is `package` itself that is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise NotInstalled(package, extra) from error


def supported(what: str, name: str, calls: Mapping[str, Value]) -> Value:
    """`calls[name]`, or NotImplementedError, which says "not supported".

    >>> supported("loss", "identity_sum", {"identity_sum": sum})
    <built-in function sum>
    >>> supported("loss", "triplet", {})
    Traceback (most recent call last):
    NotImplementedError: loss 'triplet'
    """
    if name not in calls:
        raise NotImplementedError(f"{what} {name!r}")
    return calls[name]


def supported_dtype(array: Array) -> np.dtype[Any]:
    """The array's dtype, or NotImplementedError for any but float16, float32 and float64.

    jax would silently read a longdouble as a float64, and torch would fail with a message of its
    own.
    """
    if array.dtype not in (np.float16, np.float32, np.float64):
        raise NotImplementedError(f"dtype {array.dtype}")
    return array.dtype
