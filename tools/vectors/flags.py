"""The flags: what a vector shows, and which mistake that catches.

A flag stands on a vector if and only if it holds there; nothing is flagged by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from .measures import (
    BESIDE,
    cancels,
    exp_overflows,
    has_dead_units,
    has_subnormals,
    is_at_minimum,
    is_bounded,
    is_exact,
    is_huge,
    is_near,
    is_one_hot,
    is_saturated,
    is_soft,
    is_tiny,
    names,
    reduces,
    widths,
)
from .proof import Proof


@dataclass(frozen=True)
class Flag:
    """What a vector may show.

    Attributes:
        name: of the flag.
        description: what holds of a vector that has it.
        catches: the mistake that such a vector is there for.
        holds: whether it does.
    """

    name: str
    description: str
    catches: str
    holds: Callable[[Proof], Any]


def measured(proof: Proof) -> tuple[str, ...]:
    """The flags that hold, in the order of the table."""
    return tuple(flag.name for flag in FLAGS if flag.holds(proof))


FLAGS: tuple[Flag, ...] = (
    # shapes
    Flag(
        "scalar",
        "Every layer has one unit, and there is one input.",
        "A missing f', a sign or a factor, with nothing to hide it: begin here.",
        lambda proof: max(widths(proof)) == 1,
    ),
    Flag(
        "equal_widths",
        "All layers are as wide as the input, two units or more.",
        "W in place of its transpose, or δ and x exchanged: every shape fits.",
        lambda proof: len(set(widths(proof))) == 1 and widths(proof)[0] > 1,
    ),
    Flag(
        "non_square",
        "Some layer has another number of units than of inputs, two or more of each.",
        "A matrix reshaped where it should be transposed.",
        lambda proof: any(m != n and min(m, n) > 1 for m, n in pairwise(widths(proof))),
    ),
    Flag(
        "wide",
        "Some layer has 17 units or more, or as many inputs.",
        "The rest of an unrolled loop left out: units beyond the last multiple of eight.",
        lambda proof: max(widths(proof)) >= 17,
    ),
    Flag(
        "deep",
        "Six layers or more.",
        "δ passed back through the last few layers only.",
        lambda proof: proof.problem.network.depth >= 6,
    ),
    Flag(
        "no_biases",
        "At least one layer has no biases (null).",
        "The biases of the layers that have some moved up into the gap.",
        lambda proof: any(layer.biases is None for layer in proof.problem.network.layers),
    ),
    Flag(
        "mixed_activations",
        "Two layers in a row have different activations.",
        "f' of the layer before or after.",
        lambda proof: any(a != b for a, b in pairwise(names(proof))),
    ),
    # samples and objective
    Flag(
        "batch_1",
        "One sample.",
        "Axes of length 1 squeezed away, so that the bias gradient is summed over units.",
        lambda proof: proof.problem.samples == 1,
    ),
    Flag(
        "batch_many",
        "Five samples or more.",
        "Gradients overwritten by the next sample's in place of added up.",
        lambda proof: proof.problem.samples >= 5,
    ),
    Flag(
        "mean_reduction",
        "The mean over two samples or more.",
        "The factor 1/S missing.",
        lambda proof: reduces(proof, "mean"),
    ),
    Flag(
        "sum_reduction",
        "The sum over two samples or more.",
        "A factor 1/S that a sum does not have.",
        lambda proof: reduces(proof, "sum"),
    ),
    Flag(
        "one_hot",
        "softmax_cross_entropy, every row of targets one-hot.",
        "Softmax applied twice, once by the network and once by the loss.",
        is_one_hot,
    ),
    Flag(
        "soft_targets",
        "softmax_cross_entropy or binary_cross_entropy_with_logits, some target between 0 and 1.",
        "Targets taken for class numbers: the largest, or the nearest of 0 and 1.",
        is_soft,
    ),
    # numbers
    Flag(
        "exact",
        "The true objective and every entry of its gradient are numbers of the dtype.",
        "The last place: sums and products of short binary numbers come out exact, so compare with "
        "== where your formulas are the plain ones.",
        is_exact,
    ),
    Flag(
        "kink",
        "Some unit, or the loss, sits exactly where its derivative jumps; entries that depend on "
        "the choice there have no rounded value (null), and their enclosure is the hull.",
        "Values outside the one-sided derivatives: 0/0 from f(p)/p, or both sides added up.",
        lambda proof: bool(proof.enclosure.kinks),
    ),
    Flag(
        "beside_kink",
        "Some unit, or the loss, is within 2^-10 of a kink, and not on it.",
        "A kink with a tolerance: whatever is near it treated as on it.",
        lambda proof: is_near(proof, kinks=True, least=5e-324, most=BESIDE),
    ),
    Flag(
        "smooth_joint",
        "Some unit, or the loss, sits exactly where its formula changes and its derivative does "
        "not (elu, celu and softsign at 0, huber at 1).",
        "A joint covered by neither of two strict comparisons, so that the derivative is 0 there.",
        lambda proof: is_near(proof, kinks=False, least=0, most=0),
    ),
    Flag(
        "dead_unit",
        "The derivative of some unit is 0 in every sample, and no choice.",
        "A leak where there should be none: a slope of 0.01 in place of 0.",
        has_dead_units,
    ),
    Flag(
        "zero_weights",
        "All weights of some layer are 0, so that nothing passes back through it.",
        "Weights updated before δ is passed back through them.",
        lambda proof: any(not each.weights.any() for each in proof.problem.network.layers),
    ),
    Flag(
        "at_minimum",
        "Every entry of the gradient is exactly 0.",
        "Weight decay, momentum, or noise in the gradient.",
        is_at_minimum,
    ),
    Flag(
        "saturation",
        "The derivative of some unit is less than u, the unit roundoff, and not 0.",
        "Arguments clipped, to [-10, 10] say, before the activation.",
        is_saturated,
    ),
    Flag(
        "cancellation",
        "Some pre-activation, or an output less its target, is a thousandth of its terms or less.",
        "Sums kept in a shorter format: float32 inside float64, float16 inside float32.",
        cancels,
    ),
    Flag(
        "tiny",
        "All entries of the gradient are below u, the unit roundoff, and some are not 0.",
        "An absolute tolerance or threshold: entries below 1e-8 set to 0.",
        is_tiny,
    ),
    Flag(
        "huge",
        "Some entry of the gradient is above 1/u.",
        "Clipping, of entries or of their norm.",
        is_huge,
    ),
    Flag(
        "subnormal",
        "A number of the problem or of its gradient is subnormal (it may be read as 0).",
        "A guard against division by zero added to what is no divisor: 1e-12, the machine epsilon.",
        has_subnormals,
    ),
    # overflow
    Flag(
        "overflow_guard",
        "exp of the argument of a transcendental activation or loss overflows; every entry of the "
        "gradient has a bound all the same.",
        "inf/inf or inf·0: tanh as a quotient of exponentials, softmax without its shift.",
        exp_overflows,
    ),
    Flag(
        "loss_overflow",
        'The objective overflows ("Infinity"), and no entry of the gradient does.',
        "The gradient given up, or zeros returned, because the loss is not finite.",
        lambda proof: np.isinf(proof.rounded.loss) and is_bounded(proof),
    ),
    Flag(
        "overflow",
        "Some intermediate result may overflow; the entries that hang on it have no bound (null), "
        "and may be anything, inf and nan included.",
        "One infinite entry spoiling all: the gradient divided by its norm.",
        lambda proof: not is_bounded(proof),
    ),
)
"""Every flag there is."""
