"""Kinks: what a target takes at each breakpoint is read exactly, and what is outside is flagged."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from conformance import backends
from conformance.backends import Backend, NotInstalled, load
from conformance.errors import Misuse
from conformance.fingerprint import Fingerprint, Fingerprints, fingerprint, places, points
from conformance.kinks import document, fingerprints
from conformance.kinks_command import kinks, told
from conformance.render.kinks import HOW_TO_READ, printed
from manual_backprop import ACTIVATIONS, LOSSES
from manual_backprop.oracle.verdict import Verdict

from .planted import planted, raises, right

pytestmark = pytest.mark.usefixtures("plain_terminal")

OWN = ("backprop", "recursion")
DTYPES = ("float64", "float32", "float16")
Capture = pytest.CaptureFixture[str]
KINKED = [name for name, each in places().items() if any(b.is_kink for b in each)]
SMOOTH = [name for name in places() if name not in KINKED]


def slopes(function: str, change: Callable[[Any, Any], Any]) -> Backend:
    """The right gradients, but for a function: there (points, slopes) are changed."""

    def backprop(*arguments: Any) -> Any:
        weights, biases = right(*arguments)
        if function in (arguments[2][0], arguments[3]):
            biases[0] = change(arguments[1][0], biases[0])
        return weights, biases

    return planted(backprop, "mine")


def middle(function: str, slope: float) -> Backend:
    """The right gradients, but for that slope of the function at its breakpoints."""

    def change(p: Any, found: Any) -> Any:
        on = [float(each.at) for each in places()[function]]
        return np.where(np.isin(p, on), found.dtype.type(slope), found)

    return slopes(function, change)


def reading(of: Fingerprint, function: str, at: float = 0.0) -> Any:
    """The one reading at that place."""
    [found] = [
        each for each in of.readings if (each.function, float(each.breakpoint.at)) == (function, at)
    ]
    return found


def shown(*targets: Fingerprint, width: int = 80, **others: Any) -> str:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width)
    printed(Fingerprints(targets, **others), console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


# ── where it is asked ──


def test_every_breakpoint_is_asked() -> None:
    """Every activation with breakpoints is asked at each, and every loss with a kink at its own."""
    expected = {name for name, each in ACTIVATIONS.items() if each.breakpoints}
    expected |= {name for name, each in LOSSES.items() if any(b.is_kink for b in each.breakpoints)}

    assert expected == set(places())
    found = fingerprint(load("backprop"))
    assert sum(map(len, places().values())) == len(found.readings)
    assert (found.unsupported, found.failures) == ({}, {})


@pytest.mark.parametrize("dtype", DTYPES)
def test_beside_is_the_next_number(dtype: str) -> None:
    """One ulp to each side; beside 0, where that may be read as 0, the smallest normal number."""
    for name, breakpoints in places().items():
        for below, at, above in points(breakpoints, dtype).reshape(-1, 3):
            eta = np.finfo(dtype).smallest_normal
            assert below == (np.nextafter(at, -np.inf, dtype=dtype) if at else -eta), name
            assert above == (np.nextafter(at, np.inf, dtype=dtype) if at else eta), name


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_values_are_derivatives_there(dtype: str) -> None:
    """Of our own, beside a breakpoint the one-sided derivative, and at it the catalogue's value."""
    for each in fingerprint(load("backprop"), dtype).readings:
        left, right = (
            np.dtype(dtype).type(float(side))
            for side in (each.breakpoint.left, each.breakpoint.right)
        )
        near = 2 * np.finfo(dtype).eps  # roundings, and hard_swish's slope beside 3: ⅔ ε off

        assert abs(each.values[0] - left) <= near
        assert abs(each.values[2] - right) <= near
        if each.function in ACTIVATIONS:
            at = np.array([float(each.breakpoint.at)], dtype)
            assert each.values[1] == ACTIVATIONS[each.function].derivative(at)[0]


@pytest.mark.parametrize("name", ["absolute_error", "hinge"])
def test_a_losss_kink_is_in_its_output(name: str) -> None:
    """A loss's breakpoint is where its gradient in the output jumps, under the target 1."""
    [found] = places()[name]
    x, y = points((found,), "float64")[:, None], np.ones((3, 1))
    below, _, above = LOSSES[name].gradient(x, y).ravel()

    assert (Fraction(below), Fraction(above)) == (found.left, found.right)


# ── inside and outside ──


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OWN)
def test_our_own_are_inside(name: str, dtype: str) -> None:
    """Of the hand-written gradients every value is right, in every dtype."""
    assert not fingerprint(load(name), dtype).is_outside


