"""A run on several cores says what it says on one, whatever becomes of the other processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from conformance import check
from conformance.architectures import pool
from conformance.assistants import (
    FIRST,
    Assistant,
    Counted,
    Share,
    _counted,
    assistants,
    processes_for,
)
from conformance.backends import Backend, load
from conformance.check import run
from conformance.cli import main
from conformance.render.document import document
from conformance.report import Report
from manual_backprop.oracle.verdict import Verdict

from .planted import planted, right, second_call_differs

NETWORKS = 2 * FIRST
SHARE = Share(["backprop"], NETWORKS, 0, "float64", 4, 0, 2)


class Unheard:
    """A connection that nobody writes to."""

    def __init__(self, patience: int = NETWORKS) -> None:
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
        self.judged, self.counted, self._alive = 0, None, False

    def begin(self, share: Share) -> None:
        """Judge the share at once."""
        connection: Any = Unheard(self.patience)
        self.counted = _counted(self.targets, share, connection)


def wrong_if_deep(weights: Any, *arguments: Any) -> Any:
    """Wrong for networks of more than two layers."""
    gradients = right(weights, *arguments)
    if len(weights) > 2:
        gradients[0][0][...] += 1.0
    return gradients


def unable(*arguments: Any) -> Any:
    """Supports nothing with so many layers."""
    raise NotImplementedError(f"{len(arguments[0])} layers")


def targets() -> list[Backend]:
    """Right, wrong, right in other bits at every second call, and not able to do it."""
    restless = second_call_differs(by=2.0**-52)
    named: dict[str, Callable[..., Any]] = {
        "right": right,
        "wrong": wrong_if_deep,
        "restless": restless,
        "unable": unable,
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
    return json.dumps(document(report, []), indent=1)


@pytest.mark.parametrize("others", [1, 3])
def test_a_report_does_not_depend_on_the_number_of_processes(others: int) -> None:
    """Counts, findings, their order, accuracy and resolution are those of one process."""
    with unshrunk():
        alone = run(targets(), NETWORKS)
        shared = run(targets(), NETWORKS, assistants=[Local(targets()) for _ in range(others)])

    assert 0 < alone.tallies[1].count("wrong") < NETWORKS / 2
    assert told(alone) == told(shared)
    assert [each.number for each in alone.tallies[1].findings] == [
        each.number for each in shared.tallies[1].findings
    ]


def test_every_network_is_in_one_share() -> None:
    """Shares are disjoint, together they are the run, and none is much larger than another."""
    shares = [replace(SHARE, networks=1000, place=place, processes=3) for place in range(3)]

    numbers = [[n for n, _, is_own in each.cases(pool()) if is_own] for each in shares]

    assert sorted(chain.from_iterable(numbers)) == list(range(1, 1001))
    assert all(250 < len(each) < 450 for each in numbers)


def test_ctrl_c_keeps_what_others_counted_and_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their counts are in the report, and their first findings are judged once more."""
    interrupted = False

    def cut(judged: int) -> None:
        nonlocal interrupted
        if judged >= FIRST and not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    other = Local(targets(), patience=40)

    with unshrunk():
        report = run(targets(), NETWORKS, progress=cut, assistants=[other])

    assert other.counted is not None
    left = other.counted.left
    assert report.interrupted
    assert 0 < len(left) < 40
    assert report.tallies[0].networks == FIRST + 40 - len(left) + min(len(left), check.MOST_LEFT)
    assert {left[0]} <= {each.number for each in report.tallies[1].findings}


# ── real processes ──


def test_two_processes_say_what_one_does(tmp_path: Path) -> None:
    """`conform` writes the same document, its counterexamples included."""
    options = ["-n", str(NETWORKS), "--backend", "backprop", "--backend", "torch_autograd"]
    files = [tmp_path / f"{count}.json" for count in (1, 2)]

    statuses = [
        main(["conform", *options, "--processes", str(count), "--json", str(file)])
        for count, file in enumerate(files, start=1)
    ]

    assert statuses in ([0, 0], [2, 2])  # 2 without PyTorch
    if statuses == [0, 0]:
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

    assert report.tallies[0].networks == seen[-1] == NETWORKS
    assert set(range(FIRST, NETWORKS)) <= {*seen}  # the last share does not look like a standstill
    assert told(run([target], NETWORKS)) == told(report)


def test_a_process_stops_when_it_is_told_to() -> None:
    """It says what it has counted by then."""
    with assistants(["backprop"], 1) as [other]:
        other.begin(replace(SHARE, networks=50_000, place=1))
        while not other.judged:
            other.look()
        other.stop()

        assert isinstance(other.counted, Counted)
        [tally] = other.counted.report.tallies
        assert 0 < tally.count("conforms") < 20_000
        assert not tally.passing

        other.begin(replace(SHARE, place=1))  # and does the next one from the beginning
        other.wait(lambda: None)

    own = [number for number, _, is_own in replace(SHARE, place=1).cases(pool()) if is_own]
    assert len(own) == other.counted.report.tallies[0].networks == other.judged


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


@pytest.mark.parametrize("given", ["-1", "65"])
def test_impossible_numbers_of_processes(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are refused with what fits."""
    assert main(["conform", "-n", "1", "--processes", given]) == 2
    assert f"--processes {given}: from 1 to 64 can judge a run" in capsys.readouterr().err


def test_verdicts_are_told_apart() -> None:
    """What a process leaves to the run is what is wrong, and nothing else."""
    connection: Any = Unheard()

    counted = _counted(targets(), replace(SHARE, place=1), connection)

    deep = [
        number
        for number, case, is_own in replace(SHARE, place=1).cases(pool())
        if is_own and len(case.architecture.widths) > 3
    ]
    assert set(counted.left) <= set(deep)
    assert counted.report.tallies[1].count(Verdict.WRONG) == 0
    assert len(counted.left) > len(deep) / 2
