"""The functions of the catalogue as their plain formulas, on power series over Arb's balls.

A formula applied to p + t gives f(p) + f'(p)·t: the second coefficient is the derivative, enclosed,
and no derivative rule has been used.
"""

from collections.abc import Callable

from flint import arb, arb_series

Series = arb_series


def _positive(p: Series) -> bool:
    """On which side of 0 the point lies (0 itself counts as positive)."""
    return bool(p[0] >= 0)


def _decay(p: Series) -> Series:
    """e^−|p|: definitions are written with it because Arb's e^p is no number for huge p."""
    return (-p if _positive(p) else p).exp()


def _sigmoid(p: Series) -> Series:
    """1/(1 + e^−p)."""
    e = _decay(p)
    return 1 / (1 + e) if _positive(p) else e / (1 + e)


def _tanh(p: Series) -> Series:
    """(1 − e^−2p)/(1 + e^−2p)."""
    E = _decay(2 * p)
    return (1 - E) / (1 + E) if _positive(p) else (E - 1) / (1 + E)


def _softplus(p: Series) -> Series:
    """log(1 + e^p)."""
    return (p if _positive(p) else 0 * p) + (1 + _decay(p)).log()


def _gelu_tanh(p: Series) -> Series:
    """½p(1 + tanh u), u = √(2/π)(p + 0.044715p³)."""
    return p * (1 + _tanh((2 / arb.pi()).sqrt() * (p + arb("0.044715") * p * p * p))) / 2


def _between(p: Series, low: int, high: int) -> Series:
    """min(max(p, low), high)."""
    return 0 * p + low if p[0] < low else (0 * p + high if p[0] > high else p)


def _elu(p: Series) -> Series:
    """The identity, or e^p − 1 below 0."""
    return p if _positive(p) else p.exp() - 1


def _selu(p: Series) -> Series:
    """λp, or λα(e^p − 1) below 0."""
    scale = arb("1.0507009873554804934193349852946")
    alpha = arb("1.6732632423543772848170429916717")
    return scale * (p if _positive(p) else alpha * (p.exp() - 1))


def _softshrink(p: Series) -> Series:
    """The soft threshold: p − ½, 0 or p + ½."""
    return p - arb(0.5) if p[0] > 0.5 else (p + arb(0.5) if p[0] < -0.5 else 0 * p)


DEFINITIONS: dict[str, Callable[[Series], Series]] = {
    "identity": lambda p: p,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": lambda p: p if _positive(p) else 0 * p,
    "leaky_relu": lambda p: p if _positive(p) else p / 100,
    "elu": _elu,
    "celu": _elu,
    "selu": _selu,
    "softplus": _softplus,
    "log_sigmoid": lambda p: -_softplus(-p),
    "gelu": lambda p: p * (1 + (p / arb(2).sqrt()).erf()) / 2,
    "gelu_tanh": _gelu_tanh,
    "silu": lambda p: p * _sigmoid(p),
    "mish": lambda p: p * _tanh(_softplus(p)),
    "softsign": lambda p: p / (1 + (p if _positive(p) else -p)),
    "tanhshrink": lambda p: p - _tanh(p),
    "softshrink": _softshrink,
    "hardtanh": lambda p: _between(p, -1, 1),
    "relu6": lambda p: _between(p, 0, 6),
    "hard_sigmoid": lambda p: _between(p + 3, 0, 6) / 6,
    "hard_swish": lambda p: p * _between(p + 3, 0, 6) / 6,
    "abs": lambda p: p if _positive(p) else -p,
    "square": lambda p: p * p,
    "exp": lambda p: p.exp(),
    "sin": lambda p: p.sin(),
    "squareplus": lambda p: (p + (p * p + 4).sqrt()) / 2,
}


def _distance(p: Series) -> Series:
    """|p|."""
    return p if _positive(p) else -p


def _huber(d: Series) -> Series:
    """½d², or |d| − ½ beyond 1."""
    return d * d / 2 if abs(d[0]) <= 1 else _distance(d) - arb(0.5)


def _log_cosh(d: Series) -> Series:
    """The definition log ½(e^d + e^−d)."""
    return _distance(d) + ((1 + _decay(2 * d)) / 2).log()


LOSS_DEFINITIONS: dict[str, Callable[[Series, arb], Series]] = {
    "half_squared_error": lambda x, y: (x - y) * (x - y) / 2,
    "squared_error": lambda x, y: (x - y) * (x - y),
    "huber": lambda x, y: _huber(x - y),
    "log_cosh": lambda x, y: _log_cosh(x - y),
    "binary_cross_entropy_with_logits": lambda x, y: _softplus(x) - y * x,
    "poisson": lambda x, y: x.exp() - y * x,
}
