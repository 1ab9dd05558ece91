"""Mistakes in one activation, or in its derivative."""

from __future__ import annotations

from conformance.mistakes.kinds import FUNCTION
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array


class OfFunction(Backprop):
    """What the mistakes of one activation have in common: they are in its f or its f'."""

    kind = FUNCTION

    def value(self, k: int, p: Array) -> Array:
        right = super().value(k, p)
        return self.f(p, right) if self.names[k] in self.of else right

    def slope(self, k: int, p: Array) -> Array:
        right = super().slope(k, p)
        return self.df(p, right) if self.names[k] in self.of else right

    def f(self, p: Array, right: Array) -> Array:
        """What is taken for the value at p, which is `right`."""
        return right

    def df(self, p: Array, right: Array) -> Array:
        """What is taken for the derivative at p, which is `right`."""
        return right


# ── another function ──


class LeakySlope(OfFunction):
    """Giving leaky_relu the slope 0.2 in place of 0.01."""

    of = ("leaky_relu",)
    origin = "https://github.com/keras-team/keras/pull/23545"

    def f(self, p: Array, right: Array) -> Array:
        relu = self.on.activation("relu")
        return relu.value(p) - relu.value(-p) * 0.2

    def df(self, p: Array, right: Array) -> Array:
        return self.step(p) * 0.8 + 0.2


class GeluByTanh(OfFunction):
    """Computing gelu by the formula with tanh."""

    of = ("gelu",)
    origin = "https://github.com/jax-ml/jax/issues/4428"

    def f(self, p: Array, right: Array) -> Array:
        return self.on.activation("gelu_tanh").value(p)

    def df(self, p: Array, right: Array) -> Array:
        return self.on.activation("gelu_tanh").derivative(p)


class GeluByErf(OfFunction):
    """Computing gelu_tanh by the formula with erf."""

    of = ("gelu_tanh",)
    origin = "https://github.com/google/gemma_pytorch/issues/33"

    def f(self, p: Array, right: Array) -> Array:
        return self.on.activation("gelu").value(p)

    def df(self, p: Array, right: Array) -> Array:
        return self.on.activation("gelu").derivative(p)


class HardSigmoidFifth(OfFunction):
    """Giving hard_sigmoid the slope 1/5 in place of 1/6."""

    of = ("hard_sigmoid",)
    origin = "https://github.com/PaddlePaddle/Paddle/issues/44820"

    def f(self, p: Array, right: Array) -> Array:
        return (p * 0.2 + 0.5).clip(0, 1)

    def df(self, p: Array, right: Array) -> Array:
        return self.on.activation("hardtanh").derivative(p * 0.4) * 0.2


# ── the right function, another derivative ──


class EluSlopeIsValue(OfFunction):
    """Taking f in place of f + 1 as the derivative of elu and celu below 0."""

    of = ("elu", "celu")
    origin = "https://github.com/mlpack/mlpack/pull/1540"

    def df(self, p: Array, right: Array) -> Array:
        below = 1 - self.step(p)
        return right - below


class SeluWithoutLambda(OfFunction):
    """Leaving λ out of the derivative of selu."""

    of = ("selu",)
    origin = "https://github.com/RubixML/ML/pull/427"

    def df(self, p: Array, right: Array) -> Array:
        return right / 1.0507009873554805


class Relu6Open(OfFunction):
    """Letting relu6 pass on what comes back above 6."""

    of = ("relu6",)
    origin = "https://github.com/tenstorrent/tt-metal/issues/6589"

    def df(self, p: Array, right: Array) -> Array:
        return self.step(p)


class ReluByCotangent(Backprop):
    """Letting relu pass on what is positive coming back, whatever the sign of p."""

    kind = FUNCTION
    of = ("relu",)
    origin = "https://github.com/exacity/deeplearningbook-chinese/issues/127"

    def delta(self, k: int, x_bar: Array) -> Array:
        return self.step(x_bar) * x_bar if self.names[k] in self.of else super().delta(k, x_bar)


class SiluWithoutP(OfFunction):
    """Taking s + s' in place of s + p s' as the derivative of silu."""

    of = ("silu",)

    def df(self, p: Array, right: Array) -> Array:
        sigmoid = self.on.activation("sigmoid")
        return sigmoid.value(p) + sigmoid.derivative(p)


class SiluParentheses(OfFunction):
    """Dividing only the last term of (1 + e + p e) / (1 + e)², the derivative of silu."""

    of = ("silu",)
    origin = "https://github.com/chelsea0x3b/dfdx/pull/915"

    def df(self, p: Array, right: Array) -> Array:
        e = self.on.activation("exp").value(-p)
        return 1 + e + p * self.on.activation("sigmoid").derivative(p)


class LogSigmoidMirrored(OfFunction):
    """Taking s(p) in place of s(-p) as the derivative of log_sigmoid."""

    of = ("log_sigmoid",)

    def df(self, p: Array, right: Array) -> Array:
        return self.on.activation("sigmoid").value(p)


class SoftsignNotSquared(OfFunction):
    """Taking 1/(1 + |p|) in place of its square as the derivative of softsign."""

    of = ("softsign",)
    origin = "https://github.com/apache/singa/pull/495"

    def df(self, p: Array, right: Array) -> Array:
        return 1 / (1 + self.on.activation("abs").value(p))


class HardSwishThird(OfFunction):
    """Writing 0.3333 for 1/3 in the derivative of hard_swish."""

    of = ("hard_swish",)
    origin = "https://github.com/tenstorrent/tt-metal/issues/55291"

    def df(self, p: Array, right: Array) -> Array:
        between = self.on.activation("hardtanh").derivative(p / 3)
        return right - between * p / 30_000


MISTAKES: tuple[type[Backprop], ...] = (
    LeakySlope,
    GeluByTanh,
    GeluByErf,
    HardSigmoidFifth,
    EluSlopeIsValue,
    SeluWithoutLambda,
    Relu6Open,
    ReluByCotangent,
    SiluWithoutP,
    SiluParentheses,
    LogSigmoidMirrored,
    SoftsignNotSquared,
    HardSwishThird,
)
