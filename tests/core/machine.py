"""An implementation of the class, simulated: it rounds as it likes within the class's rules.

`Machine` computes on exact fractions and rounds each operation to a format: sums in any order,
products fused or not, subnormals flushed or not, functions off by up to their units, any value of
the hull at a kink. `reverse` and `forward` are (5.1)–(5.3) and (3.1)–(3.4) written out in loops,
with the mean's 1/S in any of its places. Nothing here is shared with the arithmetic under test.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any, Literal

import numpy as np

from manual_backprop import Activation, Loss, Problem
from manual_backprop.arithmetic.formats import Format
from manual_backprop.oracle.accuracy import CLASSES, LOSS_CLASSES

from .truth import value_and_derivative

ZERO = Fraction(0)
Place = Literal["loss", "delta", "gradient"]
Term = tuple[Fraction, ...]
"""One number, or two that are to be multiplied."""


class Machine:
    """Arithmetic of one implementation in one format.

    Args:
        form: the format.
        rng: decides orders, ties, which products are fused, how far functions are off.
        flush: whether subnormals are read and written as zero.
        exactly: whether activations and loss gradients are as good as float64 gives them.
    """

    def __init__(
        self, form: Format, rng: np.random.Generator, flush: bool = False, exactly: bool = False
    ) -> None:
        self.form, self.rng, self.flush, self.exactly = form, rng, flush, exactly

    # ── rounding ──

    def fl(self, exact: Fraction) -> Fraction:
        """The nearest number of the format, ties either way; no upper end."""
        return self._flushed(nearest(exact, self.form.precision, self.form.max_exponent, self.rng))

    def _flushed(self, value: Fraction) -> Fraction:
        tiny = abs(value) < Fraction(self.form.smallest_normal)
        return ZERO if self.flush and tiny else value

    def operand(self, value: Fraction) -> Fraction:
        """What a matrix product reads in place of a number."""
        form = self.form
        if form.operand_precision == form.precision:
            return value
        short = nearest(value, form.operand_precision, form.operand_max_exponent, self.rng)
        return self._flushed(short)

    # ── operations ──

    def sum(self, terms: Sequence[Term]) -> Fraction:
        """Any tree of additions; a product that meets a number may be fused with it."""
        rest: list[Term] = [tuple(map(self._flushed, term)) for term in terms]
        while len(rest) > 1:
            left = rest.pop(int(self.rng.integers(len(rest))))
            right = rest.pop(int(self.rng.integers(len(rest))))
            if self.rng.integers(2):
                left = (self.product(left),)  # else fused
            rest.append((self.fl(_exact(left) + self.product(right)),))
        return self.product(rest[0]) if rest else ZERO

    def product(self, term: Term) -> Fraction:
        """One number as it is, or two multiplied and rounded."""
        return term[0] if len(term) == 1 else self.fl(_exact(tuple(map(self._flushed, term))))

    def divided(self, value: Fraction, divisor: int) -> Fraction:
        """By division, or by the rounded reciprocal."""
        if self.rng.integers(2):
            return self.fl(self._flushed(value) / divisor)
        return self.product((value, self.fl(Fraction(1, divisor))))

    def dot(self, row: Sequence[Fraction], column: Sequence[Fraction], *more: Fraction) -> Fraction:
        """A row of a matrix product, and what else is added."""
        pairs = zip(row, column, strict=True)
        return self.sum([*((self.operand(a), self.operand(b)) for a, b in pairs), *zip(more)])

    # ── functions ──

    def value(self, function: Activation, p: Fraction) -> Fraction:
        """f(p), off by up to the class's units."""
        of, exact = CLASSES[function.name], self._truth(function, p)[0]
        return self._off(exact, of.value_units, of.value_scale, p)

    def derivative(self, function: Activation, p: Fraction) -> Fraction:
        """f'(p), likewise; any value of the hull at a breakpoint."""
        of, slope = CLASSES[function.name], self._truth(function, p)[1]
        for each in function.breakpoints:
            if each.at == self._flushed(p):
                slope = self.between(each.left, each.right)
        return self._off(slope, of.derivative_units, of.derivative_scale, p)

    def loss_gradient(self, loss: Loss, x: list[Fraction], y: list[Fraction]) -> Any:
        """∇L of one sample, off by up to the class's units."""
        of = LOSS_CLASSES[loss.name]
        x, y = [*map(self._flushed, x)], [*map(self._flushed, y)]
        outputs, targets = _row(x, loss.rational), _row(y, loss.rational)
        slopes = [Fraction(each) for each in loss.gradient(outputs, targets)[0].tolist()]
        for i, (a, b) in enumerate(zip(x, y, strict=True)):
            t = a if loss.argument is None else loss.argument(a, b)
            for each in loss.breakpoints:
                if each.is_kink and each.at == self.fl(Fraction(t)):
                    hull = self.between(each.left, each.right)
                    slopes[i] = hull * (-b if loss.targets == "sign" else 1)
            sizes = [np.array(float(each)) for each in (a, abs(b), abs(t))]
            units = of.units + (len(x) if loss.argument is None else 0)
            slopes[i] += self._error(units * Fraction(float(of.scale(*sizes))))
            slopes[i] = self._underflowed(slopes[i]) if units else slopes[i]
        return slopes

    def _truth(self, function: Activation, p: Fraction) -> tuple[Fraction, Fraction]:
        """f and f' at p: in fractions, or from float64, exact enough for shorter formats."""
        if function.rational:
            return _at(function.value, p), _at(function.derivative, p)
        if self.form.precision >= 53:
            return value_and_derivative(function.piece_at(p), p)
        return _at(function.value, p), _at(function.derivative, p)

    def between(self, left: Fraction, right: Fraction) -> Fraction:
        """Any value of the hull, its ends above all."""
        share = Fraction(int(self.rng.choice([0, 1, 2, 4])), 4)
        return left + share * (right - left)

    def _off(self, exact: Fraction, units: float, scale: str, p: Fraction) -> Fraction:
        if not units:
            return exact
        floors = {"f": [], "max(1, f)": [1], "max(1, p, f)": [1, abs(p)]}[scale]
        size = max([abs(exact), *map(Fraction, floors)])
        return self._underflowed(exact + self._error(Fraction(units) * size))

    def _underflowed(self, value: Fraction) -> Fraction:
        return self._flushed(value)

    def _error(self, size: Fraction) -> Fraction:
        """Up to size·u either way, its ends above all; a little less, for float64's own errors."""
        share = Fraction(int(self.rng.choice([-256, -256, 256, 256, 0, 100]))) / 257
        return 0 * size if self.exactly else share * size * Fraction(self.form.unit_roundoff)


