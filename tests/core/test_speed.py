"""The benchmark: no regression, contenders that do the same work, and what it writes down."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import run
from benchmarks.speed import small
from benchmarks.speed.contenders import CONTENDERS, FRAMEWORKS, NUMPY, OURS, Contender
from benchmarks.speed.growth import Growth, exponent
from benchmarks.speed.ladder import LADDER, Case, cases
from benchmarks.speed.memory import PROCESS, peak_bytes
from benchmarks.speed.page import page
from benchmarks.speed.results import Results, from_document, to_document
from benchmarks.speed.rounds import Plan, Timing, measured
from benchmarks.speed.table import as_text
from manual_backprop import Problem, Verdict, judge

# ── no regression ──


@pytest.mark.parametrize(
    "bound", small.BOUNDS, ids=lambda bound: f"{bound.what} {bound.case.rung.name}"
)
def test_nothing_takes_longer_than_it_did(bound: small.Bound) -> None:
    """Beside code that does not change: the gradient, its enclosure, its judgement."""
    assert small.ratio(bound) <= bound.most


@pytest.mark.parametrize(
    "bound", small.BOUNDS, ids=lambda bound: f"{bound.what} {bound.case.rung.name}"
)
def test_what_takes_twice_as_long_is_caught(
    bound: small.Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computing everything twice is beyond the bound, on every network."""
    monkeypatch.setattr(small, "PATIENCE", small.ROUNDS)

    assert small.ratio(bound, times=2) > bound.most


# ── the same work ──


def results_of(contender: Contender, problem: Problem) -> tuple[list[Any], list[Any]]:
    """The gradients at weights and biases that a contender's call returns."""
    found: Any = contender.prepare(problem)()
    pairs = {
        "gradient": lambda: list(zip(found.weights, found.biases, strict=True)),
        "recursion": lambda: found[2],
        "textbook": lambda: found[1],
        "torch_autograd": lambda: list(zip(found[::2], found[1::2], strict=True)),
        "torch_func_grad": lambda: list(zip(found[::2], found[1::2], strict=True)),
    }.get(contender.name, lambda: found)()
    weights, biases = zip(*pairs, strict=True)
    return list(map(np.asarray, weights)), list(map(np.asarray, biases))


@pytest.mark.parametrize(
    "case", cases(LADDER[:2]), ids=lambda case: f"{case.rung.name} {case.kind}"
)
@pytest.mark.parametrize("contender", [OURS, *NUMPY, *FRAMEWORKS], ids=lambda each: each.name)
def test_contenders_compute_the_same_gradient(contender: Contender, case: Case) -> None:
    """What each contender returns is a gradient of the case's problem, within the proved bound."""
    if not contender.is_installed:
        pytest.skip(f"{contender.package} is not installed")
    problem = case.problem()

    assert judge(problem, results_of(contender, problem)).kind == Verdict.CONFORMS


def test_products_are_counted() -> None:
    """The limit takes three products a layer, and two for the first, in either layout."""
    from benchmarks.speed.contenders.operands import operands

    problem = Problem.random((5, 4, 3, 2), samples=7)

    for layout in ("rows", "columns"):
        pairs = list(operands(problem, layout))  # type: ignore[arg-type]
        multiply_adds = sum(a.shape[0] * a.shape[1] * b.shape[1] for a, b in pairs)
        assert len(pairs) == 8
        assert multiply_adds == 7 * (2 * 5 * 4 + 3 * 4 * 3 + 3 * 3 * 2)


# ── how it is measured ──


@pytest.mark.skipif(not (PROCESS / "clear_refs").exists(), reason="only Linux tells")
def test_memory_is_what_a_call_takes() -> None:
    """A call that fills 64 MiB takes about 64 MiB, and one that fills none takes next to none."""
    size = 64 * 2**20

    assert 0.98 * size <= peak_bytes(lambda: np.ones(size, np.uint8)) <= 1.1 * size
    assert peak_bytes(lambda: np.empty(size, np.uint8)) <= 0.1 * size


def test_contenders_run_in_processes_of_their_own() -> None:
    """Two contenders are timed by turns on a case, each with a time and a peak."""
    case, plan = Case(LADDER[1], "float32", "relu"), Plan(rounds=2, seconds=0.001, clock="wall")

    timings = list(measured(["gradient", "numpy_products"], [case], 1, plan))

    assert [each.contender for each in timings] == ["gradient", "numpy_products"]
    assert all(each.case == case and 0 < each.seconds < 1 for each in timings)