@pytest.mark.parametrize("name", ["torch_autograd", "jax_grad", "hips_autograd", "micrograd"])
def test_frameworks_are_inside(name: str) -> None:
    """So it is with what is installed of the frameworks, habits and all."""
    try:
        target = load(name)
    except NotInstalled as reason:
        pytest.skip(str(reason))

    assert not fingerprint(target).is_outside


@pytest.mark.parametrize("function", KINKED)
def test_the_ends_of_the_hull_are_inside(function: str) -> None:
    """Both one-sided derivatives and the middle are right at a kink; just beyond them is not."""
    [first, *_] = places()[function]
    low, high = sorted((float(first.left), float(first.right)))

    for slope in (low, (low + high) / 2, high):
        found = reading(fingerprint(middle(function, slope)), function, float(first.at))
        assert slope == found.values[1]
        assert not found.is_outside
    for slope in (low - 1e-9, high + 1e-9):
        found = fingerprint(middle(function, slope))
        assert reading(found, function, float(first.at)).verdicts[1] is Verdict.WRONG
        assert found.is_outside


@pytest.mark.parametrize("function", SMOOTH)
def test_smooth_joints_have_one_value(function: str) -> None:
    """Where two formulas meet smoothly, 1e-9 off is wrong, and so is a half."""
    for slope in (1 - 1e-9, 1 + 1e-9, 0.5):
        found = fingerprint(middle(function, slope))
        assert reading(found, function).verdicts[1] is Verdict.WRONG


def test_a_side_is_judged_too() -> None:
    """A value beside the breakpoint that no rounding explains is flagged there, and only there."""
    found = fingerprint(slopes("relu", lambda p, s: np.where(p > 0, 1.5, s)))

    verdicts = reading(found, "relu").verdicts
    assert [False, False, True] == [each.is_finding for each in verdicts]


def test_nan_is_outside() -> None:
    """A slope of nan is in no hull."""
    found = fingerprint(middle("abs", np.nan))

    assert reading(found, "abs").verdicts[1] is Verdict.NOT_FINITE
    assert "mine: abs at 0: nan is not in the hull [-1, 1]." in shown(found)


# ── what a target lacks, and what goes wrong ──


def test_what_is_not_supported_is_said() -> None:
    """A function that the target lacks has its reason, and no values; the others have theirs."""

    def backprop(*arguments: Any) -> Any:
        if arguments[2][0] == "relu6":
            raise NotImplementedError("no relu6 today")
        return right(*arguments)

    found = fingerprint(planted(backprop, "mine"))

    assert {"relu6": "no relu6 today"} == found.unsupported
    assert not found.is_outside
    assert "mine: not supported: relu6." in shown(found)


@pytest.mark.parametrize("loss", ["half_squared_error", "squared_error"])
@pytest.mark.parametrize("layers", [1, 2])
def test_other_networks_are_tried(layers: int, loss: str) -> None:
    """A target that takes another loss alone, or a linear output alone, shows its values too."""

    def backprop(*arguments: Any) -> Any:
        if arguments[3] != loss or len(arguments[0]) != layers:
            raise NotImplementedError("not in this way")
        return right(*arguments)

    mine, ours = fingerprint(planted(backprop)), fingerprint(load("backprop"))

    assert {"absolute_error", "hinge"} == set(mine.unsupported)
    assert not mine.is_outside
    supported = [each for each in ours.readings if each.function not in mine.unsupported]
    # ∂L/∂x is 1 but for the target's rounding, 4u at relu6's 6, where x − y is ½: 8u
    for one, other in zip(mine.readings, supported, strict=True):
        assert (one.function, one.breakpoint) == (other.function, other.breakpoint)
        np.testing.assert_allclose(one.values, other.values, rtol=8 * 2.0**-53)


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (raises, Verdict.RAISED, "IndexError: no"),
        (lambda *arguments: None, Verdict.WRONG_SHAPE, "the result is None"),
        (
            lambda *arguments: ([w + 1 for w in right(*arguments)[0]], right(*arguments)[1]),
            Verdict.WRONG,
            "",
        ),
    ],
)
def test_whatever_else_is_wrong_is_a_finding(function: Any, kind: Verdict, words: str) -> None:
    """An error, a wrong shape and a wrong weight's gradient are findings, with what happened."""
    found = fingerprint(planted(function, "mine"))

    assert found.is_outside
    assert set(places()) == set(found.failures)
    found_kind, message = found.failures["relu"]
    assert kind is found_kind
    assert words in message
    assert f"mine: relu: {kind}" in shown(found)
    assert "\x1b" not in shown(found)


