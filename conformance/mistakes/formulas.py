"""Right mathematics in formulas that fail where units saturate: inf / inf, 0 / 0.

Away from there they are as good as others, so what they allow is what the right code allows. Where
they are not finite, the function itself shows; and where a comparison swallows the nan, as in relu,
what it returns takes the place of what is right.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from conformance.backends.problems import as_arguments
from conformance.mistakes.kinds import SATURATION
from conformance.mistakes.mistake import Mistake, function_of, sets_of
from conformance.mistakes.seams import Backprop
from manual_backprop import Activation, Loss, Problem
from manual_backprop.arithmetic.formats import Format
from manual_backprop.arithmetic.rounded import Rounded
from manual_backprop.arrays import Array
from manual_backprop.oracle.admissible import AdmissibleSet
from manual_backprop.oracle.verdict import Verdict


def _formula(function: Activation | Loss, cause: str, origin: str = "coursework") -> Mistake:
    """The mistake of computing one function of the catalogue so."""
    return Mistake(
        name=f"naive_{function.name}",
        cause=cause,
        kind=SATURATION,
        origin=origin,
        verdict=Verdict.NOT_FINITE,
        of=(function.name,),
        make=partial(function_of, Backprop, {function.name: function}),
        sets=partial(_allowed, function),
    )


def _allowed(function: Activation | Loss, problem: Problem, float_format: Format) -> AdmissibleSet:
    """The right set, moved to what the formula gives where that is finite, and not inside."""
    sets = sets_of(Backprop, problem, float_format)
    own = function_of(Backprop, {function.name: function})(*as_arguments(problem))
    weights, biases = (
        tuple(_moved(each, given) for each, given in zip(*pair, strict=True))
        for pair in ((sets.weights, own[0]), (sets.biases, own[1]))
    )
    return AdmissibleSet(None, weights, biases, lambda: None, sets.kinks)


def _moved(allowed: Rounded, given: Array) -> Rounded:
    with np.errstate(all="ignore"):
        off = np.isfinite(given) & (np.abs(given - allowed.midpoint) > allowed.radius)
    return Rounded(
        np.where(off, given, allowed.midpoint).astype(np.float64), allowed.radius, allowed.rounding
    )


def _tanh(p: Array) -> Array:
    return (np.exp(p) - np.exp(-p)) / (np.exp(p) + np.exp(-p))


def _cross_entropy_gradient(x: Array, y: Array) -> Array:
    """By the chain rule: in the probability s, then in the logit x."""
    s = 1 / (1 + np.exp(-x))
    return (s - y) / (s * (1 - s)) * (s * (1 - s))


def _no_value(x: Array, y: Array) -> Array:
    """Nobody asks for the loss itself."""
    return np.zeros(len(x))


MISTAKES: tuple[Mistake, ...] = (
    _formula(
        Activation(
            "sigmoid",
            lambda p: 1 / (1 + np.exp(-p)),
            lambda p: np.exp(-p) / (1 + np.exp(-p)) ** 2,
        ),
        "computing sigmoid's derivative as exp(-p) / (1 + exp(-p))², which may be inf / inf",
        "https://github.com/jeshraghian/snntorch/issues/427",
    ),
    _formula(
        Activation("tanh", _tanh, lambda p: 1 - _tanh(p) ** 2),
        "computing tanh as (exp(p) - exp(-p)) / (exp(p) + exp(-p)), which may be inf / inf",
        "https://github.com/BVLC/caffe/pull/1455",
    ),
    _formula(
        Activation(
            "softplus",
            lambda p: np.log(1 + np.exp(p)),
            lambda p: np.exp(p) / (1 + np.exp(p)),
        ),
        "computing softplus's derivative as exp(p) / (1 + exp(p)), which may be inf / inf",
        "https://github.com/tracel-ai/burn/issues/5373",
    ),
    _formula(
        Loss(
            "softmax_cross_entropy",
            _no_value,
            lambda x, y: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True) - y,
        ),
        "computing softmax without shifting by the largest logit, which may be inf / inf",
        "https://github.com/FluxML/NNlib.jl/issues/68",
    ),
    _formula(
        Loss("binary_cross_entropy_with_logits", _no_value, _cross_entropy_gradient),
        "dividing by s (1 - s) before multiplying by it, which may be 0 / 0",
    ),
    _formula(
        Loss("log_cosh", _no_value, lambda x, y: np.sinh(x - y) / np.cosh(x - y)),
        "computing the gradient of log_cosh as sinh / cosh, which may be inf / inf",
    ),
)
