"""Which layers are right, and from which one on they are not, counted back from the output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from conformance.diagnosis.observed import Observed
from manual_backprop.oracle.verdict import Verdict

WRONG = (Verdict.WRONG, Verdict.NOT_FINITE)


def layers_sentence(failing: Sequence[Observed]) -> str:
    """Which layers are right on all networks that fail; empty if no entries were judged.

    Backpropagation goes from the output to the inputs, so what is wrong begins somewhere and
    goes on from there; layers are counted from the output, since networks differ in depth.
    """
    judged = [each for each in failing if any(array.given.size for array in each.judgement.arrays)]
    if not judged:
        return ""
    wrong = [
        (each.problem.network.depth - 1 - array.layer, array.layer, array.name)
        for each in judged
        for array in each.judgement.arrays
        if any(np.any(array.verdicts == kind) for kind in WRONG)
    ]
    deepest = max(each.problem.network.depth for each in judged)
    parts = [_of_parts({name for *_, name in wrong}), _of_places(deepest, wrong)]
    networks = "the failing network" if len(judged) == 1 else f"{len(judged)} failing networks"
    return f"On {networks}, {'; '.join(filter(None, parts))}."


def _of_parts(names: set[str]) -> str:
    """Whether it is the weights or the biases alone."""
    if len(names) != 1:
        return ""
    [name] = names
    return f"only {name} are wrong, all {({'weights', 'biases'} - names).pop()} are right"


def _of_places(deepest: int, wrong: list[tuple[int, int, str]]) -> str:
    """Where the wrong layers lie, from their distances to the output and to the inputs."""
    if not wrong:
        return "no layer is wrong by itself"
    if deepest == 1:
        return "the one layer is wrong"
    if all(layer == 0 for _, layer, _ in wrong):
        return "only the first layer is wrong"
    if all(distance == 0 for distance, _, _ in wrong):
        return "only the output layer is wrong"
    nearest = min(distance for distance, _, _ in wrong)
    if nearest == 0:
        return "the output layer is wrong already"
    right = "the output layer is" if nearest == 1 else f"the last {nearest} layers are"
    return f"{right} right and the gradient is wrong from the layer before on"
