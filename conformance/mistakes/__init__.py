"""The catalogue of planted mistakes: proves the suite, and names a wrong answer's cause.

Each mistake is one small override of the hand-written recursion, `seams.Backprop`; the chapters
read as lists of mistakes. The same lines run on floats, which makes a function with the mistake,
and on balls, which makes the set of all results that having the mistake allows. A few are of
another kind: a call that changes its arguments, or answers something else the second time.

>>> mistake = MISTAKES["no_slope_at_output"]
>>> mistake.cause, mistake.kind
("leaving out f' at the output layer", 'a derivative of an activation is missing')
"""

from conformance.mistakes import (
    formulas,
    functions,
    kinks,
    layers,
    losses,
    manners,
    results,
    samples,
    slopes,
)
from conformance.mistakes.mistake import Mistake, sewn
from conformance.mistakes.seams import Backprop

__all__ = ["MISTAKES", "RIGHT", "Mistake"]

RIGHT: Mistake = sewn(Backprop)
"""The recursion as it stands: a fault that is found here is the catalogue's own."""

MISTAKES: dict[str, Mistake] = {
    each.name: each
    for each in (
        *map(
            sewn,
            (
                *slopes.MISTAKES,
                *losses.MISTAKES,
                *samples.MISTAKES,
                *layers.MISTAKES,
                *results.MISTAKES,
                *functions.MISTAKES,
                *kinks.MISTAKES,
            ),
        ),
        *formulas.MISTAKES,
        *manners.MISTAKES,
    )
}
"""The mistakes by name."""
