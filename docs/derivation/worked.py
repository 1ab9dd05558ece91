"""The network of the derivation's pages, in exact numbers: every equation there is run on it."""

from fractions import Fraction

import numpy as np

from manual_backprop import Layer, Network, Problem


def exact(numbers):
    """The numbers as an array of Fractions: "1/2" is a half."""
    return np.vectorize(Fraction, otypes=[object])(np.array(numbers, dtype=object))


network = Network(
    [
        Layer(exact([[2, -2], [2, -2], [-1, 1]]), exact([-1, 1, 1]), "square"),
        Layer(exact([[1, 1, -2], [-1, 2, 1]]), exact([0, 2]), "square"),
        Layer(exact([[1, -1]]), exact([-1]), "square"),
    ]
)
problem = Problem(network, exact([1, 2]), exact([3]), loss="half_squared_error")
