"""The flags of the test vectors are true, and each mistake that a note names is caught."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.trust.networks import in_fractions, is_rational
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem

from .exactness import rounds_nothing
from .vector_flags import MEASURES, kinks
from .vector_mistakes import MISTAKES, right
from .vectors import Vector, entries, files, flat, is_wrong, problem_of, vectors

DTYPES = ("float64", "float32")


def of_dtype(found: list[Vector], dtype: str) -> list[Vector]:
    """Those of the dtype."""
    return [each for each in found if each["problem"]["dtype"] == dtype]


# ── what there is ──


def test_there_are_a_few_hundred_of_each_dtype() -> None:
    """Two hundred vectors of either dtype, no two of one name."""
    assert min(len(of_dtype(vectors(), dtype)) for dtype in DTYPES) >= 200
    assert len({each["id"] for each in vectors()}) == len(vectors())


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_function_takes_part(dtype: str) -> None:
    """Each activation and each loss is in at least two vectors of either dtype."""
    problems = [each["problem"] for each in of_dtype(vectors(), dtype)]
    names = [{layer["activation"] for layer in each["layers"]} for each in problems]
    losses = [each["loss"] for each in problems]

    assert min(sum(name in each for each in names) for name in ACTIVATIONS) >= 2
    assert min(losses.count(name) for name in LOSSES) >= 2


# ── flags ──


@pytest.mark.parametrize("flag", MEASURES)
def test_a_flag_is_there_if_and_only_if_it_holds(flag: str) -> None:
    """Measured on each vector by floats and exact rationals, where the tool had enclosures."""
    wrong = [each["id"] for each in vectors() if MEASURES[flag](each) != (flag in each["flags"])]

    assert wrong == []


@pytest.mark.parametrize("dtype", DTYPES)
def test_each_flag_is_on_two_vectors_and_not_on_all(dtype: str) -> None:
    """Of either dtype, so that a flag tells vectors apart."""
    every = of_dtype(vectors(), dtype)
    counts = {flag: sum(flag in each["flags"] for each in every) for flag in MEASURES}

    assert min(counts.values()) >= 2
    assert max(counts.values()) < len(every)


def test_each_file_has_a_note_for_each_of_its_flags() -> None:
    """And for no other; a flag has one note, whatever the file."""
    notes: dict[str, Any] = {}
    for file in files().values():
        flags = {flag for each in file["vectors"] for flag in each["flags"]}
        assert flags == set(file["notes"])
        assert all(notes.setdefault(flag, note) == note for flag, note in file["notes"].items())

    assert set(notes) == set(MEASURES) == {*MISTAKES, "exact"}


def test_kinks_are_the_units_on_them() -> None:
    """Those that a float64 forward pass finds exactly there, each with its place, and no other."""
    for vector in vectors():
        assert kinks(vector) == vector["kinks"], vector["id"]


# ── mistakes ──


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("flag", MISTAKES)
def test_the_mistake_of_a_note_is_caught(flag: str, dtype: str) -> None:
    """By a vector that has the flag, by what the file says alone."""
    found = of_dtype(vectors(flag), dtype)
    with np.errstate(all="ignore"):
        caught = [each for each in found if is_wrong(each, *MISTAKES[flag](problem_of(each)))]

    assert caught


def test_the_last_place_shows_on_exact_vectors() -> None:
    """There == holds of the hand-written gradient; one in the last place is not equal."""
    for vector in vectors("exact"):
        given = flat(*right(problem_of(vector)))
        beside = [np.nextafter(each, each.dtype.type(np.inf)) for each in map(np.asarray, given)]

        assert given == entries(vector["gradient"]), vector["id"]
        assert all(a != b for a, b in zip(beside, entries(vector["gradient"]), strict=True))


def test_nothing_is_rounded_on_exact_vectors() -> None:
    """Of polynomials, piece by piece, no sum in any order and no product has too many bits."""
    cases = [each for each in vectors("exact") if is_rational(problem_of(each))]
    bits = {"float64": 53, "float32": 24}

    for vector in cases:
        problem = in_fractions(problem_of(vector))
        assert rounds_nothing(problem, bits[vector["problem"]["dtype"]]), vector["id"]
    assert len(cases) >= 60


def test_a_rounding_is_seen() -> None:
    """The check fails for thirds, and for a sum of 25 bits in 24."""
    thirds = Problem.random((1, 1), "identity", samples=3, dtype=object)
    wide = Layer([[1.0, 2.0**24]], [1.0])
    sum_of_25_bits = in_fractions(Problem(Network([wide]), [1.0, 1.0], loss="identity_sum"))

    assert not rounds_nothing(thirds, 53)
    assert not rounds_nothing(sum_of_25_bits, 24)
    assert rounds_nothing(sum_of_25_bits, 25)
