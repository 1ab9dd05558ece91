"""What can be said of a mistake that the catalogue does not hold: how the wrong entries look.

Each function looks at the wrong entries of all networks that fail, and says a sentence if
something holds for every one of them; a second wording gives no number away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from conformance.diagnosis.entries import Entries, Remark, wrong_entries
from conformance.diagnosis.factors import decay, ratio, shift
from conformance.diagnosis.observed import Observed
from conformance.diagnosis.sets import outside


def remarks(failing: Sequence[Observed]) -> list[Remark]:
    """What holds for every wrong entry; or else for every one of the weights, or of the biases."""
    wrong = [each for seen in failing for each in wrong_entries(seen)]
    found = _looked_at(wrong, "Every wrong entry")
    if found:
        return found
    of_weights = [each for each in wrong if each.array.name == "weights"]
    of_biases = [each for each in wrong if each.array.name == "biases"]
    if not of_weights or not of_biases:
        return []
    return [
        *_looked_at(of_weights, "Every wrong entry of the weights"),
        *_looked_at(of_biases, "Every wrong entry of the biases"),
    ]


def _looked_at(wrong: list[Entries], subject: str) -> list[Remark]:
    """The first thing that holds for all of them."""
    found = (look(wrong, subject) for look in LOOKS) if len(wrong) >= ENOUGH else ()
    return [remark for remark in found if remark is not None][:1]


# ── one look each ──


def _all_zero(wrong: list[Entries], subject: str) -> Remark | None:
    """given = 0."""
    if any(np.any(each.given) for each in wrong):
        return None
    return Remark(f"{subject} is 0.", f"{subject} is missing: it is left at zero.")


def _transposed(wrong: list[Entries], subject: str) -> Remark | None:
    """given = rightᵀ, of square arrays."""
    for each in wrong:
        given, allowed = each.array.given, each.array.allowed
        if given.ndim != 2 or given.shape[0] != given.shape[1]:
            return None
        if np.any(outside(allowed, given.T)):
            return None
    words = f"{subject} is in an array that is transposed."
    return Remark(words, words)


def _rearranged(wrong: list[Entries], subject: str) -> Remark | None:
    """The entries of an array are the right ones, at other places."""
    for each in wrong:
        given, allowed = np.sort(each.array.given, axis=None), each.array.allowed
        order = np.argsort(allowed.midpoint, axis=None)
        middle, radius = allowed.midpoint.ravel()[order], allowed.radius.ravel()[order]
        if not np.all(np.abs(given - middle) <= radius + np.max(radius)):
            return None
    words = f"{subject} is a right one that belongs to another place of its array."
    return Remark(words, words)


def _bounded(wrong: list[Entries], subject: str) -> Remark | None:
    """given = ±c, with the right one's sign, where that is larger."""
    sizes = np.concatenate([np.abs(each.given) for each in wrong])
    beyond = [
        np.all(np.sign(each.given) * each.right + each.radius >= np.abs(each.given))
        for each in wrong
    ]
    if not all(beyond) or not np.all(sizes == sizes[0]) or not sizes[0]:
        return None
    return Remark(
        f"{subject} is {sizes[0]:.6g} or {-sizes[0]:.6g}, where the right one is larger: "
        "it is clipped.",
        f"{subject} is smaller than the right one, and as large as the others: it is clipped.",
    )


def _small(wrong: list[Entries], subject: str) -> Remark | None:
    """How far given is outside, as a share of the largest entry of the array, is small."""
    shares = []
    for each in wrong:
        error = np.max(np.abs(each.given - each.right) - each.radius)
        with np.errstate(over="ignore"):  # beyond all floats it is not small
            shares.append(float(error / np.max(each.array.allowed.magnitude, initial=2.0**-1000)))
    if max(shares) > SMALL:
        return None
    return Remark(
        f"{subject} is off by {max(shares):.1g} of the largest of its array, or less: digits are "
        "lost, as in a shorter format, in finite differences, or by cancellation.",
        f"{subject} is almost right: digits are lost.",
    )


SMALL = 2.0**-10
"""Twice float16's roundoff: what is off by more has lost more than digits."""

ENOUGH = 3
"""Arrays with wrong entries that it takes to say something of all."""

Look = Callable[[list[Entries], str], Remark | None]
LOOKS: tuple[Look, ...] = (
    _all_zero,
    ratio,
    _bounded,
    _transposed,
    _rearranged,
    shift,
    decay,
    _small,
)