def _exact(term: Term) -> Fraction:
    return term[0] if len(term) == 1 else term[0] * term[1]


def _at(function: Any, p: Fraction) -> Fraction:
    """f at one number: exact where it runs on fractions, else in float64."""
    if function.__self__.rational:
        return Fraction(function(np.array([p, None], dtype=object)[:1])[0])
    return Fraction(float(function(np.array([float(p)]))[0]))


def _row(values: list[Fraction], rational: bool) -> Any:
    if rational:
        return np.array([*values, None], dtype=object)[None, :-1]
    return np.array([[float(each) for each in values]])


def nearest(
    exact: Fraction, precision: int, max_exponent: int, rng: np.random.Generator
) -> Fraction:
    """The number with so many bits, subnormals gradual, that is nearest; a tie falls either way."""
    if not exact:
        return exact
    size = abs(exact)
    leading = size.numerator.bit_length() - size.denominator.bit_length()
    leading -= size < Fraction(2) ** leading
    unit = Fraction(2) ** (max(leading, 1 - max_exponent) - precision + 1)
    below, rest = divmod(size, unit)
    up = rest * 2 > unit or (rest * 2 == unit and bool(rng.integers(2)))
    rounded = (below + up) * unit
    return rounded if exact > 0 else -rounded


# ── whole networks ──

Gradients = tuple[list[Any], list[Any]]


