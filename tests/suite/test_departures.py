"""Known departures: each is real, none grants more than it says, none goes stale unseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.backends import NAMES, PEERS, Backend, NotInstalled, load
from conformance.departures import KNOWN, Known, departures_of, known_to_have, stale
from conformance.judge import Judge
from conformance.report import Report, Tally
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem, __version__
from manual_backprop.arithmetic.formats import float_format
from manual_backprop.oracle.accuracy import CLASSES, Departure
from manual_backprop.oracle.admissible import AdmissibleSet
from manual_backprop.oracle.verdict import Verdict

from .planted import changed, planted, right

CONSTRAINTS = Path(__file__).parents[2] / "ci" / "constraints.txt"
LINES = pytest.mark.parametrize(
    "known", KNOWN, ids=lambda each: f"{each.departure.function} {each.departure.part}"
)


def installed(name: str) -> Backend:
    """The backend, or the test is skipped."""
    try:
        return load(name)
    except NotInstalled as reason:
        pytest.skip(str(reason))


def network(function: str, at: float, dtype: str = "float64") -> Problem:
    """x ↦ w₁ f(w₀ x) at w = 1: ∂L/∂w₁ shows the value, ∂L/∂b₀ the derivative."""
    one, zero = np.ones((1, 1), dtype), np.zeros(1, dtype)
    layers = [Layer(one, zero, function), Layer(one, zero)]
    return Problem(Network(layers), np.full((1, 1), at, dtype), loss="identity_sum")


def off_by(part: str, error: float) -> Callable[..., Any]:
    """The right gradients of `network`, the function's value or derivative off by an error."""

    def change(weights: Any, biases: Any) -> Any:
        place = {"value": weights[1], "derivative": biases[0]}[part]
        place += place.dtype.type(error)
        return weights, biases

    return changed(change)


def verdict(target: Backend, problem: Problem) -> Verdict:
    """The verdict on a target, with what is granted to one of its name."""
    return Judge(problem).outcome(target).kind


def radii(allowed: AdmissibleSet) -> list[list[float]]:
    """The radius of every entry's set."""
    return [each.radius.ravel().tolist() for each in (*allowed.weights, *allowed.biases)]


# ── the lines that there are ──


@pytest.mark.parametrize("name", [*NAMES, *PEERS])
def test_every_line_holds(name: str) -> None:
    """No departure of an installed backend is stale."""
    assert {} == stale(installed(name))


@LINES
def test_a_framework_is_wrong_without_its_line(known: Known) -> None:
    """At its probe each framework conforms under its own name, and under another it is wrong."""
    probe = network(known.departure.function, known.probe, known.departure.dtypes[0])

    for name in known.backends:
        framework = installed(name)
        assert verdict(framework, probe) is Verdict.CONFORMS
        assert verdict(replace(framework, name="another"), probe) is Verdict.WRONG


@LINES
def test_a_line_says_what_a_reader_needs(known: Known) -> None:
    """Each line has reason, link, versions, device, a probe in its range, and a small error."""
    departure = known.departure

    assert len(known.reason.split()) >= 5
    assert re.match(r"https://\S+$", known.link)
    assert known.versions
    assert all(re.fullmatch(r"\d+(\.\d+)+", each) for each in known.versions)
    assert known.device
    assert set(known.backends) <= {*NAMES, *PEERS}
    assert departure.function in {**ACTIVATIONS, **LOSSES}
    assert departure.low <= known.probe <= departure.high
    # a float64 that needs more than float32's class grants belongs to that class
    units = getattr(CLASSES[departure.function], f"{departure.part}_units")
    assert 0 < departure.error <= units * float_format("float32").unit_roundoff


@LINES
def test_a_line_names_the_pinned_version(known: Known) -> None:
    """Each line was seen in the version that ci/constraints.txt pins, so that it is kept fresh."""
    package = known.backends[0].split("_")[0]
    pinned = re.findall(rf"^{package}==(\S+)$", CONSTRAINTS.read_text("utf-8"), re.MULTILINE)

    assert set(pinned) <= set(known.versions)
    assert len(pinned) == 1


def test_nothing_is_granted_to_our_own() -> None:
    """The hand-written gradients need no departure, and nobody else has another's."""
    assert () == departures_of("backprop") + departures_of("recursion") + departures_of("planted")
    for name in (*NAMES, *PEERS):
        lines = [each for dtype in ("float64", "float32") for each in known_to_have(name, dtype)]
        assert [each.departure for each in lines] == list(departures_of(name))


# ── what a line grants ──


@LINES
def test_an_error_within_the_line_conforms(known: Known) -> None:
    """Under the framework's name, half of the error that is granted conforms; for others not."""
    function = off_by(known.departure.part, known.departure.error / 2)
    probe = network(known.departure.function, known.probe)

    for name in known.backends:
        assert verdict(planted(function, name), probe) is Verdict.CONFORMS
    assert verdict(planted(function), probe) is Verdict.WRONG


