"""The gradient by mpmath: dual numbers through the definitions, one parameter at a time.

An arithmetic, a set of elementary functions and a derivation of their own: nothing here comes from
flint, from backpropagation or from the catalogue's derivatives.
"""

from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np

from manual_backprop import Problem


class Dual:
    """value + slope·ε with ε² = 0."""

    def __init__(self, value: Any, slope: Any = 0) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Any) -> "Dual":
        other = dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Any) -> "Dual":
        return self + -dual(other)

    def __rsub__(self, other: Any) -> "Dual":
        return dual(other) + -self

    def __mul__(self, other: Any) -> "Dual":
        other = dual(other)
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Dual":
        other = dual(other)
        ratio = self.value / other.value
        return Dual(ratio, (self.slope - ratio * other.slope) / other.value)

    def __rtruediv__(self, other: Any) -> "Dual":
        return dual(other) / self


def dual(value: Any) -> Dual:
    """A constant as a dual number."""
    return value if isinstance(value, Dual) else Dual(value)


class DualFunctions:
    """The namespace m of the definitions, on duals of one mpmath context."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.pi = +context.pi

    def exp(self, z: Any) -> Dual:
        """The exponential."""
        value = self.context.exp(dual(z).value)
        return Dual(value, value * dual(z).slope)

    def log(self, z: Any) -> Dual:
        """The natural logarithm."""
        return Dual(self.context.log(dual(z).value), dual(z).slope / dual(z).value)

    def sqrt(self, z: Any) -> Dual:
        """The square root."""
        value = self.context.sqrt(dual(z).value)
        return Dual(value, dual(z).slope / (2 * value))

    def sin(self, z: Any) -> Dual:
        """The sine."""
        z = dual(z)
        return Dual(self.context.sin(z.value), self.context.cos(z.value) * z.slope)

    def erf(self, z: Any) -> Dual:
        """The error function, 2/√π times the integral of exp(−t²)."""
        z = dual(z)
        slope = 2 / self.context.sqrt(self.pi) * self.context.exp(-z.value * z.value) * z.slope
        return Dual(self.context.erf(z.value), slope)


def dual_gradient(problem: Problem, bits: int) -> list[Any]:
    """Gradients at weights and biases, layer by layer, as object arrays of `mpf`s.

    Every mpmath operation is rounded to so many bits; how the errors add up is not bounded.
    """
    context = mpmath.MPContext()
    context.prec = bits
    return [
        _array_gradient(problem, context, k, name)
        for k, layer in enumerate(problem.network.layers)
        for name in ("weights", "biases")
        if getattr(layer, name) is not None
    ]


def _array_gradient(problem: Problem, context: Any, k: int, name: str) -> Any:
    shape = getattr(problem.network.layers[k], name).shape
    slopes = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        slope = dual(_objective(problem, context, (k, name, place))).slope
        slopes[place] = context.mpf(slope)
    return slopes


def _objective(problem: Problem, context: Any, moving: Any) -> Any:
    """The objective with one parameter replaced by θ + ε."""
    total = sum(
        _sample_loss(problem, context, moving, _converted(x, context), _converted(y, context))
        for x, y in zip(problem.inputs, problem.targets, strict=True)
    )
    return total / problem.samples if problem.reduction == "mean" else total


def _sample_loss(problem: Problem, context: Any, moving: Any, x: Any, y: Any) -> Any:
    m = DualFunctions(context)
    for k, layer in enumerate(problem.network.layers):
        rows = _parameters(layer.weights, context, moving, k, "weights")
        p = [sum(w * g for w, g in zip(row, x, strict=True)) for row in rows]
        if layer.biases is not None:
            biases = _parameters(layer.biases, context, moving, k, "biases")
            p = [a + b for a, b in zip(p, biases, strict=True)]
        f = layer.activation
        x = [f.pieces[_passed(f.breakpoints, each, context)](each, m) for each in p]
    loss = problem.loss
    if loss.whole is not None:
        return loss.whole(x, y, m)
    assert loss.argument is not None
    return sum(_term(loss, output, target, m) for output, target in zip(x, y, strict=True))


def _term(loss: Any, x: Any, y: Any, m: DualFunctions) -> Any:
    t = loss.argument(x, y)
    return loss.pieces[_passed(loss.breakpoints, t, m.context)](t, y, m)


def _passed(breakpoints: Any, z: Any, context: Any) -> int:
    """How many breakpoints are behind; one that z sits on is."""
    return sum(_number(each.at, context) <= dual(z).value for each in breakpoints)


def _parameters(array: Any, context: Any, moving: Any, k: int, name: str) -> Any:
    """The array's numbers, one of them a dual if it is the moving one."""
    numbers = np.empty(array.shape, dtype=object)
    for place, value in np.ndenumerate(array):
        number = _number(value, context)
        numbers[place] = Dual(number, 1) if (k, name, place) == moving else number
    return numbers


def _converted(row: Any, context: Any) -> list[Any]:
    return [_number(value, context) for value in row]


def _number(value: Any, context: Any) -> Any:
    numerator, denominator = value.as_integer_ratio()
    return context.mpf(int(numerator)) / int(denominator)
