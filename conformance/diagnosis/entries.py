"""The wrong entries of a network that fails, and what a sentence about them is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conformance.diagnosis.observed import Observed
from manual_backprop import Problem
from manual_backprop.oracle.verdict import ArrayVerdict, Verdict

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Remark:
    """A sentence, and the same without numbers, for graders."""

    text: str
    leak_free: str


@dataclass(frozen=True, eq=False)
class Entries:
    """The wrong entries of one array.

    Attributes:
        problem: the network.
        array: the verdicts on the array.
        at: which entries are wrong.
        parameters: W_k or b^(k) itself.
    """

    problem: Problem
    array: ArrayVerdict
    at: npt.NDArray[np.bool_]
    parameters: Floats

    @property
    def given(self) -> Floats:
        """What was returned there."""
        return self.array.given[self.at]

    @property
    def right(self) -> Floats:
        """The middle of what would have been right."""
        return self.array.allowed.midpoint[self.at]

    @property
    def radius(self) -> Floats:
        """How far from it would have been right too."""
        return self.array.allowed.radius[self.at]


def wrong_entries(seen: Observed) -> list[Entries]:
    """The wrong entries of each array that has some."""
    found = []
    for array in seen.judgement.arrays:
        at = array.verdicts == Verdict.WRONG if array.given.size else np.zeros(0, bool)
        if np.any(at):
            layer = seen.problem.with_biases().network.layers[array.layer]
            parameters = layer.weights if array.name == "weights" else layer.biases
            found.append(Entries(seen.problem, array, at, np.asarray(parameters, np.float64)))
    return found