@LINES
def test_an_error_beyond_the_line_is_wrong(known: Known) -> None:
    """An error of twice what is granted is wrong, in the framework itself too."""
    function = off_by(known.departure.part, 2 * known.departure.error)
    probe = network(known.departure.function, known.probe)

    for name in known.backends:
        assert verdict(planted(function, name), probe) is Verdict.WRONG


@LINES
def test_a_line_stops_at_the_ends_of_its_range(known: Known) -> None:
    """Just outside the range the same error is wrong; at both ends it still conforms."""
    departure = known.departure
    function = planted(off_by(departure.part, departure.error / 2), known.backends[0])
    kinks = {float(each.at) for each in ACTIVATIONS[departure.function].breakpoints}

    for end, beyond in ((departure.low, -np.inf), (departure.high, np.inf)):
        outside = end + (0.25 if beyond > 0 else -0.25)
        assert verdict(function, network(departure.function, outside)) is Verdict.WRONG
        if end not in kinks:
            assert verdict(function, network(departure.function, end)) is Verdict.CONFORMS


@LINES
def test_a_line_is_for_its_part_and_dtype_alone(known: Known) -> None:
    """In another dtype, and in the other part of the same function, the line grants nothing."""
    departure = known.departure
    both = {each.departure.part for each in KNOWN if each.departure.function == departure.function}
    sets = Judge(network(departure.function, known.probe, "float32"))

    assert "float32" not in departure.dtypes
    assert radii(sets.allowed("reverse")) == radii(sets.allowed("reverse", (departure,)))
    for part in {"value", "derivative"} - both:
        function = planted(off_by(part, departure.error / 2), known.backends[0])
        assert verdict(function, network(departure.function, known.probe)) is Verdict.WRONG


# ── stale lines ──

TANH = Departure("tanh", "derivative", ("float64",), -1.0, 1.0, 1e-9)
A_VERSION, ANOTHER = "1.0", "0.9"


def line(departure: Departure, *versions: str, backend: str = "planted") -> Known:
    """A line for one backend."""
    return Known(departure, (backend,), "a reason", "https://example.org", versions, "cpu", 0.5)


def test_a_line_that_holds_is_not_stale() -> None:
    """An error below the line's and above the class's keeps the line."""
    target = planted(off_by("derivative", 5e-10))

    assert {} == stale(target, [line(TANH, A_VERSION)])


@pytest.mark.parametrize(("version", "error"), [(__version__, True), (ANOTHER, False)])
def test_a_departure_that_does_not_show_is_stale(version: str, error: bool) -> None:
    """A line for a backend without that departure is stale: an error for versions it names."""
    text = f"backprop {__version__}: tanh derivative no longer departs at 0.5: delete its line"

    assert {text: error} == stale(load("backprop"), [line(TANH, version, backend="backprop")])


@pytest.mark.parametrize(("version", "error"), [(A_VERSION, True), (ANOTHER, False)])
def test_a_line_with_too_small_an_error_is_stale(version: str, error: bool) -> None:
    """A line that grants less than the departure is stale, and says so."""
    target = planted(off_by("derivative", 5e-10))
    short = replace(TANH, error=1e-10)
    text = "planted 1.0: tanh derivative departs by more than 1e-10 at 0.5"

    assert {text: error} == stale(target, [line(short, version)])


def test_a_build_is_of_its_version() -> None:
    """A version with a build, 1.0+cpu, is the version that the line names."""
    target = replace(planted(right), version="1.0+cpu")

    assert [True] == list(stale(target, [line(TANH, A_VERSION)]).values())


def test_another_backends_line_is_passed_over() -> None:
    """A line is proved anew for its own backends only."""
    assert {} == stale(planted(right), [line(TANH, A_VERSION, backend="another")])


def test_one_line_of_two_is_stale() -> None:
    """Of two lines for one backend, the one that does not show is named, and no other."""
    target = planted(off_by("derivative", 5e-10))
    value = replace(TANH, part="value")

    found = stale(target, [line(TANH, A_VERSION), line(value, A_VERSION)])
    assert ["planted 1.0: tanh value no longer departs at 0.5: delete its line"] == list(found)


@pytest.mark.parametrize(("error", "status"), [(True, 1), (False, 0)])
def test_a_stale_line_of_a_pinned_version_is_an_error(error: bool, status: int) -> None:
    """A stale line makes the exit status 1 for a version that it names, else it is a note."""
    tally = Tally.of(planted(right))
    tally.kinds[Verdict.CONFORMS] = 5
    report = Report(0, "float64", 5, [tally], stale={"a line": error})

    assert status == report.exit_status
