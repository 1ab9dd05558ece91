"""Programs as targets: whatever a program does instead of answering is said, and none is left."""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.calling import Failed
from conformance.errors import Misuse
from conformance.judge import Judge
from conformance.targets import lines
from conformance.targets.answers import rounding_alike
from conformance.targets.lines import Lines
from conformance.targets.program import Program, program
from manual_backprop import Layer, Network, Problem
from manual_backprop.arithmetic.formats import FORMATS

MISBEHAVING = Path(__file__).with_name("misbehaving.py")

PATIENCE = 20.0
"""Seconds that a program has which will answer: more than it needs on any machine."""

SHORT = 0.3
"""Seconds that a program has which will not."""

LARGEST = (2 - 2.0**-23) * 2.0**127
"""Of the float32."""


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """No test here takes longer than a minute, whatever hangs."""

    def give_up(*_: Any) -> None:
        raise TimeoutError("the test hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def command(mode: str, *more: str) -> str:
    """The command line that starts the misbehaving program."""
    return shlex.join([sys.executable, "-I", "-S", str(MISBEHAVING), mode, *more])


@contextlib.contextmanager
def started(mode: str, timeout: float = PATIENCE) -> Iterator[Program]:
    """The misbehaving program, greeted."""
    target = Program(command(mode), timeout)
    with contextlib.closing(target):
        target.start()
        yield target


def call(target: Program, x: float = 1.0, dtype: str = "float64") -> Any:
    """What it answers to one linear unit of one input."""
    unit, bias, sample = np.ones((1, 1), dtype), np.zeros(1, dtype), np.full((1, 1), x, dtype)
    return target.backprop([unit], [bias], ["identity"], "half_squared_error", sample, sample)


def failure(target: Program, x: float = 1.0) -> Failed:
    """What the call comes to."""
    with pytest.raises(Failed) as caught:
        call(target, x)
    return caught.value


def alive(number: int) -> bool:
    """Whether the process is there, and not as one that nobody has buried."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def gone(number: int) -> bool:
    """Whether the process ends, if it has not: a signal takes a moment to arrive."""
    deadline = time.monotonic() + PATIENCE
    while alive(number) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(number)


def numbers(text: str) -> list[int]:
    """The process numbers that the program told."""
    return [int(each) for each in re.findall(r"number (\d+)", text)]


# ── the greeting ──


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        (
            "dies at once",
            r"it ended \(exit status 3\) before it answered; .*error ends in:\nno lic",
        ),
        ("protocol 2", "protocol: found 2; this is protocol 1; this one does: {"),
        ("protocol true", "protocol: found true; this is protocol 1;"),
        ("no lists", "activations: missing; losses: a list of names is expected, found 'huber'; "),
        ("no lists", "dtypes: missing; order: found 'backward'; \"reverse\" .* fits; this"),
        ("unknown names", "fit: activations: unknown 'tahn': did you mean 'tanh'.; "),
        (
            "unknown names",
            "; dtypes: unknown 'float46': did you mean 'float64'.; dtypes: unknown 3: known are",
        ),
        ("empty", "losses: a list of names is expected, found a list of 0"),
        ("a greeting in prose", "not JSON: column 1: .*output ends in:\nWelcome to backprop 1.0!"),
        ("speaks first", "it wrote before it was asked|not JSON"),
    ],
)
def test_a_greeting_that_does_not_fit(mode: str, message: str) -> None:
    """A program that cannot be judged is one clear message: what was found, and what fits."""
    with pytest.raises(Misuse, match=f"(?s)^{re.escape(command(mode))}: .*{message}"):
        program(command(mode), PATIENCE)


def test_a_greeting_that_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not answer the first line in time is a message too, and is ended."""
    monkeypatch.setattr("conformance.targets.program.STARTING", SHORT)
    start = time.monotonic()

    with pytest.raises(Misuse, match=f"(?s)no answer within {SHORT:g} s.*flushed after every line"):
        program(command("hangs at the greeting"), SHORT)
    assert time.monotonic() - start < 10


def test_keys_may_be_added() -> None:
    """Other keys in the answer to the greeting are let pass, and what is declared is taken over."""
    with contextlib.closing(program(command("an extra key"), PATIENCE)) as target:
        assert target.declared is not None
        assert ("identity",) == target.declared.activations
        assert ("identity_sum", "half_squared_error") == target.declared.losses
        assert ("float64", "float32") == target.declared.dtypes
        assert "reverse" == target.order


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the command is empty"),
        ("python 'backprop.py", "the quotes do not match"),
        ("no-such-program", "there is no program 'no-such-program'"),
        ("{folder}/plain.py", "may not be executed; try chmod"),
        ("{folder}", "may not be executed"),
        ("{folder}/orphan.py", "no such interpreter as the first line of '.*orphan.py' names"),
        ("{folder}/nothing.py", "is no program; try a script's interpreter first"),
        ("a\0b", "null byte"),
    ],
)
def test_a_command_that_cannot_be_started(line: str, message: str, tmp_path: Path) -> None:
    """A command that cannot be started is a message that says why, and what to try."""
    for name, text, mode in (
        ("plain.py", "print()", 0o600),
        ("orphan.py", "#!/no/such/python\n", 0o700),
        ("nothing.py", "print()", 0o700),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)

    with pytest.raises(Misuse, match=message):
        program(line.format(folder=tmp_path))


