"""A run on several cores says what it says on one, whatever becomes of the other processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from conformance import check, tally
from conformance.architectures import pool
from conformance.assistants import Assistant, Counted, Share, assistants, processes_for, stop
from conformance.assisting import counted
from conformance.backends import Backend, load
from conformance.check import run
from conformance.checking import add_diagnosis
from conformance.cli import main
from conformance.render.document import document
from conformance.render.summary import notes
from conformance.report import Report

from .planted import planted, right, second_call_differs

NETWORKS = 240
SHARE = Share(["backprop"], pool(), NETWORKS, 0, "float64", 4, 0, 2)


class Unheard:
    """A connection that nobody writes to but to stop it, after so many networks."""

    def __init__(self, patience: int) -> None:
        self.patience = patience

    def send(self, done: int) -> None:
        """Nobody reads it."""

    def poll(self) -> bool:
        """Whether it is to stop."""
        self.patience -= 1
        return self.patience <= 0

    def recv(self) -> None:
        """To stop."""


class Local(Assistant):
    """What another process does, done here, so that it can have any target."""

    def __init__(self, targets: Sequence[Backend], patience: int = NETWORKS) -> None:
        self.targets, self.patience = targets, patience
        self.judged, self.counted, self.is_alive = 0, None, False

    def begin(self, share: Share) -> None:
        """Judge the share at once."""
        connection: Any = Unheard(self.patience)
        self.counted = counted(self.targets, share, connection)


def wrong_if_deep(weights: Any, *arguments: Any) -> Any:
    """Wrong for networks of more than two layers."""
    gradients = right(weights, *arguments)
    if len(weights) > 2:
        gradients[0][0][...] += 1.0
    return gradients


def wrong_now_and_then() -> Callable[..., Any]:
    """Wrong at every tenth call, whatever it is given."""
    calls = count(1)

    def backprop(*arguments: Any) -> Any:
        gradients = right(*arguments)
        gradients[0][0][...] += float(next(calls) % 10 == 0)
        return gradients

    return backprop


def unable(*arguments: Any) -> Any:
    """Supports nothing with so many layers."""
    raise NotImplementedError(f"{len(arguments[0])} layers")


def writes(*arguments: Any) -> Any:
    """Changes its inputs if there are many samples."""
    gradients = right(*arguments)
    if len(arguments[4]) > 5:
        arguments[4][...] = 0.0
    return gradients


def targets() -> list[Backend]:
    """Right, wrong, right in other bits at every second call, and not able to do it."""
    named: dict[str, Callable[..., Any]] = {
        "right": right,
        "wrong": wrong_if_deep,
        "restless": second_call_differs(by=2.0**-52),
        "unstable": second_call_differs(by=1.0),
        "unable": unable,
        "writes": writes,
    }
    return [planted(function, name) for name, function in named.items()]


@contextmanager
def unshrunk() -> Iterator[None]:
    """Findings are kept as they are: what is shrunk is the run's own business."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "shrink_findings", lambda *_: None)
        yield


def told(report: Report) -> str:
    """All that a report says."""
    return json.dumps(document(report, []), indent=1) + "\n".join(notes(report))


def with_diagnoses(others: int) -> Report:
    """A run with so many others, and what it says of causes."""
    report = run(targets(), NETWORKS, assistants=[Local(targets()) for _ in range(others)])
    for target in targets():
        add_diagnosis(report, target, lambda what: None)
    return report


