"""The ladder of networks on which gradients are timed, from a toy to six layers of 1024 units."""

from __future__ import annotations

from dataclasses import dataclass

from manual_backprop import Problem


@dataclass(frozen=True)
class Rung:
    """Sizes of a network, and of the batch that goes through it."""

    widths: tuple[int, ...]
    samples: int

    @property
    def name(self) -> str:
        """As it stands in tables.

        >>> Rung((2, 3, 1), 1).name, Rung((1024,) * 7, 512).name
        ('2-3-1 (1)', '1024 x 6 (512)')
        """
        depth, alike = len(self.widths) - 1, len(set(self.widths)) == 1
        sizes = f"{self.widths[0]} x {depth}" if alike else "-".join(map(str, self.widths))
        return f"{sizes} ({self.samples})"


LADDER = (
    Rung((2, 3, 1), 1),
    Rung((4, 8, 8, 2), 8),
    Rung((64, 128, 128, 10), 32),
    Rung((784, 512, 512, 10), 64),
    Rung((784, 1024, 1024, 1024, 10), 256),
    Rung((1024,) * 7, 512),
)
DTYPES = ("float64", "float32")
ACTIVATIONS = ("tanh", "relu")


@dataclass(frozen=True)
class Case:
    """What one timing is of: hidden layers with the activation, a linear last one, ½‖x − y‖²."""

    rung: Rung
    dtype: str
    activation: str

    @property
    def kind(self) -> str:
        """The case without its size."""
        return f"{self.dtype} {self.activation}"

    def problem(self) -> Problem:
        """The same numbers for every contender."""
        hidden = [self.activation] * (len(self.rung.widths) - 2)
        return Problem.random(
            self.rung.widths, [*hidden, "identity"], samples=self.rung.samples, dtype=self.dtype
        )


def cases(rungs: tuple[Rung, ...] = LADDER) -> list[Case]:
    """Every rung in every dtype with every activation."""
    return [Case(rung, d, a) for rung in rungs for d in DTYPES for a in ACTIVATIONS]