def test_a_program_beside_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the current folder that is not on the PATH is found by its path alone."""
    (tmp_path / "backprop").write_text("")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(Misuse, match=r"no program 'backprop' on the PATH; try \./backprop"):
        program("backprop")


# ── no answer, or one out of place ──


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("killed", r"it ended \(killed by SIGSEGV\) before it answered; .*number \d+"),
        ("half a line", r"it ended \(exit status 0\) .*output ends in:\n{\"id\": 1"),
        ("closes its output", "it closed its standard output before it answered"),
        ("leaves a child", r"it ended \(exit status 0\) before it answered"),
        ("endless line", "a line of more than 1 MiB; .*nothing but digits 0123456789"),
        ("huge", "a line of more than 1 MiB"),
        ("endless lines", "its answer is not JSON: column 1: .*output ends in:\ny"),
        ("prose", "its answer is not JSON: .*ends in:\nthe gradient\x1b\\[31m is 3.5"),
        ("latin-1", "its answer is not UTF-8: byte 0xe9"),
        ("deep", "its answer is lists within lists without end"),
        ("nan", 'its answer is not JSON: NaN; the string "NaN" fits'),
        ("a list", "its answer is a list of 2; an object fits"),
        ("one late", "its answer is out of order: it has id 0, and 1 was asked"),
        ("no id", "out of order: it has id null, and 1 was asked"),
        ("a true id", "out of order: it has id true, and 1 was asked"),
    ],
)
def test_an_answer_that_is_none(mode: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes in place of an answer is a finding with the last output, and all is ended."""
    monkeypatch.setattr(lines, "LONGEST", 1 << 20)
    with started(mode) as target:
        found = failure(target)

    assert re.match(f"(?s)^.*{message}", found.message)
    assert ("raised", False) == (found.kind, found.final)
    assert len(found.message) < 1000
    assert (2 if mode == "leaves a child" else 1) == len(set(numbers(found.message)))
    assert all(map(gone, numbers(found.message)))


@pytest.mark.parametrize("mode", ["hangs", "endless complaints", "does not read"])
def test_no_answer_in_time(mode: str) -> None:
    """A program that hangs, floods standard error or does not read is a timeout, and is ended."""
    weights, targets = np.ones((1, 50_000)), np.ones((1, 1))
    with started(mode, SHORT) as target:
        start = time.monotonic()
        with pytest.raises(Failed, match=f"no answer within {SHORT:g} s") as caught:
            target.backprop(
                [weights], [np.zeros(1)], ["identity"], "half_squared_error", weights, targets
            )

    assert "timed_out" == caught.value.kind
    assert time.monotonic() - start < 10
    assert all(map(gone, numbers(caught.value.message)))


def test_an_answer_too_many() -> None:
    """A second line is a finding of the next call, which it came before."""
    with started("twice") as target:
        call(target)

        assert re.match("it wrote before it was asked|.*out of order", failure(target).message)


