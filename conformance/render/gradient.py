"""A gradient as text for people: 80 columns, every digit, large arrays abbreviated."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from conformance.numbers import plural
from manual_backprop import Gradients
from manual_backprop.files import ProblemFile
from manual_backprop.oracle.rounding import CorrectlyRounded, Undecided

WIDTH = 79
"""Columns that are used."""

SHOWN = 200
"""Entries of an array that are shown in full; of a larger one its corners, as NumPy does."""

LISTED = 20
"""Lines of a list; of a longer one how many more there are."""


def headline(path: Path | str, file: ProblemFile) -> list[str]:
    """File, widths, activations, loss, samples, dtype."""
    problem = file.problem
    activations = _runs([layer.activation.name for layer in problem.network.layers], " ")
    widths = "-".join(map(str, problem.network.widths))
    if len(widths) > WIDTH // 2:
        widths = _runs(list(map(str, problem.network.widths)), "-")
    over = f"{problem.reduction} over {plural(problem.samples, 'sample')}"
    return wrapped(f"{path}: {widths}, {activations}, {problem.loss.name}, {over}, {file.dtype}")


def _runs(words: list[str], between: str) -> str:
    """The words, of several alike in a row one with their number: tanh×3 relu."""
    runs = [(word, len(list(run))) for word, run in groupby(words)]
    return between.join(word if n == 1 else f"{word}×{n}" for word, n in runs)


def array_lines(gradient: Gradients) -> Iterator[str]:
    """The loss, then each array under its name."""
    yield f"loss {gradient.loss}"
    for name, array in gradient.arrays():
        yield f"{name}, {' × '.join(map(str, array.shape))}"
        shown = np.array2string(
            array, max_line_width=WIDTH - 2, threshold=SHOWN, floatmode="unique", separator="  "
        )
        yield from textwrap.indent(shown, "  ").splitlines()


def float_lines(gradient: Gradients, file: ProblemFile) -> list[str]:
    """What the floats are, and how many of them are none."""
    dtype = file.problem.dtype.name
    arrays = [np.ravel(gradient.loss), *(array for _, array in gradient.arrays())]
    lost = sum(int(np.sum(~np.isfinite(each))) for each in arrays)
    lines = [f"Computed by backpropagation in {dtype}; --round {file.dtype} proves every digit."]
    if lost:
        lines.append(
            f"The range of {dtype} was left on the way: {plural(lost, 'entry')} of nan, inf."
        )
    return wrapped(*lines)


def rounding_lines(rounded: CorrectlyRounded, target: str | None) -> list[str]:
    """How many entries are correctly rounded, and each that is not, with the reason."""
    count = 1 + sum(array.size for _, array in rounded.arrays())
    decided = count - len(rounded.undecided)
    lines = [f"Correctly rounded to {target}: {decided:,} of {plural(count, 'entry')}."]
    if decided:
        lines.append(f"Each is within half an ulp of the truth, proved with {rounded.bits} bits.")
    if rounded.undecided:
        lines.append("Undecided, shown as nan:")
    return lines + shortened([f"  {undecided_line(each)}" for each in rounded.undecided])


def undecided_line(entry: Undecided) -> str:
    """The entry, the bits reached, and why they do not decide it.

    >>> undecided_line(Undecided("weights", 1, (0, 2), 4096, -4001, "precision"))
    'weights[1][0, 2]: |entry| < 2^-4001 with 4096 bits, not told from 0'
    """
    if entry.reason == "kink":
        why = f"depends on the choice at a kink, with {entry.bits} bits as with fewer"
    elif entry.below is not None:
        why = f"|entry| < 2^{entry.below} with {entry.bits} bits, not told from 0"
    else:
        why = f"not told from the middle between two floats with {entry.bits} bits"
    return f"{entry_name(entry)}: {why}"


def entry_name(entry: Undecided) -> str:
    """The entry as Python indexes it."""
    if entry.name == "loss":
        return "loss"
    layer = "" if entry.name == "inputs" else f"[{entry.layer}]"
    return f"{entry.name}{layer}[{', '.join(map(str, entry.index))}]"


def wrapped(*paragraphs: str) -> list[str]:
    """The paragraphs in lines that fit; a long path is left whole."""
    settings: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    return [line for each in paragraphs for line in textwrap.wrap(each, WIDTH, **settings)]


def shortened(lines: list[str]) -> list[str]:
    """The lines, or the first of them and how many more there are.

    >>> shortened(["a"] * 22)[-2:]
    ['a', '  … and 2 more']
    """
    more = len(lines) - LISTED
    return [*lines[:LISTED], f"  … and {more:,} more"] if more > 0 else lines