# ── the command ──


def test_status_0_and_the_frameworks_beside(capsys: Capture) -> None:
    """Without a target the hand-written gradient is shown, beside torch and jax; status 0."""
    assert told([]) == 0

    output = capsys.readouterr().out
    assert "backprop" in output
    assert output.endswith(
        "Nothing is wrong: every value at 19 breakpoints may be returned there.\n"
    )
    for name in ("torch_autograd", "jax_grad"):
        assert name in output


def test_status_1_and_what_is_outside(capsys: Capture, tmp_path: Path) -> None:
    """A target outside its hull is status 1; the terminal and the file say where."""
    file = tmp_path / "kinks.json"

    assert told([middle("relu", 2.5)], file) == 1
    output = capsys.readouterr().out
    assert "0 2.5! 1" in output
    assert "mine: relu at 0: 2.5 is not in the hull [0, 1]." in output
    assert output.endswith("Something is wrong: mine.\n")
    written = json.loads(file.read_text("utf-8"))
    assert written["format"] == "manual-backprop/kinks/1"
    assert written["outcome"] == {"exit_status": 1, "text": "Something is wrong: mine."}
    [mine] = written["targets"]
    assert mine["readings"][0] == {
        "function": "relu",
        "at": "0",
        "left": "0",
        "right": "1",
        "values": {"below": "0x0.0p+0", "at": (2.5).hex(), "above": (1.0).hex()},
        "verdicts": {"below": "conforms", "at": "wrong", "above": "undecided"},
    }


def test_status_3_if_nothing_is_supported(capsys: Capture) -> None:
    """A target that supports no function with a breakpoint is no pass."""

    def backprop(*arguments: Any) -> Any:
        raise NotImplementedError("tanh alone")

    assert told([planted(backprop)]) == 3
    assert "Nothing could be decided" in capsys.readouterr().out


def test_what_stands_beside_is_not_judged() -> None:
    """Only a target decides the status, and a framework that is a target stands once."""
    outside, inside = fingerprint(middle("relu", 2.5)), fingerprint(load("backprop"))

    assert Fingerprints((inside,), beside=(outside,)).exit_status == 0
    found = fingerprints([planted(right, "torch_autograd")])
    assert "torch_autograd" not in [each.name for each in found.beside]


def test_a_missing_framework_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is skipped, with the command that installs it."""
    monkeypatch.setitem(sys.modules, "jax", None)

    found = fingerprints([planted(right, "mine")])
    reason = 'jax is not installed; try: pip install "manual-backprop[jax]"'
    assert {"jax_grad": reason} == found.skipped
    assert f"Skipped: jax_grad: {reason}" in shown(*found.targets, skipped=found.skipped)


def test_a_framework_in_pieces_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that fails while it is loaded stops nothing."""

    def load(name: str) -> Backend:
        raise OSError("libtorch is in\x1b pieces")

    monkeypatch.setattr(backends, "load", load)

    found = fingerprints([planted(right)]).skipped
    assert {r"cannot be loaded: OSError: libtorch is in\x1b pieces"} == set(found.values())


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A file for which there is no folder is misuse, said before any target is looked for."""
    with pytest.raises(Misuse, match=r"--json .*there is no folder"):
        kinks(["nowhere.py:f"], json=tmp_path / "no" / "such.json")


def test_the_document_is_strict_json() -> None:
    """Numbers are hex, nan a word, and each target has every function once."""
    found = Fingerprints((fingerprint(middle("abs", np.nan)),))
    text = json.dumps(document(found), allow_nan=False)

    [mine] = json.loads(text)["targets"]
    assert [each["values"]["at"] for each in mine["readings"] if each["function"] == "abs"] == [
        "nan"
    ]
    assert set(places()) == {each["function"] for each in mine["readings"]}


# ── 80 columns ──


def test_the_tables_fit_80_columns() -> None:
    """With three targets of long names abreast, and a fourth below, no line is longer than 80."""
    names = ("student/solution.py:backprop", "torch_autograd_cuda", "hips_autograd", "mine")
    targets = [
        fingerprint(planted(slopes("selu", lambda p, s: s * -1.2345e-7).backprop, name))
        for name in names
    ]
    text = shown(*targets)

    assert max(map(len, text.splitlines())) <= 80
    assert text.count("left |") == 2
    assert "-2.17e-07!" in text
    assert " ".join(HOW_TO_READ.split()) in " ".join(text.split())