def test_death_between_calls_is_a_finding() -> None:
    """A program that dies on its third problem is a finding there, and is started again."""
    with started("dies on the third") as target:
        call(target), call(target)

        found = failure(target).message
        assert "it ended (exit status 7) before it answered" in found
        assert "no third licence" in found
        call(target)
        assert ["it was started again 1 time"] == list(target.notes())


# ── giving up ──


def test_three_failures_in_a_row_are_the_last() -> None:
    """A program that dies on every problem is asked three times, and no more."""
    with started("killed") as target:
        failures = [failure(target) for _ in range(4)]

        assert [False, False, True, True] == [each.final for each in failures]
        assert "SIGSEGV" in failures[2].message
        assert failures[2].message.endswith("given up after 3 failures in a row")
        assert "not asked again after 3 failures in a row" == failures[3].message
        assert 3 == target.starts


def test_three_timeouts_in_a_row_are_the_last() -> None:
    """A program that hangs on every problem is waited for three times, and no more."""
    with started("hangs", SHORT) as target:
        failures = [failure(target) for _ in range(3)]

        assert ["timed_out"] * 3 == [each.kind for each in failures]
        assert [False, False, True] == [each.final for each in failures]


def test_some_problems_may_kill_it() -> None:
    """A program that dies of some problems only is asked on: it still answers the others."""
    with started("dies on large numbers") as target:
        call(target, 0.5)

        assert [False] * 7 == [failure(target, 2.0).final for _ in range(7)]
        call(target, 0.5)


# ── answers that are no gradient ──


@pytest.mark.parametrize(
    ("mode", "kind", "message"),
    [
        ("no biases", "raised", "its answer has no biases"),
        ("null", "raised", "weights gradient of layer 0 has null for an entry; a number, "),
        ("true", "raised", "weights gradient of layer 0 has true for an entry; a number, "),
        ("a word", "raised", "has '1.5' for an entry; a number, a hex string"),
        ("ragged", "wrong_shape", "has lists of 1 and 2 side by side; shape (1, 1) fits"),
        ("mixed", "wrong_shape", "has numbers beside lists; shape (1, 1) fits"),
        ("too deep", "wrong_shape", "has lists 3 deep; shape (1, 1) fits"),
        ("too many layers", "wrong_shape", "weight_gradients are a list of 2; a list of 1"),
        ("an object", "wrong_shape", "weight_gradients are a dict; a list of 1"),
        ("another shape", "wrong_shape", "has shape (1, 2); (1, 1) fits"),
        ("infinite", "not_finite", ""),
        ("beyond", "not_finite", ""),
        ("hex", "wrong", ""),
        ("unsupported", "unsupported", r"\x1b not I"),
    ],
)
def test_an_answer_that_is_no_gradient(mode: str, kind: str, message: str) -> None:
    """An answer in its place that is no gradient has its own verdict, and the program goes on."""
    problem = Problem(Network([Layer([[1.0]], [0.0])]), [1.0], [1.0])  # with gradients 0
    with contextlib.closing(program(command(mode), PATIENCE)) as target:
        for _ in range(4):
            outcome = Judge(problem).outcome(target)

            arrays = outcome.judgement.arrays if outcome.judgement else ()
            assert kind == outcome.kind
            assert message in "; ".join([outcome.message, *(each.message for each in arrays)])
            assert not outcome.final
        assert () == tuple(target.notes())


def test_hex_strings_are_numbers() -> None:
    """A C99 hex string is the number that it says."""
    with started("hex") as target:
        assert [[-3.0]] == call(target)[0][0].tolist()


def test_what_is_not_declared_is_not_asked() -> None:
    """What the program did not declare is not supported, without a question to the program."""
    with started("killed") as target:
        for f, loss, dtype, message in (
            ("tanh", "half_squared_error", "float64", "activation 'tanh'"),
            ("identity", "huber", "float64", "loss 'huber'"),
            ("identity", "half_squared_error", "float16", "dtype 'float16'"),
            ("identity", "half_squared_error", "longdouble", "dtype '"),
        ):
            one = np.ones((1, 1), dtype)
            with pytest.raises(NotImplementedError, match=message):
                target.backprop([one], [one[0]], [f], loss, one, one)


