"""Mistakes at the end of the network: in the gradient of the loss."""

from __future__ import annotations

import math

from conformance.mistakes.kinds import LOSS, SATURATION, SIGN
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array


class OfLoss(Backprop):
    """What the mistakes of one loss have in common: they are in its gradient."""

    kind = LOSS

    def loss_gradient(self, x: Array) -> Array:
        right = super().loss_gradient(x)
        return self.dL(x, right) if self.on.problem.loss.name in self.of else right

    def dL(self, x: Array, right: Array) -> Array:
        """What is taken for ∇L(x | y), which is `right`."""
        return right


class TargetMinusOutput(Backprop):
    """Taking the negative of the loss's gradient, as target - output is of output - target."""

    kind = SIGN
    origin = "https://github.com/iamtrask/Grokking-Deep-Learning/issues/37"

    def loss_gradient(self, x: Array) -> Array:
        return -super().loss_gradient(x)


class OtherTargets(Backprop):
    """Pairing the inputs with the targets in reversed order."""

    kind = LOSS

    def loss_gradient(self, x: Array) -> Array:
        return self.on.loss.gradient(x, self.targets[::-1])


class DoubledHalfSquare(OfLoss):
    """Taking 2 (x - y), the gradient of ‖x - y‖², for half_squared_error."""

    of = ("half_squared_error",)

    def dL(self, x: Array, right: Array) -> Array:
        return right * 2


class HalvedSquare(OfLoss):
    """Taking x - y, the gradient of ½‖x - y‖², for squared_error."""

    of = ("squared_error",)
    origin = "https://github.com/davisking/dlib/issues/1169"

    def dL(self, x: Array, right: Array) -> Array:
        return right * 0.5


class HuberOneSided(OfLoss):
    """Taking 0 as the gradient of huber where x - y is below -1, its size not looked at."""

    of = ("huber",)
    origin = "https://github.com/marlbenchmark/on-policy/issues/47"

    def dL(self, x: Array, right: Array) -> Array:
        return right * self.step(x - self.targets + 1)


class HingeWithoutMargin(OfLoss):
    """Taking -y as the gradient of hinge beyond the margin too."""

    of = ("hinge",)

    def dL(self, x: Array, right: Array) -> Array:
        return self.on.array(-self.targets)


# ── binary_cross_entropy_with_logits ──


class SigmoidSlopeAgain(OfLoss):
    """Multiplying the gradient of binary_cross_entropy_with_logits by s' once more."""

    of = ("binary_cross_entropy_with_logits",)
    origin = "https://github.com/mnielsen/neural-networks-and-deep-learning/pull/77"

    def dL(self, x: Array, right: Array) -> Array:
        return right * self.on.activation("sigmoid").derivative(x)


class ClippedProbabilities(OfLoss):
    """Clipping probabilities to [1e-7, 1 - 1e-7], beyond which nothing comes back."""

    kind = SATURATION
    of = ("binary_cross_entropy_with_logits",)
    origin = "https://github.com/keras-team/keras/issues/9664"

    def dL(self, x: Array, right: Array) -> Array:
        most = math.log((1 - 1e-7) / 1e-7)
        return right * self.step(x + most) * self.step(most - x)


# ── softmax_cross_entropy ──


class OfSoftmax(OfLoss):
    """What the mistakes of softmax_cross_entropy have in common."""

    of = ("softmax_cross_entropy",)


class DoubleSoftmax(OfSoftmax):
    """Applying softmax before a cross-entropy that applies softmax itself."""

    origin = "https://github.com/tflearn/tflearn/pull/562"

    def dL(self, x: Array, right: Array) -> Array:
        s = self.softmax(x)
        s_bar = self.on.loss.gradient(s, self.targets)
        return s * (s_bar - (s * s_bar).sum(axis=1)[:, None])


class SoftmaxWithoutJacobian(OfSoftmax):
    """Taking -y/s, the gradient in the probabilities s, for that in the logits."""

    def dL(self, x: Array, right: Array) -> Array:
        return -self.targets / self.softmax(x)


class SoftmaxDiagonal(OfSoftmax):
    """Taking s(1 - s) for softmax's Jacobian, its diagonal alone."""

    origin = "https://github.com/deeplearning4j/libnd4j/issues/440"

    def dL(self, x: Array, right: Array) -> Array:
        return -self.targets * (1 - self.softmax(x))


class SoftmaxWithoutTargets(OfSoftmax):
    """Leaving the targets out of softmax - y."""

    def dL(self, x: Array, right: Array) -> Array:
        return self.softmax(x)


class SoftmaxOverBatch(OfSoftmax):
    """Taking softmax over the samples of the batch in place of the outputs."""

    origin = "https://github.com/MicrosoftDocs/pytorchfundamentals/pull/21"

    def dL(self, x: Array, right: Array) -> Array:
        return self.softmax(x.T).T - self.targets


MISTAKES: tuple[type[Backprop], ...] = (
    TargetMinusOutput,
    OtherTargets,
    DoubledHalfSquare,
    HalvedSquare,
    HuberOneSided,
    HingeWithoutMargin,
    SigmoidSlopeAgain,
    ClippedProbabilities,
    DoubleSoftmax,
    SoftmaxWithoutJacobian,
    SoftmaxDiagonal,
    SoftmaxWithoutTargets,
    SoftmaxOverBatch,
)
