"""Where the functions are compared: points of both signs, from the smallest normal to overflow."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Pair = tuple[Array, Array]
BREAKPOINTS: dict[str, tuple[float, ...]] = {
    "relu": (0.0,),
    "leaky_relu": (0.0,),
    "selu": (0.0,),
    "softshrink": (-0.5, 0.5),
    "hardtanh": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
    "hard_sigmoid": (-3.0, 3.0),
    "hard_swish": (-3.0, 3.0),
    "abs": (0.0,),
}


def sweep_points(dtype: str, count: int, seed: int = 0) -> Array:
    """Zero, and points of both signs: a half uniform on four intervals, a half log-uniform."""
    random = np.random.default_rng(seed)
    limits = np.finfo(dtype)
    uniform = [random.uniform(-r, r, count // 8) for r in (4, 25, 120, 800)]
    low, high = np.log2(float(limits.smallest_normal)) + 1, np.log2(float(limits.max)) - 4
    exponents = [random.uniform(low, high, count // 4), random.uniform(-24, 12, count // 4)]
    signed = [random.choice([-1.0, 1.0], count // 4) * 2.0**e for e in exponents]
    return np.sort(np.concatenate([[0.0], *uniform, *signed]).astype(dtype))


def away_from_breakpoints(name: str, points: Array) -> Array:
    """The points that are no breakpoint of the activation, nor one ulp beside it."""
    keep = np.ones(len(points), dtype=bool)
    for breakpoint_ in BREAKPOINTS.get(name, ()):
        at = points.dtype.type(breakpoint_)
        keep &= (points < np.nextafter(at, -np.inf)) | (points > np.nextafter(at, np.inf))
    return points[keep]


def loss_points(name: str, dtype: str, count: int) -> Pair:
    """Outputs x and targets y of samples with one output, in the domain of the loss."""
    random = np.random.default_rng(1)
    x = sweep_points(dtype, count)
    y = random.normal(size=len(x)) * 2.0 ** random.integers(-8, 8, len(x))
    if name == "binary_cross_entropy_with_logits":
        y = random.choice([0.0, 1.0, 0.5, *random.uniform(size=9)], len(x))
    elif name == "poisson":
        y = np.round(np.abs(y))
    else:
        y[::10] = x[::10]
    return x, y.astype(dtype)


def softmax_samples(width: int, scale: float, dtype: str, count: int) -> Pair:
    """Random outputs of that scale; targets one-hot, or dyadic rows that sum to 1 exactly."""
    random = np.random.default_rng(width)
    x = random.normal(size=(count, width)) * scale
    dyadic = random.multinomial(64, np.full(width, 1 / width), size=count) / 64
    one_hot = np.eye(width)[random.integers(0, width, count)]
    y = np.where(np.arange(count)[:, None] % 2, dyadic, one_hot)
    return x.astype(dtype), y.astype(dtype)
