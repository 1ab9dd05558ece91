"""The rational activations and losses in words for paper: f(p), f'(p), a loss's term and its slope.

Each is a formula that can be read aloud, and that a test computes.
"""

from __future__ import annotations

from typing import NamedTuple


class InWords(NamedTuple):
    """A function and its derivative; of a loss the term of one output x with target y."""

    value: str
    slope: str


ACTIVATIONS: dict[str, InWords] = {
    "identity": InWords("p", "1"),
    "square": InWords("p²", "2 p"),
    "relu": InWords("max(0, p)", "1 if p > 0 else 0"),
    "leaky_relu": InWords("p if p > 0 else p/100", "1 if p > 0 else 1/100"),
    "abs": InWords("|p|", "1 if p > 0 else -1"),
    "relu6": InWords("min(max(0, p), 6)", "1 if 0 < p < 6 else 0"),
    "hardtanh": InWords("min(max(-1, p), 1)", "1 if -1 < p < 1 else 0"),
    "softshrink": InWords("p - min(max(-1/2, p), 1/2)", "1 if |p| > 1/2 else 0"),
    "hard_sigmoid": InWords("min(max(0, p + 3), 6)/6", "1/6 if -3 < p < 3 else 0"),
    "hard_swish": InWords(
        "p min(max(0, p + 3), 6)/6", "(2 p + 3)/6 if -3 < p < 3 else (0 if p < 0 else 1)"
    ),
    "softsign": InWords("p/(1 + |p|)", "1/(1 + |p|)²"),
}
"""Away from kinks, where no exercise goes."""

LOSSES: dict[str, InWords] = {
    "half_squared_error": InWords("(x - y)²/2", "x - y"),
    "squared_error": InWords("(x - y)²", "2 (x - y)"),
    "absolute_error": InWords("|x - y|", "1 if x > y else -1"),
    "huber": InWords("(x - y)²/2 if |x - y| < 1 else |x - y| - 1/2", "min(max(-1, x - y), 1)"),
    "hinge": InWords("max(0, 1 - y x)", "-y if y x < 1 else 0"),
    "identity_sum": InWords("x", "1"),
}
