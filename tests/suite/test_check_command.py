"""`manual-backprop check` and `check_backprop`: any target judged, by kinds of networks."""

from __future__ import annotations

import inspect
import json
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance import check_backprop, checking, cli, parametrize_with_checks, publishing
from conformance.checking import Options
from conformance.cli import main
from conformance.edges import EDGES
from conformance.errors import Misuse
from conformance.render import actions
from conformance.report import Report, Tally
from conformance.testing import Check
from manual_backprop.oracle.verdict import Verdict

from .planted import raises, right, times
from .students import backprops

pytestmark = pytest.mark.usefixtures("plain_terminal")

Capture = pytest.CaptureFixture[str]
FILE = Path(backprops.__file__)
LIMITS = ("--activations", "relu,tanh,identity", "--losses", "half_squared_error")


def check(name: str, *options: str) -> int:
    """The command on a function of the students' file."""
    return main(["check", f"{FILE}:{name}", *options])


# ── exit statuses ──


def test_a_right_function_is_status_0(capsys: Capture) -> None:
    """A student's right function conforms, and what it supports is said."""
    assert check("backprop", "-n", "60") == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "Supported: 4 of 26 activations (identity, sigmoid, tanh, relu) and 2 losses" in output
    assert output.endswith("conforms wherever something could be decided.")


def test_a_wrong_function_is_status_1_with_a_diagnosis(capsys: Capture) -> None:
    """A wrong one is shown with its network, how to replay it, and what is probably wrong."""
    assert check("twice_the_biases", "-n", "60") == 1
    output = capsys.readouterr().out
    assert ":twice_the_biases: wrong at biases[" in output
    assert "replay: " in output
    assert "Diagnosis\n" in output


def test_nothing_supported_is_status_3(capsys: Capture) -> None:
    """A function that supports nothing is no pass."""
    assert check("nothing", "-n", "20") == 3
    output = " ".join(capsys.readouterr().out.split())
    assert "Supported: nothing of what was asked for" in output
    assert "Nothing could be decided" in output


def test_float32_is_judged_as_such(capsys: Capture) -> None:
    """A function of float32 alone conforms in float32, and supports nothing in float64."""
    assert check("float32_only", "-n", "40", "--dtype", "float32") == 0
    assert check("float32_only", "-n", "40") == 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("exits", "raised"),
        ("writes", "changed_inputs"),
        ("returns_lists", "wrong_shape"),
        ("raises_on_relu", "raised"),
        ("dies", "raised"),
    ],
)
def test_what_goes_wrong_is_a_finding(name: str, kind: str, capsys: Capture) -> None:
    """Exceptions, written inputs, lists: each is status 1 and its own kind of finding."""
    assert check(name, "-n", "20", *LIMITS) == 1
    assert f":{name}: {kind}" in capsys.readouterr().out


def test_an_endless_loop_ends_the_run(capsys: Capture) -> None:
    """A function that never returns is left alone after three calls, and the run says so."""
    assert check("loops", "-n", "20", "--timeout", "0.2") == 1
    output = " ".join(capsys.readouterr().out.split())
    assert "timed_out: no answer within 0.2 s" in output
    assert "Stopped after" in output


def test_an_endless_loop_now_and_then_does_not(capsys: Capture) -> None:
    """Where other networks are answered the run goes on to its end."""
    assert check("loops_on_relu", "-n", "30", "--timeout", "0.3", *LIMITS, "--max-depth", "2") == 1
    assert "of 30 networks" in capsys.readouterr().out


def test_prints_are_noted(capsys: Capture) -> None:
    """What a function prints does not mix with the report, which says that it prints."""
    assert check("prints", "-n", "20") == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "beginning with 'delta is [0 1 2]'" in output


def test_a_backend_is_a_target() -> None:
    """A backend's name is judged in the same way."""
    assert main(["check", "recursion", "-n", "30"]) == 0


def test_the_order_is_the_class() -> None:
    """--order chooses the class that a target is judged by."""
    file = Path("report.json")

    check("backprop", "-n", "10", "--order", "forward", "--json", str(file))

    assert "forward" == json.loads(file.read_text("utf-8"))["backends"][0]["order"]