@pytest.mark.parametrize("others", [1, 3])
@pytest.mark.parametrize("most_kept", [1000, 20])
def test_a_report_does_not_depend_on_the_number_of_processes(
    others: int, most_kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts, findings, accuracy, resolution and diagnosis are those of one process."""
    monkeypatch.setattr(tally, "MOST_KEPT", most_kept)

    with unshrunk():
        alone, shared = with_diagnoses(0), with_diagnoses(others)

    assert 20 < alone.tallies[1].count("wrong") < NETWORKS / 2
    assert alone.tallies[3].count("wrong")
    assert alone.tallies[5].count("changed_inputs")
    assert told(alone) == told(shared)
    for one, other in zip(alone.tallies, shared.tallies, strict=True):
        assert [each.number for each in one.findings] == [each.number for each in other.findings]
        assert list(one.passing) == list(other.passing)


def test_what_is_as_common_is_told_by_name() -> None:
    """Which process met it first does not show."""
    names = ["overflow", "kink", "cancellation"]
    told_of = []
    for each in (names, names[::-1]):
        report = run(targets()[:1], 1)
        report.tallies[0].reasons = Counter(each)
        report.tallies[0].undecided_reasons = Counter(dict.fromkeys(each, 1))  # type: ignore[arg-type]
        told_of.append("\n".join(notes(report)))

    assert told_of[0] == told_of[1]
    assert "cancellation (1 network); kink (1 network)" in told_of[0]


def test_what_is_wrong_once_stays_wrong() -> None:
    """An answer of another process is judged as it was, not asked for again."""
    found = [planted(wrong_now_and_then(), "unsteady") for _ in range(2)]

    with unshrunk():
        report = run(found[:1], NETWORKS, assistants=[Local(found[1:])], repeat_every=NETWORKS + 1)

    of_other = {number for number, _, place in SHARE.cases() if place == 1}
    assert len(of_other & {each.number for each in report.tallies[0].findings}) > 5


def test_every_network_is_in_one_share() -> None:
    """Shares are the same for all processes, and none is much larger than another."""
    shares = [replace(SHARE, networks=1000, place=place, processes=3) for place in range(3)]

    places = [[place for _, _, place in each.cases()] for each in shares]

    assert places[0] == places[1] == places[2]
    assert all(250 < places[0].count(place) < 450 for place in range(3))


def test_ctrl_c_keeps_what_others_counted_and_found() -> None:
    """Their counts are in the report, and so are their findings."""
    other = Local(targets(), patience=40)
    interrupted = False

    def cut(judged: int) -> None:
        nonlocal interrupted
        if judged == 50 and not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    with unshrunk():
        report = run(targets(), NETWORKS, progress=cut, assistants=[other])

    assert other.counted is not None
    own = {n for n, _, place in replace(SHARE, networks=NETWORKS).cases() if place == 0}
    assert report.interrupted
    assert report.tallies[0].networks == 50 + 40
    assert not {each.number for each in report.tallies[1].findings} <= own


# ── real processes ──


def test_two_processes_say_what_one_does(tmp_path: Path) -> None:
    """`conform` writes the same document."""
    pytest.importorskip("torch")
    options = ["-n", str(NETWORKS), "--backend", "backprop", "--backend", "torch_autograd"]
    files = [tmp_path / f"{processes}.json" for processes in (1, 2)]

    for processes, file in enumerate(files, start=1):
        assert 0 == main(["conform", *options, "--processes", str(processes), "--json", str(file)])

    assert files[0].read_text() == files[1].read_text()


@pytest.mark.parametrize("names", [["backprop"], ["no_such_backend"]])
def test_a_share_of_a_process_that_is_no_help_is_judged(names: Sequence[str]) -> None:
    """It was killed, or cannot load what the run did: the run judges all networks itself."""
    target = load("backprop")
    seen: list[int] = []
    with assistants(names, 1) as others:
        if names == ["backprop"]:
            others[0]._process.kill()
        report = run([target], NETWORKS, progress=seen.append, assistants=others)

    assert report.tallies[0].networks == NETWORKS
    assert list(range(1, NETWORKS + 1)) == sorted(set(seen))  # it does not look like a standstill
    assert told(run([target], NETWORKS)) == told(report)


def test_no_room_for_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on with those that there are."""

    def start(*arguments: Any, **settings: Any) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", start)

    with assistants(["backprop"], 3) as others:
        assert not others


def test_a_process_stops_when_it_is_told_to() -> None:
    """It says what it has counted by then, and begins the next share from the beginning."""
    with assistants(["backprop"], 1) as [other]:
        other.begin(replace(SHARE, networks=50_000, place=1))
        while not other.judged and other.is_pending:
            other.look()
        stop([other])

        assert isinstance(other.counted, Counted)
        report, returned = other.counted.report, other.counted.returned
        assert 0 < report.tallies[0].networks + len(returned) < 20_000
        assert not report.tallies[0].passing

        other.begin(replace(SHARE, place=1))
        other.wait(lambda: None)

        assert isinstance(other.counted, Counted)
        report, returned = other.counted.report, other.counted.returned
        own = [number for number, _, place in SHARE.cases() if place == 1]
        assert len(own) == other.judged == report.tallies[0].networks + len(returned)


def test_ctrl_c_for_real_ends_all_processes(tmp_path: Path) -> None:
    """SIGINT during a run of two processes: a report, status 130, and nobody is left."""
    file = tmp_path / "report.json"
    options = ["-n", "50000", "--backend", "backprop", "--processes", "2", "--json", str(file)]
    command = [sys.executable, "-m", "conformance", "conform", *options]
    children = "/proc/{0}/task/{0}/children"
    if not Path(children.format(os.getpid())).exists():
        pytest.skip("only Linux lists children")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (others := Path(children.format(process.pid)).read_text().split()):
            time.sleep(0.1)
        time.sleep(3.0)  # somewhere in the middle
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()

    assert len(others) == 1
    assert process.returncode == 130
    assert not Path("/proc", others[0]).exists()
    assert json.loads(file.read_text())["interrupted"]


def test_processes_end_with_the_block() -> None:
    """Whatever they do then."""
    with assistants(["backprop"], 2) as others:
        processes = [each._process for each in others]
        others[0].begin(replace(SHARE, networks=50_000, place=1))

    assert all(each.returncode is not None for each in processes)


def test_small_runs_have_one_process() -> None:
    """To load frameworks once more takes longer than what it would save."""
    assert processes_for(1) == processes_for(499) == 1
    assert 1 <= processes_for(100_000) <= 4


@pytest.mark.parametrize("given", ["0", "-1", "65"])
def test_impossible_numbers_of_processes(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are refused with what fits."""
    assert main(["conform", "-n", "1", "--processes", given]) == 2
    assert f"--processes {given}: from 1 to 64 can judge a run" in capsys.readouterr().err
