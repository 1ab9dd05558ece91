"""Which layers are right, and from which one on they are not, counted back from the output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from conformance.diagnosis.observed import Observed
from manual_backprop.oracle.verdict import ArrayVerdict, Verdict

WRONG = (Verdict.WRONG, Verdict.NOT_FINITE)


def layers_sentence(failing: Sequence[Observed]) -> str:
    """Which layers are right on all networks that fail; empty if no entries were judged.

    Backpropagation goes from the output to the inputs, so what is wrong begins somewhere and
    goes on from there; layers are counted from the output, since networks differ in depth.
    """
    judged = [each for each in failing if any(array.given.size for array in each.judgement.arrays)]
    if not judged:
        return ""
    wrong = Counter(
        (each.problem.network.depth - 1 - array.layer, array.name)
        for each in judged
        for array in each.judgement.arrays
        if _is_wrong(array)
    )
    parts = [_of_parts({name for _, name in wrong}), _of_places(judged, {d for d, _ in wrong})]
    return f"On {_networks(len(judged))}, {'; '.join(filter(None, parts))}."


def _is_wrong(array: ArrayVerdict) -> bool:
    return bool(np.any([array.verdicts == each for each in WRONG]))


def _networks(count: int) -> str:
    return "the one network that fails" if count == 1 else f"the {count} networks that fail"


def _of_parts(names: set[str]) -> str:
    if len(names) != 1:
        return ""
    [name] = names
    return f"only {name} are wrong, all {({'weights', 'biases'} - names).pop()} are right"


def _of_places(judged: Iterable[Observed], distances: set[int]) -> str:
    """Where the wrong layers lie, if there are right ones too."""
    depths = [each.problem.network.depth for each in judged]
    deepest = max(depths)
    if not distances:
        return "no layer is wrong by itself"
    if deepest == 1:
        return "the one layer is wrong"
    nearest = min(distances)
    if nearest == 0 and max(distances) == 0:
        return "only the output layer is wrong"
    if nearest == 0:
        return "the output layer is wrong already"
    if all(distance == depth - 1 for distance in distances for depth in depths):
        return "only the first layer is wrong"
    right = "the output layer is" if nearest == 1 else f"the last {nearest} layers are"
    return f"{right} right and the gradient is wrong from the layer before on"
