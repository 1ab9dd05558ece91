"""What a sheet is asked to be, on the command line: widths, activations, loss, learning rate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from conformance.errors import Misuse
from conformance.worked.formulas import ACTIVATIONS, LOSSES
from manual_backprop import ACTIVATIONS as CATALOGUE
from manual_backprop import LOSSES as LOSS_CATALOGUE
from manual_backprop.names import nearest

MOST_LAYERS, MOST_UNITS = 5, 6
"""Of a sheet that anyone would solve by hand."""


def widths_of(text: str) -> tuple[int, ...]:
    """The widths that "2,3,3,1" says.

    >>> widths_of("2,3,1")
    (2, 3, 1)
    >>> widths_of("2")
    Traceback (most recent call last):
    conformance.errors.Misuse: --widths 2: the inputs and 1 to 5 layers are needed, 2,3,1 say
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise Misuse(f"--widths {text}: whole numbers with commas between are needed, 2,3,1 say")
    widths = tuple(map(int, parts))
    if not 2 <= len(widths) <= MOST_LAYERS + 1:
        raise Misuse(
            f"--widths {text}: the inputs and 1 to {MOST_LAYERS} layers are needed, 2,3,1 say"
        )
    if not all(1 <= width <= MOST_UNITS for width in widths):
        raise Misuse(f"--widths {text}: from 1 to {MOST_UNITS} units fit a sheet of paper")
    return widths


def activations_of(names: Sequence[str], layers: int) -> tuple[str, ...]:
    """A rational activation for each layer; none where they are to be drawn.

    >>> activations_of(["abs"], 3)
    ('abs', 'abs', 'identity')
    """
    for name in names:
        _check_name("--activations", "activation", name, list(CATALOGUE), list(ACTIVATIONS))
    if len(names) not in (0, 1, layers):
        raise Misuse(
            f"--activations: {len(names)} for {layers} layers; give {layers}, or one for the "
            "hidden layers"
        )
    if len(names) == 1 < layers:
        return (*([names[0]] * (layers - 1)), "identity")
    return tuple(names)


def loss_of(name: str) -> str:
    """The loss, one that rationals have.

    >>> loss_of("poisson")
    Traceback (most recent call last):
    conformance.errors.Misuse: --loss: poisson has no values in fractions; these have: \
half_squared_error, squared_error, absolute_error, huber, hinge, identity_sum
    """
    _check_name("--loss", "loss", name, list(LOSS_CATALOGUE), list(LOSSES))
    return name


def _check_name(
    option: str, kind: str, name: str, known: Sequence[str], rational: Sequence[str]
) -> None:
    if name not in known:
        raise Misuse(f"{option}: unknown {kind} {name!r}: {nearest(name, list(known))}")
    if name not in rational:
        fits = ", ".join(rational)
        raise Misuse(f"{option}: {name} has no values in fractions; these have: {fits}")


def rate_of(text: str) -> Fraction:
    """The learning rate.

    >>> rate_of("0.1")
    Fraction(1, 10)
    """
    if not re.fullmatch(r"\d{1,3}(/[1-9]\d{0,2}|\.\d{1,3})?", text) or not Fraction(text):
        raise Misuse(f"--learning-rate {text}: a short fraction above 0 is needed, 1/2 or 0.1 say")
    return Fraction(text)
