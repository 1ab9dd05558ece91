"""A user's function in a process of its own: found, called, outlived, whatever it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance import backends
from conformance.backends import Backend
from conformance.errors import Misuse
from conformance.judge import Judge, Outcome
from conformance.targets.drain import KEPT, Drain
from conformance.targets.function import function
from conformance.targets.named import target_named
from conformance.targets.patience import FAILURES, LOST, Patience
from conformance.targets.wire import MOST_BYTES, TooLarge, packed, unpacked
from manual_backprop import Problem
from manual_backprop.oracle.verdict import Verdict

from .students import backprops

FILE = Path(backprops.__file__)
Start = Callable[..., Backend]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts functions of the students' file, and ends their processes."""
    started: list[Backend] = []

    def start(name: str, timeout: float = 10.0) -> Backend:
        started.append(function(f"{FILE}:{name}", timeout))
        return started[-1]

    yield start
    for target in started:
        target.close()


def outcome(target: Backend) -> Outcome:
    """What a call on a small network comes to."""
    return Judge(Problem.random((2, 3, 1))).outcome(target)


# ── what is found ──


def test_a_function_of_a_file_is_called(start: Start) -> None:
    """A right function in a file conforms, and is named as it was asked for."""
    target = start("backprop")

    assert Verdict.CONFORMS == outcome(target).kind
    assert target.name == f"{FILE}:backprop"


def test_what_lies_beside_a_file_can_be_imported(tmp_path: Path) -> None:
    """A file may import another of its folder, from whatever folder the command is run in."""
    (tmp_path / "own_backprop.py").write_text(FILE.read_text("utf-8"), "utf-8")
    (tmp_path / "hand_in.py").write_text("from own_backprop import backprop\n", "utf-8")
    target = function(f"{tmp_path / 'hand_in.py'}:backprop")

    assert Verdict.CONFORMS == outcome(target).kind
    target.close()


def test_a_function_of_a_module_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """package.module:function is looked for in the current folder first."""
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "week3.py").write_text(FILE.read_text("utf-8"), "utf-8")
    monkeypatch.chdir(tmp_path)
    target = function("course.week3:backprop")

    assert Verdict.CONFORMS == outcome(target).kind
    target.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("backdrop", "backprops.py has no 'backdrop'; the nearest name is 'backprop'"),
        ("forty_two", "backprops.py:forty_two is a int, no function"),
        ("of_three", "it is called by position with six arguments, (weights, biases, activations"),
    ],
)
def test_what_is_no_function_under_test_is_refused(name: str, message: str) -> None:
    """A name that is not there, not callable, or of another signature is named with what fits."""
    with pytest.raises(Misuse, match=r"^") as error:
        function(f"{FILE}:{name}")

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_that_name\n", "ModuleNotFoundError: No module named 'nothing_of"),
        ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero (line 2 of hand_in.py)"),
        ("def backprop(:\n", "SyntaxError: "),
        ("import sys\nsys.exit(4)\n", "it calls sys.exit(4)"),
        ("from . import layers\n", "(line 1 of hand_in.py); of a package, package.module:function"),
        ("import os\nos._exit(7)\n", "importing it ended the process (exit status 7)"),
    ],
)
def test_what_cannot_be_imported_is_told(source: str, message: str, tmp_path: Path) -> None:
    """A file that fails while it is imported is refused with its own error, and where."""
    (tmp_path / "hand_in.py").write_text(source, "utf-8")

    with pytest.raises(Misuse, match=r"hand_in\.py") as error:
        function(f"{tmp_path / 'hand_in.py'}:backprop")

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hand_in.py", "which function of it? hand_in.py:backprop, say"),
        ("no_such.py:backprop", "there is no file no_such.py"),
        ("course/week3:backprop", "a file's name ends in .py: course/week3.py:backprop, say"),
        ("/dev/null:backprop", "a file's name ends in .py: /dev/null.py:backprop, say"),
        ("torch_autogard", "the nearest name is 'torch_autograd'; file.py:function, package."),
        (":backprop", "file.py:function or package.module:function is expected"),
    ],
)
def test_a_target_that_is_none_is_refused(text: str, message: str) -> None:
    """A hurried TARGET is answered with what fits."""
    with pytest.raises(Misuse, match=r"^") as error:
        target_named(text)

    assert message in str(error.value)