MISUSE = {
    "check": "a TARGET (file.py:function, package.module:function, a backend's name) or --exec",
    "check backprop --exec ./a": "and not both",
    "check nowhere.py": "which function of it? nowhere.py:backprop, say",
    "check nowhere.py:f": "there is no file nowhere.py",
    "check nomodule:f": "No module named 'nomodule'",
    "check backprob": "the nearest name is 'backprop'",
    "check backprop --activations rellu": "unknown name 'rellu': did you mean 'relu'?",
    "check backprop --losses hubert": "unknown name 'hubert': did you mean 'huber'?",
    "check backprop --max-depth 0": "--max-depth 0: at least 1 is needed",
    "check backprop --max-width -3": "--max-width -3: at least 1 is needed",
    "check backprop --order backwards": "unknown order 'backwards'",
    "check backprop --timeout 0": "--timeout 0: above 0 seconds are needed, and at most 1,000,000",
    "check backprop --timeout 1e10": "--timeout 1e+10: above 0 seconds are needed, and at most",
    "check backprop --timeout nan": "--timeout nan: above 0 seconds are needed",
    "replay case.json --timeout 0": "--timeout 0: above 0 seconds are needed",
    "replay case.json --order backwards": "unknown order 'backwards'",
    "kinks backprop --timeout -1": "--timeout -1: above 0 seconds are needed",
    "check backprop --timeout soon": "soon",
    "check backprop -n 0": "-n 0: at least one network",
    "check backprop --gradescope no/such.json": "there is no folder no",
    "check backprop --json a --gradescope ./a": "name the same file",
    "check backprop --report /dev/null": "is a file: the name of a folder is needed",
}