def test_exponents_are_those_of_the_lines() -> None:
    """Times that are a multiple of n and of n² have the exponents 1 and 2."""
    sizes = (10, 100, 1000)

    found = Growth(sizes, tuple(3.0 * n * n for n in sizes), tuple(0.5 * n for n in sizes))

    as_shown = [f"{each:.2f}" for each in (*found.exponents, abs(exponent((1, 2), (7.0, 7.0))))]
    assert as_shown == ["2.00", "1.00", "0.00"]


# ── what it writes ──


def made_up() -> Results:
    """Results with a time for everyone: 2^k seconds for the k-th, so that ratios are exact."""
    timings = [
        Timing(name, case, threads, 2.0**k, 2**21)
        for threads in (1, 2)
        for case in cases(LADDER[:3])
        for k, name in enumerate(CONTENDERS)
    ]
    growth = Growth((1000, 2000), (1.0, 4.0), (0.001, 0.002))
    return Results({"processor": "one"}, {1: "processor", 2: "best"}, timings, growth)


def test_results_survive_json() -> None:
    """What is written as JSON reads back as the same results."""
    results = made_up()

    document = json.loads(json.dumps(to_document(results)))

    assert from_document(document) == results


def test_a_run_with_one_number_of_threads_keeps_the_others() -> None:
    """Timings of one thread take the place of the earlier ones; those of two stay."""
    earlier = made_up()
    of_one = [replace(each, seconds=0.5) for each in earlier.timings if each.threads == 1]
    later = replace(earlier, clocks={1: "wall"}, timings=of_one)

    both = later.with_those_of(earlier)

    assert both.clocks == {1: "wall", 2: "best"}
    assert len(both.timings) == len(earlier.timings)
    assert all((each.seconds == 0.5) == (each.threads == 1) for each in both.timings)


def test_the_table_fits_80_columns() -> None:
    """No line of the table is wider, and each network has one in each block."""
    text = as_text(made_up())

    assert max(map(len, text.splitlines())) <= 80
    assert text.count(LADDER[0].name) == 2 * 4


def test_ratios_are_ours_over_theirs() -> None:
    """Ours is first, so a contender that takes four times as long has the ratio a quarter."""
    results, case = made_up(), Case(LADDER[0], "float64", "tanh")
    seconds = {name: 2.0**k for k, name in enumerate(CONTENDERS)}

    for each in FRAMEWORKS:
        assert results.ratio("gradient", each.name, case, 1) == 1 / seconds[each.name]
    limits = [seconds[each.name] / seconds[str(each.limit)] for each in FRAMEWORKS]
    assert results.over_best(case, 1) == 1 / seconds["numpy_products"] / min(limits)
    assert results.memory("torch_autograd", case, 1) == 1


def test_a_run_writes_its_files(tmp_path: Path) -> None:
    """JSON, a page with both exponents and all networks, and two drawings that are XML."""
    results = made_up()

    run.write(results, tmp_path)

    text = (tmp_path / "speed.md").read_text("utf-8")
    assert text == page(results)
    assert all(rung.name in text for rung in LADDER[:3])
    assert "**2.00** and **1.00**" in text
    for name in ("speed.svg", "growth.svg"):
        root = ElementTree.fromstring((tmp_path / name).read_text("utf-8"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert from_document(json.loads((tmp_path / "speed.json").read_text("utf-8"))) == results


def test_what_was_measured_elsewhere_is_not_kept() -> None:
    """A page speaks of one machine."""
    results = made_up()
    of_one = [each for each in results.timings if each.threads == 1]
    here = replace(results, clocks={1: "wall"}, timings=of_one, machine={"processor": "another"})

    assert here.with_those_of(results) == here


@pytest.mark.parametrize(
    "options", [["--threads", "1,x"], ["--threads", "0"], ["--rounds", "0"], ["--rungs", "-1"]]
)
def test_impossible_options_are_refused_before_anything_is_measured(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the option."""
    with pytest.raises(SystemExit) as ended:
        run.main(options)

    assert ended.value.code == 2
    assert f"argument {options[0]}" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """It is tried first."""
    assert run.main(["--out", "/dev/null/results"]) == 2
    assert "/dev/null/results" in capsys.readouterr().err


def test_ctrl_c_keeps_what_was_measured_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results of one number of threads are written before the next one begins."""
    (tmp_path / "speed.json").write_text("{", "utf-8")
    results = made_up()

    def interrupted(options: Any) -> Any:
        yield results
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run", interrupted)

    assert run.main(["--out", str(tmp_path)]) == 130
    assert from_document(json.loads((tmp_path / "speed.json").read_text("utf-8"))) == results
    said = capsys.readouterr().err
    assert "damaged" in said
    assert "interrupted" in said
