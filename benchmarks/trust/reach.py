"""What neither precision nor mpmath settles: kinks that no ball decides, and exponents."""

from __future__ import annotations

from flint import arb

from benchmarks.trust.networks import in_fractions, is_rational
from manual_backprop import Enclosure, Problem
from manual_backprop.forward import forward
from manual_backprop.oracle.named_balls import named_balls
from manual_backprop.oracle.on_balls import Kink


def beyond_mpmath(e: Enclosure) -> bool:
    """Whether mpmath would take a side of a kink by chance, or an exponential that it cannot.

    The exponential of a number of k binary digits before the point costs it k digits more.
    """
    arrays = [
        *e.trace.pre_activations[1:],
        *e.trace.outputs,
        *(balls for _, balls in named_balls(e)),
    ]
    sizes = [abs(ball) for each in arrays for ball in each.entries]
    return _undecided(e) != [] or not all(bool(size < arb(2) ** 1024) for size in sizes)


def beyond_precision(e: Enclosure) -> bool:
    """Whether some entry has no bound at all, or some unit is within the ball's reach of a kink.

    Where the network has an exact trace, each such unit has to be on the kink.
    """
    if not all(balls.is_finite().all() for _, balls in named_balls(e)):
        return True
    undecided = _undecided(e)
    if is_rational(e.problem):
        exact = in_fractions(e.problem)
        return undecided != [] and all(_sits_on(exact, kink) for kink in undecided)
    return undecided != []


def _undecided(e: Enclosure) -> list[Kink]:
    """The units whose ball holds a kink and other numbers too."""
    return [kink for kink in e.kinks if not kink.exact]


def _sits_on(problem: Problem, kink: Kink) -> bool:
    """Whether the unit's exact pre-activation is a breakpoint where the derivative jumps."""
    trace, loss = forward(problem.network, problem.inputs), problem.loss
    if kink.layer < problem.network.depth:
        breakpoints = problem.network.layers[kink.layer].activation.breakpoints
        p = trace.pre_activations[kink.layer + 1]
    else:
        assert loss.argument is not None
        breakpoints, p = loss.breakpoints, loss.argument(trace.outputs[-1], problem.targets)
    return any(each.is_kink and p[kink.sample, kink.unit] == each.at for each in breakpoints)