@pytest.mark.parametrize(("arguments", "words"), MISUSE.items(), ids=MISUSE)
def test_misuse_is_status_2(arguments: str, words: str, capsys: Capture) -> None:
    """Misuse is status 2, one message that says what fits, no traceback, and no file left."""
    assert main(arguments.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err
    assert "Traceback" not in output.err
    assert not any(Path().iterdir())


# ── options ──


def test_networks_stay_within_the_limits() -> None:
    """Activations, losses and sizes are as restricted, in every network that is called for."""
    seen: list[tuple[int, int, int, frozenset[str], str]] = []

    def backprop(weights: Any, biases: Any, activations: Any, loss: str, *rest: Any) -> Any:
        widths = (weights[0].shape[1], *map(len, weights))
        seen.append((len(weights), max(widths), len(rest[0]), frozenset(activations), loss))
        return right(weights, biases, activations, loss, *rest)

    report = check_backprop(
        backprop,
        networks=60,
        activations=["relu", "tanh"],
        losses=["huber"],
        max_depth=3,
        max_width=5,
        max_batch=4,
    )
    depths, widths, samples, names, losses = zip(*seen, strict=True)

    assert (3, 5, 4) == (max(depths), max(widths), max(samples))
    assert {"relu", "tanh"} == set().union(*names)
    assert {"huber"} == set(losses)
    assert report.tallies[0].networks == 60


def test_the_same_seed_gives_the_same_report() -> None:
    """The same seed gives the same document; another seed gives another."""
    for file, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        check("twice_the_biases", "-n", "30", "--seed", seed, "--json", file)
    a, b, c = (Path(each).read_text("utf-8") for each in "abc")

    assert a == b
    assert a != c


def test_defaults_are_alike() -> None:
    """What is asked for unless told otherwise is one thing: on the command line, and in Python."""
    sizes = ("networks", "seed", "dtype", "max_depth", "max_width", "max_batch", "hide_values")
    expected = {name: getattr(Options(), name) for name in sizes}

    for function in (cli.check, check_backprop):
        parameters = inspect.signature(function).parameters
        assert expected == {name: parameters[name].default for name in sizes}


def test_a_replay_judges_as_the_run_did(capsys: Capture) -> None:
    """The command that replays a finding has the order and the timeout that it was found with."""
    options = ["--order", "forward", "--timeout", "20"]
    check("twice_the_biases", "-n", "20", *options)
    [line] = [each for each in capsys.readouterr().out.splitlines() if "  replay: " in each]
    words = shlex.split(line.partition(" replay ")[2])

    assert words[1:] == [f"{FILE}:twice_the_biases", *options]
    assert main(["replay", *words]) == 1
    assert "\nclass forward, float64" in capsys.readouterr().out


# ── Gradescope, Actions, hidden values ──


def gradescope(name: str, *options: str) -> dict[str, Any]:
    """The results.json of a function."""
    check(name, "-n", "100", "--gradescope", "results.json", *options)
    document: dict[str, Any] = json.loads(Path("results.json").read_text("utf-8"))
    return document


def test_credit_is_by_kind_of_network() -> None:
    """A right function has every point; a mistake of large batches alone costs that kind's."""
    full = gradescope("backprop")["tests"]

    assert {1.0} == {each["score"] for each in full}
    assert set(EDGES) <= {each["name"] for each in full}
    assert sum(each["max_score"] for each in full) == len(full)


def test_a_wrong_function_loses_its_kinds() -> None:
    """The kinds with a finding have no point, and say on how many networks."""
    tests = {each["name"]: each for each in gradescope("twice_the_biases")["tests"]}

    assert 0.0 == tests["a batch of one"]["score"]
    assert "wrong on 2 of 2 networks" == tests["a batch of one"]["output"]


def test_nothing_judged_gives_no_points() -> None:
    """A function that supports nothing has a single test, without a point."""
    [test] = gradescope("nothing")["tests"]

    assert 0.0 == test["score"]


def test_a_hand_in_that_cannot_be_imported_has_no_points() -> None:
    """A syntax error is misuse to the command, and a result with its message to Gradescope."""
    Path("hand_in.py").write_text("def backprop(:\n", "utf-8")

    assert 2 == main(["check", "hand_in.py:backprop", "--gradescope", "results.json"])
    document = json.loads(Path("results.json").read_text("utf-8"))
    assert [0.0] == [each["score"] for each in document["tests"]]
    assert "hand_in.py cannot be imported: SyntaxError" in document["output"]


@pytest.mark.parametrize("option", [[], ["--hide-values"]])
def test_what_students_see_gives_no_number_away(option: list[str]) -> None:
    """results.json names kinds of mistakes, and no value that was expected."""
    document = gradescope("twice_the_biases", *option)
    text = json.dumps(document)

    assert "midpoint" not in text
    assert "e-" not in text
    assert "returned" not in text


def test_hidden_values_are_hidden_in_the_terminal(capsys: Capture) -> None:
    """--hide-values leaves out what was expected, and the network that would give it away."""
    check("twice_the_biases", "-n", "40", "--hide-values")
    output = capsys.readouterr().out

    assert "wrong at biases[" in output
    for word in ("midpoint", "returned", "np.array", "replay:"):
        assert word not in output


def test_actions_get_annotations(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """In GitHub Actions each finding is a workflow command with its file; elsewhere there is none.

    What could end the command early, in the name or in the message, is escaped.
    """
    check("twice_the_biases", "-n", "20")
    assert "::error" not in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    check("twice_the_biases", "-n", "20")
    [line] = [each for each in capsys.readouterr().out.splitlines() if each[:2] == "::"]
    assert line.startswith(f"::error file={FILE},title={str(FILE).replace(':', '%3A')}%3Atwice")
    assert "%0Areplay: " in line


def test_annotations_hide_what_is_hidden(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """With --hide-values an annotation does not lead to the network either."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    check("twice_the_biases", "-n", "20", "--hide-values")

    [line] = [each for each in capsys.readouterr().out.splitlines() if each[:2] == "::"]
    assert "wrong at biases[" in line
    assert "replay" not in line


def test_escapes_of_actions() -> None:
    """Percent signs, line ends, colons and commas are escaped where they would be read."""
    assert "50%25%0A,:" == actions.escaped("50%\n,:", "%\r\n")
    assert "a%3Ab%2Cc" == actions.escaped("a:b,c", "%\r\n:,")


# ── in Python ──


def test_a_report_in_python() -> None:
    """check_backprop answers with a report, which is right for a right function."""
    report = check_backprop(right, networks=40)

    assert isinstance(report, Report)
    assert (0, 40) == (report.exit_status, report.tallies[0].networks)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activations": ["tanhh"]}, "did you mean 'tanh'"),
        ({"losses": "hubert"}, "unknown name 'hubert': did you mean 'huber'"),
        ({"networks": 0}, "-n 0: at least one network"),
        ({"networks": -3}, "-n -3: at least one network"),
        ({"networks": 2.5}, "-n 2.5: a whole number is needed"),
        ({"seed": None}, "--seed None: a whole number is needed"),
        ({"dtype": "f8"}, "unknown dtype 'f8': known are float64, float32"),
        ({"max_width": "3"}, "--max-width '3': a whole number is needed"),
        ({"max_batch": True}, "--max-batch True: a whole number is needed"),
        ({"order": "backward"}, "unknown order 'backward'"),
    ],
)
def test_a_bad_option_in_python_is_an_error(options: dict[str, Any], message: str) -> None:
    """An option that does not fit is an error that says what does, before the first call."""
    with pytest.raises(Misuse, match=message):
        check_backprop(raises, **options)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (None, "no function"),
        (
            lambda weights, biases: 0,
            r"takes \(weights, biases\); it is called by position with six",
        ),
    ],
)
def test_what_takes_other_arguments_is_an_error(function: Any, message: str) -> None:
    """In Python, too, what cannot be called with the six arguments is no finding, but misuse."""
    with pytest.raises(Misuse, match=message):
        check_backprop(function)


def test_one_name_need_not_be_in_a_list() -> None:
    """A name alone restricts to that name."""
    report = check_backprop(right, 10, activations="tanh", losses="huber")

    assert "1 of 1 activations (tanh) and 1 loss (huber)" == report.supported


def test_settings_of_a_notebook_are_its_own() -> None:
    """NumPy may be set to raise at every underflow: the judging has settings of its own."""
    with np.errstate(all="raise"):
        report = check_backprop(right, networks=60)

    assert 0 == report.exit_status


def test_a_call_of_exit_in_python_is_a_finding() -> None:
    """sys.exit in the function does not end the notebook."""
    report = check_backprop(backprops.exits, networks=5)

    assert {Verdict.RAISED} == {each.outcome.kind for each in report.tallies[0].findings}


@parametrize_with_checks(right, networks=100, seed=1)
def test_the_decorator_passes(check: Check) -> None:
    """A right function passes every check of the decorator, one for each kind of network."""
    check()


def test_the_decorator_fails_where_it_should() -> None:
    """A wrong function fails the check of the kind that shows it, with finding and diagnosis."""
    wrong = parametrize_with_checks(times(1 + 1e-9), networks=60)
    checks: dict[str, Callable[[], None]] = {each.kind: each for each in wrong.mark.args[1]}

    with pytest.raises(pytest.fail.Exception, match="wrong on 2 of 2: a batch of one") as failure:
        checks["a batch of one"]()
    assert "Diagnosis" in str(failure.value)


def test_the_decorator_shows_such_a_finding() -> None:
    """Of an exception and a wrong result a test shows the one that its own networks have."""

    def backprop(weights: Any, biases: Any, activations: Any, loss: Any, *samples: Any) -> Any:
        if len(samples[0]) == 1:
            raise IndexError("one sample")
        return times(2.0)(weights, biases, activations, loss, *samples)

    wrong = parametrize_with_checks(backprop, networks=60)
    checks = {each.kind: each for each in wrong.mark.args[1]}

    for kind, words in (("a batch of one", "raised: IndexError"), ("a large batch", "wrong at")):
        with pytest.raises(pytest.fail.Exception, match=f"backprop: {words}"):
            checks[kind]()


def test_the_decorator_skips_what_is_not_supported() -> None:
    """A kind of network that the function does not support is skipped by name."""
    limited = parametrize_with_checks(right, networks=20, activations=["tanh"])
    checks = {each.kind: each for each in limited.mark.args[1]}

    with pytest.raises(pytest.skip.Exception, match="'units on kinks'"):
        checks["units on kinks"]()


@pytest.mark.parametrize("kind", [Verdict.UNDECIDED, Verdict.UNSUPPORTED])
def test_the_decorator_passes_nothing_that_is_open(kind: Verdict) -> None:
    """A kind of which every network is undecided, or not supported, is skipped, and no pass."""
    tally = Tally("mine", "", "reverse", by_kind={"plain": Counter({kind: 3})})
    report = Report(0, "float64", 3, [tally])

    with pytest.raises(pytest.skip.Exception, match="both supported and decided"):
        Check("plain", lambda: report)()
    tally.by_kind["plain"][Verdict.CONFORMS] = 1
    Check("plain", lambda: report)()


def test_the_decorator_in_a_session_of_its_own(tmp_path: Path) -> None:
    """A stranger's test file with the decorator fails and passes by kinds of networks."""
    (tmp_path / "test_mine.py").write_text(
        textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(FILE.parent)!r})
            import backprops
            from conformance import parametrize_with_checks

            @parametrize_with_checks(backprops.twice_the_biases, networks=60)
            def test_mine(check):
                check()
        """),
        "utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert run.returncode == 1
    assert "test_mine[a batch of one]" in run.stdout
    assert "biases[" in run.stdout


# ── speed and interruption ──


def test_neither_torch_nor_jax_is_loaded() -> None:
    """A function is judged without importing any framework."""
    program = (
        "import sys\nfrom conformance.cli import main\n"
        f"main(['check', {f'{FILE}:backprop'!r}, '-n', '20'])\n"
        "print({'torch', 'jax', 'hypothesis'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert run.stdout.splitlines()[-1] == "set()"


def interrupted(*arguments: Any) -> Any:
    """Ctrl-C."""
    raise KeyboardInterrupt


def test_ctrl_c_in_the_diagnosis_leaves_the_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted while a cause is looked for, a check still has its findings; status 130."""
    monkeypatch.setattr(checking, "diagnose", interrupted)

    report = check_backprop(times(1 + 1e-9), networks=20)

    assert (130, {}) == (report.exit_status, report.diagnoses)
    assert report.tallies[0].count("wrong") > 0


def test_after_ctrl_c_no_cause_is_looked_for(
    plant: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conform run that is interrupted writes the findings until then, and calls nobody again."""
    calls = iter(range(100))

    def backprop(*arguments: Any) -> Any:
        return (times(1 + 1e-9) if next(calls) < 10 else interrupted)(*arguments)

    monkeypatch.setattr(checking, "diagnose", interrupted)
    plant(mine=backprop)

    assert 130 == main(["conform", "-n", "30", "--json", "report.json"])
    [mine] = json.loads(Path("report.json").read_text("utf-8"))["backends"]
    assert mine["verdicts"]["wrong"] > 0


def test_ctrl_c_ends_a_check_and_its_worker(tmp_path: Path) -> None:
    """Ctrl-C in an endless loop prints what there is, status 130, and no process is left."""
    target = f"{FILE}:marks_and_loops"
    command = [sys.executable, "-m", "conformance", "check", target, "--timeout", "100"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    worker = _child_of(run.pid)
    _wait_for(Path("called").exists)
    for _ in range(2):  # the first one waits for the call to end
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.5)
    output, _ = run.communicate(timeout=20)

    assert run.returncode == 130
    assert "Interrupted after 0 of 200 networks" in output
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_is_obeyed_as_ctrl_c_is(number: signal.Signals) -> None:
    """A job that is cancelled, a terminal that is closed: what there is is written, no one left."""
    options = ["--timeout", "100", "--json", "report.json"]
    command = [sys.executable, "-m", "conformance", "check", f"{FILE}:starts_another", *options]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    _wait_for(lambda: Path("called").exists() and bool(Path("called").read_text()))
    run.send_signal(number)
    output, _ = run.communicate(timeout=20)

    assert (
        130
        == run.returncode
        == json.loads(Path("report.json").read_text())["outcome"]["exit_status"]
    )
    assert "Interrupted after 0 of 200 networks" in output
    _wait_for(lambda: not Path(f"/proc/{Path('called').read_text()}").exists())


def test_ctrl_c_while_files_are_written_loses_none(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A run that is over is written and told in full, and its status is that of the verdict."""
    junit = publishing.junit.text

    def interrupted(*arguments: Any) -> str:
        signal.raise_signal(signal.SIGINT)
        return junit(*arguments)

    monkeypatch.setattr(publishing.junit, "text", interrupted)
    status = check("twice_the_biases", "-n", "20", "--junit", "a.xml", "--gradescope", "b.json")

    assert 1 == status
    assert Path("a.xml").exists()
    assert Path("b.json").exists()
    assert "Something is wrong" in capsys.readouterr().out


def test_closed_streams_are_no_files_of_the_run() -> None:
    """Without standard streams, as under cron, the verdict is the same."""
    command = [sys.executable, "-m", "conformance", "check", f"{FILE}:twice_the_biases", "-n", "10"]
    closing = f"exec {shlex.join([*command, '--json', 'report.json'])} <&- >&- 2>&-"

    assert 1 == subprocess.run(["sh", "-c", closing], check=False).returncode
    assert 1 == json.loads(Path("report.json").read_text("utf-8"))["outcome"]["exit_status"]


def _wait_for(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Until it does; an error if it never does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _child_of(process: int) -> int:
    """The process that it started, once it has."""
    children = Path(f"/proc/{process}/task/{process}/children")
    _wait_for(lambda: bool(children.read_text()))
    return int(children.read_text().split()[0])
