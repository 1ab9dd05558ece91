"""What a run looks like: table, notes, JSON, JUnit, snippets, progress, and the pytest suite."""

from __future__ import annotations

import io
import json
import math
import os
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from conformance.check import run
from conformance.judge import Judge
from conformance.numbers import in_ulp, literal
from conformance.publishing import kept
from conformance.render import console as terminal
from conformance.render import document, junit, progress
from conformance.render.console import harmless
from conformance.render.entries import MOST, entries, entry_table
from conformance.render.findings import finding_text
from conformance.render.summary import outcome_sentence, summary
from conformance.report import Report, Tally
from conformance.snippet import snippet
from conformance.strategies import cases
from conformance.suite import assert_conforms
from manual_backprop import Problem
from manual_backprop.arithmetic.formats import FORMATS
from manual_backprop.oracle.verdict import Verdict

from .planted import planted, raises, right, scaled, second_call_differs

pytestmark = pytest.mark.usefixtures("plain_terminal")


def report_on(networks: int = 20, **functions: Callable[..., Any]) -> Report:
    """A run on planted backends."""
    targets = [planted(function, name) for name, function in functions.items()]
    return run(targets, networks, repeat_every=1)


def printed(*parts: Any, width: int = 80) -> str:
    """What a terminal of that width shows."""
    console = Console(file=io.StringIO(), width=width)
    console.print(*parts)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


# ── the summary ──


def test_the_table_fits_80_columns() -> None:
    """With the longest names, every column and large counts no line is longer than 80."""
    names = ("recursion", "torch_func_grad")
    tallies = [Tally(name, "2.13.0+cpu", "reverse") for name in names]
    for tally in tallies:
        kinds = {Verdict.CONFORMS: 99_000, Verdict.WRONG: 123, Verdict.RAISED: 45}
        tally.kinds = Counter(kinds)
        tally.worst_fraction = 0.98765
    report = report_on(mine=right)
    report.tallies, report.skipped = tallies, {"jax_grad_jit": "jax is not installed"}

    table = printed(summary(report))

    assert max(map(len, table.splitlines())) <= 80
    assert "torch_func_grad 2.13.0+cpu" in table


def test_the_column_of_other_findings_is_there_when_needed() -> None:
    """`other` has a column if anything is in it."""
    assert " other " not in printed(summary(report_on(mine=right)))
    assert " other " in printed(summary(report_on(mine=raises)))


def test_the_summary_says_what_it_rests_on() -> None:
    """Class, constants, order of each backend, seed, and resolution by layer stand in every run."""
    text = " ".join(printed(summary(report_on(mine=right))).split())

    assert "The class: float64, u = 2^-53, η = 2^-1022, Ω = 1.8e308" in text
    assert "order reverse (mine)" in text
    assert "seed 0, float64: the same seed gives the same networks" in text
    assert "Resolution, bound / |entry|" in text
    assert "layer median 95 % zero passes 0 " in text


def test_departures_are_stated() -> None:
    """What a framework is granted beyond the class is stated, and what of it is stale."""
    report = report_on(torch_autograd=right)
    report.stale = {"torch_autograd 9.9: softplus value no longer departs": False}

    text = " ".join(printed(summary(report)).split())
    [backend] = document.document(report, [])["backends"]

    assert "granted to torch_autograd: softplus value on [20, 40] within 2.1e-09" in text
    assert "Stale departure: torch_autograd 9.9: softplus value no longer departs." in text
    assert {each["function"] for each in backend["departures"]} == {"softplus", "hard_sigmoid"}


def test_calls_that_differ_in_bits_are_a_note() -> None:
    """Two right answers that differ in bits are no finding, but they are mentioned."""
    restless = second_call_differs(by=2.0**-52)
    report = report_on(mine=restless)

    assert report.exit_status == 0
    assert "mine: two calls differed in bits on" in printed(summary(report))


@pytest.mark.parametrize(
    ("functions", "sentence"),
    [
        ({"mine": right}, "Nothing is wrong: mine conforms wherever something could be decided."),
        ({"mine": raises}, "Something is wrong: mine raised on 5 of 5 networks."),
    ],
)
def test_the_last_sentence_is_plain(functions: dict[str, Any], sentence: str) -> None:
    """The last sentence says the outcome."""
    assert outcome_sentence(report_on(5, **functions)) == sentence


# ── findings ──


def test_a_finding_shows_both_values_and_the_bound() -> None:
    """Layer, entry, both values, error and bound also in ulp, class, snippet and command."""
    [example] = kept(report_on(mine=scaled))
    text = finding_text(example)

    labels = ("returned", "midpoint", "error", "bound", "error / bound", "class", "entries")
    for label in labels:
        assert f"\n  {label} " in text
    assert text.startswith("mine: wrong at weights[0][0, 0] (layer 0)\n")
    assert text.count(" ulp)") == 2
    assert "reverse, float64 (u = 2^-53)" in text
    assert "network = Network([" in text
    assert f"replay {example.path} mine" in text


