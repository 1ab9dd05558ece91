"""A mistake: a function under test that has it, and the set of results that having it allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from conformance.backends.base import Backprop as Function
from conformance.backends.problems import as_problem
from conformance.mistakes.seams import Backprop, Gradients, Setting
from manual_backprop import ACTIVATIONS, LOSSES, Activation, Loss, Problem
from manual_backprop.arithmetic.formats import Format
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.oracle.admissible import AdmissibleSet, lifted
from manual_backprop.oracle.on_rounded import RoundedActivation, RoundedLoss
from manual_backprop.oracle.verdict import Verdict

Sets = Callable[[Problem, Format], AdmissibleSet]


@dataclass(frozen=True, eq=False)
class Mistake:
    """One mistake of the catalogue.

    Attributes:
        name: short and stable.
        cause: completes "your gradient equals what you get by …".
        kind: the kind of mistake, in words that give no number away.
        origin: where it was met.
        verdict: what a check makes of it, where it shows.
        of: names of the activations and losses that it takes; empty if any will do.
        make: makes the function; a mistake that remembers its calls starts anew each time.
        sets: problem and format ↦ what having the mistake allows; None if no set says it.
        recursion: the recursion with its seams overridden, if it is a mistake of that sort.
    """

    name: str
    cause: str
    kind: str
    origin: str
    verdict: Verdict
    of: tuple[str, ...]
    make: Callable[[], Function]
    sets: Sets | None
    recursion: type[Backprop] | None = None

    @property
    def backprop(self) -> Function:
        """A fresh function with the mistake, in plain NumPy."""
        return self.make()

    def admissible(self, problem: Problem, float_format: Format) -> AdmissibleSet | None:
        """Every result that an honest implementation of the mistake may return.

        Args:
            problem: taken with the mean over samples, whatever its reduction.
            float_format: what the implementation computes in.
        Returns:
            The set, its arrays in the order and shapes that the mistake returns; None if the
            mistake is of a kind that no set says.
        """
        return None if self.sets is None else self.sets(problem, float_format)

    def concerns(self, problem: Problem) -> bool:
        """Whether the problem has a function that the mistake takes.

        >>> from conformance.mistakes import MISTAKES
        >>> MISTAKES["leaky_slope"].concerns(Problem.random((2, 1), "tanh"))
        False
        """
        names = {layer.activation.name for layer in problem.network.layers}
        return not self.of or not names.isdisjoint(self.of) or problem.loss.name in self.of


def sewn(recursion: type[Backprop]) -> Mistake:
    """The mistake of a recursion with overridden seams.

    >>> from conformance.mistakes.slopes import NoSlopeAtOutput
    >>> mistake = sewn(NoSlopeAtOutput)
    >>> mistake.name, mistake.cause
    ('no_slope_at_output', "leaving out f' at the output layer")
    """
    make, sets = partial(function_of, recursion), partial(sets_of, recursion)
    return replace(of_class(recursion, make, sets), recursion=recursion)


def of_class(described: type, make: Callable[[], Function], sets: Sets | None) -> Mistake:
    """The mistake that a class's name, docstring and attributes describe.

    Args:
        described: has `kind`, `origin`, `of` and `verdict`; its docstring's first line is the
            cause.
        make: makes the function.
        sets: what the mistake allows.
    """
    first = (described.__doc__ or "").strip().split("\n")[0].rstrip(".")
    words: Any = described
    return Mistake(
        name=re.sub(r"(?<!^)(?=[A-Z])", "_", described.__name__).lower(),
        cause=first[0].lower() + first[1:],
        kind=words.kind,
        origin=words.origin,
        verdict=words.verdict,
        of=words.of,
        make=make,
        sets=sets,
    )


# ── on floats ──


def function_of(
    recursion: type[Backprop], formulas: Mapping[str, Activation | Loss] | None = None
) -> Function:
    """The recursion as a function under test.

    Args:
        recursion: `Backprop`, or a subclass with a mistake.
        formulas: name ↦ what takes the place of the catalogue's function of that name.
    """

    def backprop(*arguments: Any) -> Gradients:
        return floats_of(recursion, as_problem(*arguments), formulas)

    return backprop


def floats_of(
    recursion: type[Backprop],
    problem: Problem,
    formulas: Mapping[str, Activation | Loss] | None = None,
) -> Gradients:
    """What the recursion gives on a problem, in NumPy floats."""
    functions: Mapping[str, Any] = {**ACTIVATIONS, **LOSSES, **(formulas or {})}
    layers = [
        _Layer(layer.weights, layer.biases, functions[layer.activation.name])
        for layer in problem.network.layers
    ]
    setting = Setting(
        problem,
        layers,
        problem.inputs,
        functions[problem.loss.name],
        functions.__getitem__,
        functions.__getitem__,
        lambda values: values.astype(problem.dtype),
        lambda p, c: (p != c).astype(p.dtype),
    )
    with np.errstate(all="ignore"):
        return recursion(setting).gradients()


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer whose activation may be another than its name says."""

    weights: Any
    biases: Any
    activation: Activation


# ── on balls ──


def sets_of(recursion: type[Backprop], problem: Problem, float_format: Format) -> AdmissibleSet:
    """The recursion on `Rounded` arrays.

    The proof of the theorem in `oracle.admissible` goes by induction over the operations, whichever
    lines they stand in; so it proves these sets too. The mean's 1/S may move to later places as
    far as the lines behind it are linear.
    """
    on = lifted(problem, float_format)
    setting = Setting(
        problem,
        on.layers,
        on.inputs,
        on.loss,
        lambda name: RoundedActivation.of(ACTIVATIONS[name]),
        lambda name: RoundedLoss.of(LOSSES[name]),
        lambda values: Rounded.exactly(values, on.inputs.rounding),
        _differing,
    )
    with np.errstate(all="ignore"):  # overflow ends as an infinite radius
        weights, biases = recursion(setting).gradients()
    return AdmissibleSet(None, tuple(weights), tuple(biases), lambda: None, on.kinks)


def _differing(p: Rounded, c: float) -> Rounded:
    """1 where c is not in the ball, 0 where the ball is c, else ½ ± ½."""
    distance, radius = np.abs(p.midpoint - c), p.radius
    apart = distance * (1 - 2.0**-51) > radius
    alike = (distance == 0) & (radius == 0)
    midpoint = np.where(apart, 1.0, np.where(alike, 0.0, 0.5))
    spread = np.where(apart | alike, 0.0, 0.5)
    return Rounded(midpoint, np.where(np.isinf(radius), np.inf, spread), p.rounding)