def test_a_backend_in_pieces_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A framework that fails while it is loaded is one message, with its own words."""

    def load(name: str) -> Backend:
        raise OSError("libtorch is in pieces")

    monkeypatch.setattr(backends, "load", load)

    with pytest.raises(Misuse, match="TARGET jax_grad: cannot be loaded: OSError: libtorch is"):
        target_named("jax_grad")


# ── what it does when it is called ──


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("exits", "raised", "SystemExit: it called sys.exit(3)"),
        ("dies", "raised", "the call ended the process (exit status 5); its last words: last"),
        ("crashes", "raised", "the call ended the process (killed by SIGSEGV)"),
        ("writes", "changed_inputs", "the call changed its inputs"),
        ("returns_an_object", "wrong_shape", "the result is a Results; (weight_gradients, bias_g"),
        ("renames", "changed_inputs", "the call changed its activations"),
        ("raises_unprintable", "raised", "Unprintable: its message cannot be shown"),
        ("writes_to_sockets", "raised", "what came back is no answer"),
        ("nothing", "unsupported", "NotImplementedError, without a reason"),
        ("returns_megabytes", "raised", "the result is too large to send: more than 256 MiB"),
    ],
)
def test_a_call_that_goes_wrong_is_a_finding(
    start: Start, name: str, kind: str, message: str
) -> None:
    """Whatever a call does instead of returning gradients has its own kind and words."""
    found = outcome(start(name))

    assert kind == found.kind
    assert message in found.message


def test_lists_are_no_arrays(start: Start) -> None:
    """Nested lists of numbers are a wrong shape, with the words that they are lists."""
    found = outcome(start("returns_lists"))

    assert Verdict.WRONG_SHAPE == found.kind
    assert found.judgement is not None
    assert "is a list of 3; a NumPy array of shape (3, 2) fits" in found.judgement.arrays[0].message


def test_objects_are_no_numbers(start: Start) -> None:
    """Arrays of objects are a wrong dtype, as they are in this process."""
    found = outcome(start("returns_objects"))
    here = outcome(Backend("here", "reverse", "", backprops.returns_objects))

    assert Verdict.WRONG_DTYPE == found.kind == here.kind
    assert found.judgement is not None
    assert "has dtype object; float64 fits" in found.judgement.arrays[0].message


def test_a_copy_of_the_process_does_not_answer(start: Start) -> None:
    """A function that forks is answered once a call, each time to the call that was made."""
    target = start("forks")

    kinds = [Judge(Problem.random((2, n, 1))).outcome(target).kind for n in (3, 5, 4, 7)]

    assert [Verdict.CONFORMS] * 4 == kinds


def test_half_an_answer_times_out(start: Start) -> None:
    """A message that does not end is waited for as long as for one that does not begin."""
    found = outcome(start("promises", timeout=0.5))

    assert (Verdict.TIMED_OUT, "no answer within 0.5 s") == (found.kind, found.message)


def test_an_endless_loop_times_out_and_the_next_call_is_answered(start: Start) -> None:
    """A call that does not end is ended; the function is there again for the next call."""
    target = start("loops_on_relu", timeout=0.5)
    endless = Judge(Problem.random((1, 2, 1), ("relu", "identity"))).outcome(target)

    assert (Verdict.TIMED_OUT, "no answer within 0.5 s") == (endless.kind, endless.message)
    assert Verdict.CONFORMS == outcome(target).kind


def test_after_three_failures_in_a_row_it_is_left_alone(start: Start) -> None:
    """The third call in a row without an answer is final, and no further one is made."""
    target = start("dies")
    found = [outcome(target) for _ in range(FAILURES + 1)]

    assert [False, False, True, True] == [each.final for each in found]
    assert "not called again after 3 failures in a row" == found[-1].message


def test_after_a_minute_without_an_answer_it_is_left_alone() -> None:
    """Timeouts with answers between them end a run, too, once three have taken a minute."""
    ends = {}
    for seconds in (0.5, 10.0, LOST):
        patience = Patience()
        while not patience.end:
            patience.failed(seconds)
            patience.answered()
        ends[seconds] = patience.end

    assert {
        0.5: "after 120 calls without an answer, 60 s in all",
        10.0: "after 6 calls without an answer, 60 s in all",
        LOST: "after 3 calls without an answer, 180 s in all",
    } == ends


def test_what_it_prints_is_noted(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    """Prints disturb nothing, come out nowhere, and are noted with how they begin."""
    target = start("prints")

    assert Verdict.CONFORMS == outcome(target).kind
    target.close()
    assert ("", "") == capfd.readouterr()
    [note] = target.notes()
    assert "beginning with 'delta is [0 1 2]'" in note


def test_closing_ends_the_process(start: Start) -> None:
    """After close there is no process left, whatever it was doing; closing again is no error."""
    target = start("loops", timeout=0.2)
    worker = target.close.__self__  # type: ignore[attr-defined]
    process = worker._process.pid
    target.close()
    target.close()

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_worker_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """A run that is killed leaves no process behind, not even one in an endless loop."""
    program = textwrap.dedent(f"""
        from conformance.targets.function import function
        from manual_backprop import Problem
        from conformance.judge import Judge
        target = function({f"{FILE}:loops"!r})
        print(target.close.__self__._process.pid, flush=True)
        Judge(Problem.random((1, 1))).outcome(target)
    """)
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    worker = int(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()

    assert _is_gone(worker, seconds=5)


def _is_gone(process: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if "Z" in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[-1].split()[0]:
            return True  # dead, and not yet collected by whoever adopted it
        time.sleep(0.02)
    return False


# ── what travels ──


@pytest.mark.parametrize(
    "value",
    [
        None,
        "tanh",
        True,
        3,
        float("nan"),
        -0.0,
        [np.zeros((0, 2)), np.array([np.inf, np.nan], np.float32)],
        ([np.arange(6.0).reshape(2, 3).T], (np.float16([1.5]), [])),
        np.array(2.5),
        np.array([True]),
        np.longdouble([0.1]),
        pytest.param(-(10**5000), id="more digits than Python prints"),
    ],
)
def test_what_is_sent_arrives(value: object) -> None:
    """Arrays, lists, tuples, numbers, texts and None arrive as they were, to the bit."""
    np.testing.assert_equal(unpacked(packed(value)), value)
    assert type(unpacked(packed(value))) is type(value)


def test_what_arrives_is_fresh() -> None:
    """Arrays arrive writable and C-contiguous, whatever they were."""
    [arrived] = unpacked(packed([np.arange(6.0).reshape(2, 3).T]))

    assert arrived.flags.c_contiguous
    assert arrived.flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        np.array([[None]]),
        np.array(["a", "bcd"]),
        np.array([(1, 2.0)], "i4, f8"),
        np.array([3], "M8[s]"),
        np.zeros((0, 2), object),
    ],
)
def test_of_what_is_no_number_dtype_and_shape_arrive(value: Any) -> None:
    """An array of objects, texts or dates arrives with its kind and shape, and nothing in it."""
    [arrived] = unpacked(packed([value]))

    assert (value.dtype.str, value.shape) == (arrived.dtype.str, arrived.shape)


@pytest.mark.parametrize("message", [b"", b"yes", bytes(8), b"\x02" + bytes(7) + b"{}", bytes(99)])
def test_a_strangers_message_is_none(message: bytes) -> None:
    """What is no message is a ValueError, whatever it is."""
    with pytest.raises(ValueError, match="no message of ours"):
        unpacked(message)


@pytest.mark.parametrize("value", [object(), {1: 2}, np.float64(1), {1}])
def test_what_is_no_array_arrives_by_its_name(value: object) -> None:
    """Of anything else the name of its type arrives, and nothing of it is run."""
    assert type(unpacked(packed([value]))[0]).__name__ == type(value).__name__


def test_a_list_in_itself_ends() -> None:
    """A list that holds itself is sent a few levels deep."""
    endless: list[object] = []
    endless.append(endless)

    assert isinstance(unpacked(packed(endless)), list)


def test_no_message_is_larger_than_memory_bears() -> None:
    """More than 256 MiB are not sent."""
    with pytest.raises(TooLarge, match="more than 256 MiB"):
        packed([np.zeros(MOST_BYTES + 1, np.uint8)])


@pytest.mark.parametrize("size", [0, 10, KEPT, 50 * KEPT + 3])
def test_a_drain_keeps_both_ends(size: int) -> None:
    """Of whatever a process prints the beginning, the end and the size are kept."""
    text = np.random.default_rng(size).integers(97, 123, size, np.uint8).tobytes()
    reading, writing = os.pipe()
    drain = Drain(reading)
    with open(writing, "wb") as stream:
        stream.write(text)
    drain.wait()

    assert (size, text[:KEPT], text[-KEPT:]) == (drain.size, drain.head, drain.tail)
