"""Mistakes in one activation at single places: its kinks, where it has none, and its tails."""

from __future__ import annotations

from conformance.mistakes.functions import OfFunction
from conformance.mistakes.kinds import KINK, SATURATION
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array

# ── at kinks, and where there is none ──


class LeakyKink(OfFunction):
    """Taking 0 as the derivative of leaky_relu at 0, which neither of its pieces covers."""

    kind = KINK
    of = ("leaky_relu",)
    origin = "https://github.com/uptake/numpynet/pull/35"

    def df(self, p: Array, right: Array) -> Array:
        return right * self.on.differs(p, 0)


class EluKink(OfFunction):
    """Adding the derivatives of both pieces of elu and celu at 0."""

    kind = KINK
    of = ("elu", "celu")

    def df(self, p: Array, right: Array) -> Array:
        return right * (2 - self.on.differs(p, 0))


class HardSwishKink(OfFunction):
    """Taking 0 as the derivative of hard_swish at 3, which neither of its pieces covers."""

    kind = KINK
    of = ("hard_swish",)

    def df(self, p: Array, right: Array) -> Array:
        return right * self.on.differs(p, 3)


class SoftplusAtZero(OfFunction):
    """Taking 0 as the derivative of softplus and log_sigmoid at 0, as max and abs suggest."""

    kind = KINK
    of = ("softplus", "log_sigmoid")
    origin = "https://github.com/jax-ml/jax/issues/2140"

    def df(self, p: Array, right: Array) -> Array:
        return right * self.on.differs(p, 0)


# ── in the tails ──


class SoftplusThreshold(OfFunction):
    """Taking p for softplus, and 1 for its derivative, above a threshold of 20."""

    kind = SATURATION
    of = ("softplus",)
    origin = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional.softplus.html"

    def f(self, p: Array, right: Array) -> Array:
        above = self.step(p - 20)
        return above * p + (1 - above) * right

    def df(self, p: Array, right: Array) -> Array:
        above = self.step(p - 20)
        return above + (1 - above) * right


class SmallSlopesAreZero(OfFunction):
    """Taking 0 for a derivative of sigmoid or tanh that is below 1e-8."""

    kind = SATURATION
    of = ("sigmoid", "tanh")
    origin = "https://github.com/tenstorrent/tt-metal/issues/55724"

    def df(self, p: Array, right: Array) -> Array:
        return self.step(right - 1e-8) * right


MISTAKES: tuple[type[Backprop], ...] = (
    LeakyKink,
    EluKink,
    HardSwishKink,
    SoftplusAtZero,
    SoftplusThreshold,
    SmallSlopesAreZero,
)
