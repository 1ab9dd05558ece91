"""Every shape: depth, width, batch, biases, reduction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from conformance.vocabulary import Architecture
from manual_backprop import Layer, Problem

from ..recipe import Maker, Recipe, summed, with_layers


@dataclass(frozen=True)
class Shape:
    """One network.

    Attributes:
        name: of the vector.
        widths: (l_0, …, l_N).
        activations: of the layers, over and over.
        samples: S.
        shows: the flags that it is there for.
        gaps: the layers without biases.
        reduction: of the problem.
    """

    name: str
    widths: tuple[int, ...]
    activations: tuple[str, ...]
    samples: int
    shows: tuple[str, ...]
    gaps: tuple[int, ...] = ()
    reduction: str = "mean"

    @property
    def comment(self) -> str:
        """The shape in words."""
        gaps = f", no biases in layer {' and '.join(map(str, self.gaps))}" if self.gaps else ""
        widths = "-".join(map(str, self.widths))
        return f"widths {widths}, batch of {self.samples}, {self.reduction}{gaps}"


SMOOTH = ("tanh", "sigmoid", "softplus")
LINEAR = ("leaky_relu", "identity")
MIXED = ("sin", "tanh", "square")

SHAPES = (
    Shape("one-weight", (1, 1), ("tanh",), 1, ("scalar",)),
    Shape("one-unit", (1, 1, 1), ("sigmoid",), 1, ("scalar", "batch_1")),
    Shape("thread", (1,) * 7, ("tanh",), 2, ("scalar", "deep")),
    Shape("square", (3, 3, 3, 3), ("tanh",), 3, ("equal_widths",)),
    Shape("square-mixed", (4, 4, 4), SMOOTH, 2, ("equal_widths",)),
    Shape("square-one", (2, 2), ("silu",), 1, ("equal_widths",)),
    Shape("oblong", (6, 2, 7, 3), ("tanh",), 3, ("non_square",)),
    Shape("bottleneck", (4, 1, 4), ("gelu",), 3, ("mean_reduction",)),
    Shape("fan-out", (1, 19, 1), ("tanh",), 2, ("wide",)),
    Shape("fan-in", (19, 1), ("sigmoid",), 2, ("wide",)),
    Shape("wide", (2, 21, 2), ("softplus",), 2, ("wide", "non_square")),
    Shape("deep", (2,) * 9, ("tanh",), 2, ("deep",)),
    Shape("deep-mixed", (2, 3) * 4 + (2,), SMOOTH, 2, ("deep",)),
    Shape("deep-linear", (2,) * 11, LINEAR, 3, ("deep",)),
    Shape("mixed", (3, 3, 3, 3), MIXED, 3, ("mixed_activations",)),
    Shape("one-sample", (3, 4, 2), ("tanh",), 1, ("batch_1",)),
    Shape("one-sample-sum", (3, 4, 2), ("tanh",), 1, ("batch_1",), reduction="sum"),
    Shape("five", (2, 3, 2), SMOOTH, 5, ("batch_many", "mean_reduction")),
    Shape("many", (2, 2), ("tanh",), 31, ("batch_many",)),
    Shape("many-sum", (2, 3, 2), ("tanh",), 9, ("batch_many", "sum_reduction"), reduction="sum"),
    Shape("no-biases", (3, 4, 2), ("tanh",), 3, ("no_biases",), gaps=(0, 1)),
    Shape("first-gap", (2, 3, 3), SMOOTH, 3, ("no_biases",), gaps=(0,)),
    Shape("inner-gap", (3, 3, 3, 3), SMOOTH, 2, ("no_biases",), gaps=(1,)),
    Shape("last-gap", (3, 2, 2), ("sigmoid",), 2, ("no_biases",), gaps=(1,)),
)


def recipes(maker: Maker) -> Iterator[Recipe]:
    """Each shape, its numbers those of a network as people train them."""
    for shape in SHAPES:
        activations = tuple(islice(cycle(shape.activations), len(shape.widths) - 1))
        architecture = Architecture(shape.widths, activations, "half_squared_error", shape.samples)
        yield maker.drawn(
            shape.name,
            shape.comment,
            architecture,
            "plain",
            *shape.shows,
            change=_change(shape),
        )


def _change(shape: Shape) -> Callable[[Problem], Problem]:
    """Biases left out, and the reduction."""

    def without(k: int, layer: Layer) -> Layer:
        return Layer(layer.weights, None, layer.activation) if k in shape.gaps else layer

    def change(problem: Problem) -> Problem:
        problem = with_layers(problem, without)
        return summed(problem) if shape.reduction == "sum" else problem

    return change