class Passed:
    """A forward pass of a machine: numbers as it read them, traces, slopes, ∇L."""

    def __init__(self, machine: Machine, problem: Problem, place: Place) -> None:
        self.machine, self.problem, self.place = machine, problem, place
        self.S = problem.samples
        layers = problem.with_biases().network.layers
        self.W = [read(machine, layer.weights) for layer in layers]
        self.b = [read(machine, layer.biases) for layer in layers]
        self.f = [layer.activation for layer in layers]
        X, Y = read(machine, problem.inputs), read(machine, problem.targets)
        self.x = [[row.tolist() for row in X]]
        self.slope: list[Any] = []
        for W, b, f in zip(self.W, self.b, self.f, strict=True):
            p = [[machine.dot(w, x, c) for w, c in zip(W, b, strict=True)] for x in self.x[-1]]
            self.x.append([[machine.value(f, each) for each in row] for row in p])
            self.slope.append([[machine.derivative(f, each) for each in row] for row in p])
        rows = zip(self.x[-1], Y.tolist(), strict=True)
        self.loss_gradient = [machine.loss_gradient(problem.loss, x, y) for x, y in rows]
        self.loss_gradient = [self.mean(row, "loss") for row in self.loss_gradient]

    def mean(self, values: list[Fraction], place: Place) -> list[Fraction]:
        """1/S, if this is the place for it."""
        if self.problem.reduction == "sum" or place != self.place:
            return values
        return [self.machine.divided(value, self.S) for value in values]


def read(machine: Machine, array: Any) -> Any:
    """The array's numbers in the machine's format, as fractions."""
    numbers = np.empty(array.shape, dtype=object)
    for place, value in np.ndenumerate(array):
        numbers[place] = machine.fl(Fraction(*value.as_integer_ratio()))
    return numbers


def reverse(machine: Machine, problem: Problem, place: Place) -> Gradients:
    """(5.1)–(5.3)."""
    at = Passed(machine, problem, place)
    samples, depth = range(at.S), len(at.W)
    x_bar, weights, biases = at.loss_gradient, [], []
    for k in reversed(range(depth)):
        delta = [
            [machine.product(pair) for pair in zip(at.slope[k][s], x_bar[s], strict=True)]
            for s in samples
        ]
        if k == depth - 1:
            delta = [at.mean(row, "delta") for row in delta]
        m, n = at.W[k].shape
        columns = [[delta[s][i] for s in samples] for i in range(m)]
        rows = [[at.x[k][s][j] for s in samples] for j in range(n)]
        gradient = [at.mean([machine.dot(c, row) for row in rows], "gradient") for c in columns]
        summed = [machine.sum([*zip(column)]) for column in columns]
        weights.insert(0, gradient)
        biases.insert(0, at.mean(summed, "gradient"))
        x_bar = [[machine.dot(delta[s], at.W[k][:, j]) for j in range(n)] for s in samples]
    return weights, biases


def forward(machine: Machine, problem: Problem, place: Place) -> Gradients:
    """(3.1)–(3.4), one parameter at a time."""
    at = Passed(machine, problem, place)
    weights, biases = [], []
    for k, W in enumerate(at.W):
        m, n = W.shape
        gradient = [
            _end(at, k, [_unit(m, i, at.x[k][s][j]) for s in range(at.S)])
            for i, j in product(range(m), range(n))
        ]
        weights.append([gradient[i * n : (i + 1) * n] for i in range(m)])
        one = Fraction(1)
        biases.append([_end(at, k, [_unit(m, i, one)] * at.S) for i in range(m)])
    return weights, biases


def _unit(size: int, i: int, value: Fraction) -> list[Fraction]:
    return [value if place == i else ZERO for place in range(size)]


def _end(at: Passed, k: int, p_dot: list[list[Fraction]]) -> Fraction:
    """(3.3) from layer k to the last, then (3.4) over all samples."""
    machine, terms = at.machine, []
    for s in range(at.S):
        moving = p_dot[s]
        for m in range(k + 1, len(at.W)):
            x_dot = [machine.product(pair) for pair in zip(at.slope[m - 1][s], moving, strict=True)]
            moving = [machine.dot(row, x_dot) for row in at.W[m]]
        x_dot = [machine.product(pair) for pair in zip(at.slope[-1][s], moving, strict=True)]
        terms += [*zip(at.loss_gradient[s], x_dot, strict=True)]
    total = machine.sum(terms)
    late = at.problem.reduction == "mean" and at.place != "loss"
    return machine.divided(total, at.S) if late else total