def test_a_bound_in_ulp_is_that_of_the_format() -> None:
    """One ulp is the gap above a number, down to the subnormals, for each format."""
    for name in ("float32", "float64"):
        for number in (1.0, 1.75, 3e-5, 0.0):
            gap = float(np.spacing(np.dtype(name).type(number)))
            assert in_ulp(3 * gap, number, FORMATS[name]) == "3 ulp"


@given(st.text())
def test_a_foreign_text_is_harmless(text: str) -> None:
    """No control character is left of what a target said, so XML can hold it."""
    shown = harmless(text)

    ET.fromstring(f"<a>{shown.replace('&', '').replace('<', '')}</a>")
    assert all(each.isprintable() or each == "\n" for each in shown)


@pytest.mark.parametrize("columns", ["0", "1", "40", "80", "200"])
def test_a_name_is_no_markup(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets and colons of a name stay as they are, and numbers whole, on any terminal."""
    monkeypatch.setenv("COLUMNS", columns)
    report = report_on(**{"[/x]:smile:": right})
    console = terminal.Console(file=io.StringIO())
    console.print(summary(report))
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert "[/x]:smile:" in "".join(shown.split())
    assert "…" not in shown


# ── snippets ──


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_literal_is_exact(number: float) -> None:
    """A number in a snippet reads back to the same bits, and a decimal says exactly that number."""
    found = eval(literal(number), {"HEX": float.fromhex})

    assert struct.pack("d", found) == struct.pack("d", number)


@settings(max_examples=60)
@given(case=cases(dtype="float64") | cases(dtype="float32") | cases(dtype="float16"))
def test_a_snippet_builds_the_same_problem(case: Any) -> None:
    """Run as source, a snippet makes the problem again, to the bit."""
    names: dict[str, Any] = {}
    building, _, printing = snippet(case.problem).rpartition("\n")
    exec(building, names)

    assert printing == "print(gradient(problem).weights[0])"
    found, expected = names["problem"], case.problem
    for one, other in zip(arrays(found), arrays(expected), strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    assert found.loss is expected.loss
    assert found.reduction == expected.reduction


def arrays(problem: Problem) -> list[Any]:
    """Every array of a problem."""
    biases = [layer.biases for layer in problem.network.layers]
    weights = [layer.weights for layer in problem.network.layers]
    return [*weights, *(b for b in biases if b is not None), problem.inputs, problem.targets]


def test_a_large_problem_is_loaded_from_its_file() -> None:
    """Nobody pastes a thousand numbers."""
    assert "load('cases/p.json')" in snippet(Problem.random((30, 30)), path="cases/p.json")


# ── entries ──


def test_a_long_table_shows_the_worst() -> None:
    """Of thousands of entries the wrong ones are shown, in their order, and the rest counted."""
    problem = Problem.random((40, 40))

    def one_wrong(*arguments: Any) -> Any:
        weights, biases = right(*arguments)
        weights[0][7, 9] += 1
        return weights, biases

    outcome = Judge(problem).outcome(planted(one_wrong))
    assert outcome.judgement

    text = printed(entry_table(entries(outcome.judgement), 80))

    assert len(text.splitlines()) == MOST + 3
    assert f"the worst {MOST} of 1,640 entries; the others are left out" in text
    assert max(map(len, text.splitlines())) <= 80
    [wrong] = [line for line in text.splitlines() if "wrong" in line]
    assert wrong.startswith("weights[0][7, 9]")


# ── files ──


def test_the_document_is_strict_json() -> None:
    """Numbers that JSON lacks are strings, entries are hex, and the format is named."""
    report = report_on(mine=scaled, theirs=raises)
    text = document.text(report, kept(report))

    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["format"] == "manual-backprop/report/1"
    assert found["versions"]["numpy"] == np.__version__
    mine, theirs = found["backends"]
    [finding] = mine["findings"]
    entry = finding["entry"]
    error = abs(float.fromhex(entry["returned"]) - float.fromhex(entry["midpoint"]))
    assert error > float.fromhex(entry["bound"])
    assert finding["problem"]["format"] == "manual-backprop/problem/1"
    assert theirs["findings"][0]["entry"] is None
    assert set(found["resolution"]) == {"reverse"}
    assert math.fsum(mine["verdicts"].values()) == mine["networks"] == 20


def as_tree(report: Report) -> ET.Element:
    """The JUnit XML of a report, read again."""
    return ET.fromstring(junit.text(report, kept(report)).split("\n", 1)[1])


def test_junit_is_what_ci_reads() -> None:
    """A failure in the right test case, a skip for what is not installed, an error if cut short."""
    report = report_on(mine=right, yours=raises)
    report.skipped, report.interrupted = {"theirs": "jax is not installed"}, True

    checks, _ = root = as_tree(report)

    failing = [each for each in checks.iter("testcase") if each.find("failure") is not None]
    assert [each.attrib for each in failing] == [
        {"classname": "conformance.yours", "name": "nothing is raised"}
    ]
    assert "IndexError" in (failing[0].findtext("failure") or "")
    [skipped] = root.findall("testsuite/testcase[@classname='conformance.theirs']/skipped")
    assert skipped.get("message") == "jax is not installed"
    assert root.find("testsuite/testcase[@classname='conformance.run']/error") is not None
    counts = {name: checks.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "12", "failures": "1", "errors": "1", "skipped": "5"}


def test_junit_has_a_case_for_each_kind_of_network() -> None:
    """A kind fails if something is wrong on one of its networks; the root counts both suites."""
    report = report_on(mine=right, yours=raises)

    checks, kinds = root = as_tree(report)

    names = {(each.get("classname"), each.get("name")) for each in kinds.iter("testcase")}
    failing = {each.get("classname") for each in kinds if each.find("failure") is not None}
    own, other = (set(tally.by_kind) for tally in report.tallies)
    assert names == {("conformance.mine", kind) for kind in own} | {
        ("conformance.yours", kind) for kind in other
    }
    assert failing == {"conformance.yours"}
    assert kinds.get("failures") == str(len(other))
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(name, "")) == sum(int(each.get(name, "")) for each in (checks, kinds))


def test_junit_keeps_expected_numbers_to_itself() -> None:
    """With `hide_values` a failure says what and where, and nothing of what was expected."""
    report = report_on(mine=scaled)
    open_, report.hide_values = junit.text(report, kept(report)), True

    hidden = junit.text(report, kept(report))

    assert "midpoint" in open_
    assert "wrong at weights[0][0, 0]" in hidden
    assert "midpoint" not in hidden


def test_a_name_with_control_characters_is_xml() -> None:
    """What a target is called cannot break the document."""
    report = report_on(2, **{"mine\x1b<&\x00": raises})

    assert r"conformance.mine\x1b<&\x00" in {
        each.get("classname") for each in as_tree(report).iter("testcase")
    }


# ── progress ──


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Of course."""
        return True


def test_a_terminal_sees_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there is a bar, and at the end its line is erased."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress.progress(10, stream=stream) as shown:
        shown.judged(3)
        shown.stage("shrinking: mine")

    assert "━" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[1A\x1b[2K")


def test_a_narrow_terminal_sees_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a line of the bar would be broken there are lines of a log."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with progress.progress(10, stream=stream) as shown:
        shown.judged(3)

    assert stream.getvalue() == ""


def test_a_stage_is_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar shows what goes on as it is, brackets included."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress.progress(10, stream=stream) as shown:
        shown.stage("[/x].py")
        shown.judged(3)
        shown.stage("[/x].py")

    assert "[/x].py" in stream.getvalue()


def test_a_log_sees_a_line_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere there is a plain line now and then, and nothing in a short run."""
    stream, clock = io.StringIO(), iter([0.0, 4.0, 11.0, 12.0, 22.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress.progress(1000, stream=stream) as shown:
        for networks in (1, 20, 30):
            shown.judged(networks)
        shown.stage("shrinking: mine, wrong")

    assert stream.getvalue() == (
        "judged 20 of 1,000 networks (11 s)\nshrinking: mine, wrong (22 s)\n"
    )


# ── the same as pytest tests ──


def test_a_failing_test_says_what_the_command_says() -> None:
    """The text of a failing test is that of the finding, and the last sentence."""
    report = report_on(mine=scaled)
    [example] = kept(report)

    with pytest.raises(pytest.fail.Exception) as failure:
        assert_conforms(report)

    assert str(failure.value) == f"{finding_text(example)}\n\n{outcome_sentence(report)}"


def test_nothing_decided_is_no_passing_test() -> None:
    """Where every set holds zero a test fails; where nothing is supported it is skipped."""
    undecided, unsupported = (
        Report(0, "float64", 3, [Tally("mine", "1", "reverse", Counter({kind: 3}))])
        for kind in (Verdict.UNDECIDED, Verdict.UNSUPPORTED)
    )

    with pytest.raises(pytest.fail.Exception):
        assert_conforms(undecided)
    with pytest.raises(pytest.skip.Exception):
        assert_conforms(unsupported)


def test_the_suite_runs_by_its_name() -> None:
    """`pytest --pyargs conformance` works anywhere, with its header and its settings."""
    command = [sys.executable, "-m", "pytest", "--pyargs", "conformance", "-k"]
    chosen = "test_networks and backprop or test_manners and recursion"
    environment = {"MANUAL_BACKPROP_NETWORKS": "10", "MANUAL_BACKPROP_SEED": "5"}
    run = subprocess.run(
        [*command, chosen, "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )

    assert run.returncode == 0, run.stdout
    assert "conformance: 10 networks a test (MANUAL_BACKPROP_NETWORKS), seed 5" in run.stdout
    assert run.stdout.count("wrong is a proof for float64, u = 2^-53") == 1
    assert " 7 passed" in run.stdout
