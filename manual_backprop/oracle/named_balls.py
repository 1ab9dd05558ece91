"""The balls of an enclosure, array by array, each with its name."""

from __future__ import annotations

from manual_backprop.arithmetic.balls import Balls
from manual_backprop.network import ArrayName
from manual_backprop.oracle.enclosure import Enclosure


def named_balls(enclosure: Enclosure) -> list[tuple[ArrayName, Balls]]:
    """Every array, the loss first, as an array of one.

    >>> from manual_backprop import Problem, enclose
    >>> named = named_balls(enclose(Problem.random((2, 1), biases=False)))
    >>> [(str(name), balls.shape) for name, balls in named]
    [('loss', (1,)), ('weights of layer 0', (1, 2)), ('inputs', (4, 2))]
    """
    loss = Balls.of_entries([enclosure.loss], enclosure.bits)
    return [(ArrayName("loss"), loss), *enclosure.arrays()]