# ── decimals and float32 ──


def test_decimals_are_rounded_once() -> None:
    """A decimal just above the middle of two float32 is the upper one, not by way of a float64."""
    with started("middle") as target:
        [entry] = call(target, dtype="float32")[0][0].ravel()

    assert np.float32(1 + 2**-23) == entry
    assert np.float32(1) == np.float32(float("1.0000000596046447753906250001"))


@example(LARGEST, 0, 1)
@example(-LARGEST, -1, 40)
@example(2.0**-149, 1, 40)
@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1]),
    st.integers(1, 60),
)
def test_the_rounding_is_to_nearest(near: float, sign: int, digits: int) -> None:
    """Beside the middle of two float32, as on it, a decimal becomes the float32 nearest to it."""
    middle = (Fraction(near) + above(near)) / 2
    exact = middle + sign * abs(middle) / 10**digits
    value = rounding_alike(decimal(exact), FORMATS["float32"])

    with np.errstate(all="ignore"):
        assert nearest_float32(exact) == np.float32(value)


def above(near: float) -> Fraction:
    """The next float32, as if there were one after the largest."""
    return Fraction(2) ** 128 if near == LARGEST else Fraction(float(neighbour(near, np.inf)))


def neighbour(near: Any, towards: float) -> np.float32:
    """The float32 beside one; after the largest, infinity."""
    with np.errstate(over="ignore"):
        return np.nextafter(np.float32(near), np.float32(towards))


def decimal(value: Fraction) -> str:
    """All digits of a number whose denominator divides a power of ten."""
    places = 0
    while (value * 10**places).denominator > 1:
        places += 1
    return f"{(value * 10**places).numerator}e-{places}"


def nearest_float32(value: Fraction) -> np.float32:
    """By comparison with the neighbours; ties go to the one that is even in its last place."""
    if abs(value) >= Fraction(2) ** 128 - Fraction(2) ** 103:
        return np.float32(np.copysign(np.inf, float(value > 0) - 0.5))
    start = np.float32(float(value))
    near = [neighbour(start, -np.inf), start, neighbour(start, np.inf)]
    finite = [each for each in near if np.isfinite(each)]
    return min(finite, key=lambda each: (abs(Fraction(float(each)) - value), each.view("u4") & 1))


# ── the end ──


def test_closing_is_polite_first(tmp_path: Path) -> None:
    """A program that ends with its input has the time to; closing twice does no harm."""
    farewell = tmp_path / "farewell"
    shell = Lines(["sh", "-c", f"cat; echo bye > {shlex.quote(str(farewell))}"])

    assert b"a line" == shell.ask(b"a line", PATIENCE)
    shell.close()
    shell.close()
    assert "bye\n" == farewell.read_text()


def test_closing_ends_what_ignores_it(tmp_path: Path) -> None:
    """A program that goes on after its input has ended, and ignores signals, is killed."""
    target = program(command("ignores everything", str(tmp_path / "number")), PATIENCE)
    number = int((tmp_path / "number").read_text())

    assert alive(number)
    target.close()
    assert gone(number)


ENDINGS = {
    "the end of the interpreter": "",
    "an error": "raise SystemExit(3)",
    "Ctrl-C": "print('ready', flush=True); ask()",
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_program_outlives_the_run(ending: str, tmp_path: Path) -> None:
    """However the interpreter ends, the program that it started ends too."""
    mode = "hangs" if ending == "Ctrl-C" else "ignores everything"
    code = f"""
from conformance.backends.problems import as_arguments
from conformance.targets.program import program
from manual_backprop import Problem
target = program({command(mode, str(tmp_path / "number"))!r}, 60)
def ask():
    target.backprop(*as_arguments(Problem.random((2, 1), "identity")))
{ENDINGS[ending]}
"""
    run = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if ending == "Ctrl-C":
        assert run.stdout is not None
        assert b"ready\n" == run.stdout.readline()
        time.sleep(SHORT)
        run.send_signal(signal.SIGINT)
    run.communicate()

    assert gone(int((tmp_path / "number").read_text()))
    assert ending != "Ctrl-C" or run.returncode == -signal.SIGINT
