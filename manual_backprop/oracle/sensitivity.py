"""How strongly each function passes an error of its argument on: bounds of |f'| and |f''|, derived.

A pair a function: the largest |f'|, then the largest |f''|, over all real p, breakpoints aside.
Throughout, s = s(p) is the sigmoid, s' = s(1 − s); t = tanh p, t' = 1 − t²; φ and Φ are the normal
density and distribution. A maximum with a closed form stands as that form: float64 has it to an
ulp, which `outward` covers in the radius that it multiplies. Any other is located, and rounded up
to four decimals.

No derivation here is trusted: `tests/core/test_sensitivity.py` proves each number from the
definition alone, by bisection in ball arithmetic, over every number that a format holds
(`test_lipschitz_constants_of_activations_hold`, `test_curvature_constants_of_activations_hold`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from manual_backprop.activations.piecewise import SELU_ALPHA, SELU_LAMBDA

Floats = npt.NDArray[np.float64]
Bound = Callable[[Floats, Floats], Floats]
"""(lo, hi) ↦ an upper bound over the interval, entry by entry."""


def at_most(bound: float) -> Bound:
    """The same bound everywhere.

    >>> at_most(0.25)(np.zeros(2), np.ones(2))
    array([0.25, 0.25])
    """
    return lambda lo, hi: np.full_like(lo, bound)


# ── bounds that follow the interval ──


def twice_the_size(lo: Floats, hi: Floats) -> Floats:
    """|2p| on [lo, hi], the slope of p².

    >>> twice_the_size(np.array([-3.0]), np.array([1.0]))
    array([6.])
    """
    return 2 * np.maximum(np.abs(lo), np.abs(hi))


def exp_at_upper_end(lo: Floats, hi: Floats) -> Floats:
    """eᵖ on [lo, hi], which rises: its value at hi, and the 4 ulp that NumPy's exp may be off.

    >>> exp_at_upper_end(np.array([-1.0]), np.array([0.0])) >= 1
    array([ True])
    """
    return np.exp(hi) * (1 + 2.0**-50)


# ── the sigmoid and its kin ──

SIGMOID = 1 / 4, 1 / (6 * math.sqrt(3))
"""s' = s(1 − s) ≤ ¼, at s = ½. s'' = s(1 − s)(1 − 2s), of which the derivative in s, 1 − 6s + 6s²,
is 0 at s = (3 ± √3)/6: there |s''| = 1/(6√3)."""

SOFTPLUS = LOG_SIGMOID = 1, SIGMOID[0]
"""f' = s, of log_sigmoid 1 − s; so |f''| = s'."""

TANH = 1, 4 / (3 * math.sqrt(3))
"""t' = 1 − t² ≤ 1, at t = 0. t'' = −2t(1 − t²), of which the derivative in t, 6t² − 2, is 0 at
t = ±1/√3: there |t''| = (2/√3)·(2/3)."""

TANHSHRINK = 1, TANH[1]
"""f' = t² < 1, and f'' = 2t(1 − t²) = −t''."""

SILU = 1.0999, 1 / 2
"""f' = s + p·s', and f'' = s'·(2 − p·tanh(p/2)). The slope is extreme where p·tanh(p/2) = 2, at
p* = ±2.39936; there s = ½ + 1/p* and f' = ½ + p*/4 = 1.09984 or −0.09984. |f''|: as long as the
bracket is positive it is at most 2, at p = 0, and s' ≤ ¼; beyond, |f''| ≤ |p|·exp(−|p|) ≤ 1/e."""

# ── gelu and mish ──

GELU = (1 + math.erf(1)) / 2 + math.exp(-1) / math.sqrt(math.pi), math.sqrt(2 / math.pi)
"""f' = Φ + p·φ, and f'' = φ·(2 − p²), since φ' = −p·φ. The slope is extreme at p = ±√2, where it is
Φ(√2) + √2·φ(√2), or 1 less that. f''' = φ·p·(p² − 4): |f''| is 2φ(0) at 0, and 2φ(2) = 0.108 at ±2.
"""

GELU_TANH = 1.1290, math.sqrt(2 / math.pi)
"""f = p·s(v), v = √(8/π)·(p + 0.044715 p³): no closed form for the slope, 1.128993 at p = 1.41850.
f'' is even, and largest at 0, where it is 2·s'(0)·v'(0) = ½·√(8/π)."""

MISH = 1.0885, 0.6443
"""No closed forms: f' is 1.088498 at p = 1.49057, and f'' is 0.644205 at p = −0.08793."""

# ── the rest ──

ELU = CELU = 1, 1
"""f' = f'' = eᵖ ≤ 1 for p < 0; f' = 1 beyond."""

SELU = float(SELU_LAMBDA * SELU_ALPHA), float(SELU_LAMBDA * SELU_ALPHA)
"""f' = f'' = λα·eᵖ ≤ λα for p < 0; f' = λ < λα beyond."""

SOFTSIGN = 1, 2
"""f' = 1/(1 + |p|)² and |f''| = 2/(1 + |p|)³, both largest at 0."""

SQUAREPLUS = 1, 1 / 4
"""With r = √(p² + 4) > |p|: f' = ½(1 + p/r) < 1, and f'' = 2/r³ ≤ 2/8, at 0."""

SIN = 1, 1
"""|cos p| and |sin p|."""

HARD_SWISH = 3 / 2, 1 / 3
"""f' = (2p + 3)/6 for |p| < 3: from −½ to 3/2."""
