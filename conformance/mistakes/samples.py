"""Mistakes with the batch: its mean, and how the samples are added up."""

from __future__ import annotations

from conformance.mistakes.kinds import SAMPLES, SCALE
from conformance.mistakes.seams import Backprop
from manual_backprop.arrays import Array


class NoMean(Backprop):
    """Taking the sum over the samples in place of their mean: 1/S is missing."""

    kind = SCALE
    origin = "https://github.com/davharris/mistnet/issues/33"

    def mean(self, slope: Array) -> Array:
        return slope


class MeanTwice(Backprop):
    """Dividing by the number of samples twice."""

    kind = SCALE

    def mean(self, slope: Array) -> Array:
        return super().mean(super().mean(slope))


class MeanOverOutputs(Backprop):
    """Taking the mean over the outputs too."""

    kind = SCALE
    origin = "https://github.com/pytorch/pytorch/issues/3924"

    def mean(self, slope: Array) -> Array:
        return super().mean(slope) / self.widths[-1]


class MeanOverInputs(Backprop):
    """Dividing by the number of inputs, the columns, in place of samples, the rows."""

    kind = SCALE

    def mean(self, slope: Array) -> Array:
        return slope / self.widths[0]


class MeanOfBiases(Backprop):
    """Taking the mean over the samples once more for the biases."""

    kind = SAMPLES
    origin = "https://github.com/kvfrans/notes/issues/5"

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta) / self.samples


class NoMeanOfWeights(Backprop):
    """Leaving 1/S out of the gradient of the weights alone."""

    kind = SAMPLES

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return super().weight_gradient(k, delta) * self.samples


class NoMeanOfBiases(Backprop):
    """Leaving 1/S out of the gradient of the biases alone."""

    kind = SAMPLES

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta) * self.samples


class BiasOfFirstSample(Backprop):
    """Taking the first sample's part alone as the gradient of the biases."""

    kind = SAMPLES

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return delta[0]


class WeightsOfLastSample(Backprop):
    """Taking the last sample's part alone as the gradient of the weights."""

    kind = SAMPLES

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return delta[-1:].T @ self.x[k][-1:]


class ProductOfSums(Backprop):
    """Multiplying the sum of δ by the mean of x in place of adding up the products."""

    kind = SAMPLES

    def weight_gradient(self, k: int, delta: Array) -> Array:
        mean = self.x[k].sum(axis=0) / self.samples
        return delta.sum(axis=0)[:, None] * mean[None, :]


class SamplesBeyondSixteen(Backprop):
    """Leaving out the samples beyond the last multiple of 16, of 17 and more."""

    kind = SAMPLES
    origin = "https://github.com/halide/Halide/pull/656"

    def weight_gradient(self, k: int, delta: Array) -> Array:
        return delta[: self.whole].T @ self.x[k][: self.whole]

    def bias_gradient(self, k: int, delta: Array) -> Array:
        return super().bias_gradient(k, delta[: self.whole])

    @property
    def whole(self) -> int:
        """How many samples there are in whole blocks."""
        return self.samples - self.samples % 16 if self.samples > 16 else self.samples


MISTAKES: tuple[type[Backprop], ...] = (
    NoMean,
    MeanTwice,
    MeanOverOutputs,
    MeanOverInputs,
    MeanOfBiases,
    NoMeanOfWeights,
    NoMeanOfBiases,
    BiasOfFirstSample,
    WeightsOfLastSample,
    ProductOfSums,
    SamplesBeyondSixteen,
)
