"""The campaign: chunks cover it, results are kept and resumed, the summary states findings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conformance.backends import NotInstalled

from .planted import planted, raises, right

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The module, its files in a folder of this test's own, its workers in this process."""
    monkeypatch.syspath_prepend(str(ROOT))
    module = import_module("benchmarks.campaign")
    monkeypatch.setattr(module, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(module, "SUMMARY", tmp_path / "campaign.md")
    monkeypatch.setattr(
        module, "ProcessPoolExecutor", lambda workers, mp_context: ThreadPoolExecutor(1)
    )
    yield module
    sys.modules.pop("benchmarks.campaign", None)


def tally(name: str = "backprop", findings: tuple[str, ...] = (), **kinds: int) -> dict[str, Any]:
    """A tally as it is kept."""
    return {
        "name": name,
        "version": "1.0",
        "kinds": kinds or {"conforms": 90, "undecided": 10},
        "entries": 1000,
        "undecided_entries": 25,
        "worst_fraction": 0.5,
        "restless": 0,
        "findings": list(findings),
    }


def result(dtype: str, seed: int, *tallies: dict[str, Any]) -> dict[str, Any]:
    """A chunk's result as it is kept."""
    return {"dtype": dtype, "seed": seed, "tallies": list(tallies or [tally()])}


class Counting:
    """In place of `result_of`: the chunks that were computed; from `limit` on, Ctrl-C."""

    def __init__(self, limit: int = 1000) -> None:
        self.computed: list[Any] = []
        self.limit = limit

    def __call__(self, chunk: Any) -> dict[str, Any]:
        if len(self.computed) >= self.limit:
            raise KeyboardInterrupt
        self.computed.append(chunk)
        return result(chunk.dtype, chunk.seed)


def rows_of(text: str) -> list[list[str]]:
    """The cells of a Markdown table's rows, its head left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# ── chunks ──


@pytest.mark.parametrize("networks", [1, 499, 500, 501, 1000, 20_000, 20_001])
def test_chunks_cover_a_campaign(campaign: ModuleType, networks: int) -> None:
    """The chunks of each dtype sum to what was asked for, each of a seed of its own."""
    todo = campaign.chunks(networks, ["float64", "float32"])

    for dtype in ("float64", "float32"):
        mine = [each for each in todo if each.dtype == dtype]
        assert networks == sum(each.networks for each in mine)
        assert len(mine) == len({each.seed for each in mine})
        assert max(each.networks for each in mine) <= campaign.CHUNK
        assert min(each.networks for each in mine) >= 1
        assert min(each.seed for each in mine) == campaign.FIRST_SEED
    assert len(todo) == len({each.file for each in todo[:40]}) + max(len(todo) - 40, 0)


def test_dtypes_take_turns(campaign: ModuleType) -> None:
    """An interrupted campaign has seen both dtypes alike."""
    todo = campaign.chunks(1500, ["float64", "float32"])

    assert ["float64", "float32"] * 3 == [each.dtype for each in todo]


# ── results are kept ──


def test_nothing_is_computed_twice(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A second campaign reads what the first computed; a longer one computes only what is new."""
    counting = Counting()
    monkeypatch.setattr(campaign, "result_of", counting)
    todo = campaign.chunks(1000, ["float64"])

    first = campaign.campaign(todo, 1)
    assert first == campaign.campaign(todo, 1)
    assert todo == counting.computed
    campaign.campaign(campaign.chunks(1500, ["float64"]), 1)
    assert [1000, 1001, 1002] == [each.seed for each in counting.computed]
    assert "2 chunks, 2 already there" in capsys.readouterr().err


def test_an_interrupted_campaign_goes_on(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """After Ctrl-C what was done is kept, the status is 130, and the next call does the rest."""
    first, second = Counting(limit=2), Counting()
    monkeypatch.setattr(campaign, "result_of", first)

    assert 130 == campaign.main(["--networks", "1500", "--dtype", "float64"])
    assert "interrupted; the same command goes on from here" in capsys.readouterr().err
    monkeypatch.setattr(campaign, "result_of", second)
    assert 0 == campaign.main(["--networks", "1500", "--dtype", "float64"])
    assert [1000, 1001] == [each.seed for each in first.computed]
    assert [1002] == [each.seed for each in second.computed]


def test_half_a_file_is_no_result(campaign: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was being written when the power went is passed over, and written anew."""
    counting = Counting()
    monkeypatch.setattr(campaign, "result_of", counting)
    [chunk] = campaign.chunks(10, ["float64"])
    chunk.file.parent.mkdir(parents=True)
    half = chunk.file.with_suffix(".part")
    half.write_text('{"dtype": "float64", "tall')

    assert [result("float64", 1000)] == campaign.campaign([chunk], 1)
    assert [chunk] == counting.computed
    assert not half.exists()
    assert result("float64", 1000) == json.loads(chunk.file.read_text())


def test_results_of_other_code_do_not_count(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the code has changed, everything is computed again."""
    counting = Counting()
    monkeypatch.setattr(campaign, "result_of", counting)
    todo = campaign.chunks(10, ["float64"])

    campaign.campaign(todo, 1)
    monkeypatch.setattr(campaign, "code_fingerprint", lambda: "changed")
    campaign.campaign(todo, 1)
    assert 2 == len(counting.computed)


def test_a_changed_source_changes_the_fingerprint(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Text, name and place of a source count; what is no source does not."""
    monkeypatch.setattr(campaign, "ROOT", tmp_path)
    fingerprint = campaign.code_fingerprint.__wrapped__
    for folder in ("manual_backprop/oracle", "conformance"):
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / "manual_backprop" / "oracle" / "a.py"
    source.write_text("x = 1\n")
    prints = [fingerprint()]

    (tmp_path / "conformance" / "notes.md").write_text("no source")
    assert prints == [fingerprint()]
    source.write_text("x = 2\n")
    prints.append(fingerprint())
    other = tmp_path / "conformance" / "b.py"
    other.write_text("y = 1\n")
    prints.append(fingerprint())
    other = other.rename(tmp_path / "conformance" / "c.py")
    prints.append(fingerprint())
    other.rename(tmp_path / "manual_backprop" / "c.py")
    prints.append(fingerprint())
    assert 5 == len(set(prints))


def test_code_that_changes_meanwhile_gets_no_results(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A campaign keeps its results under the code that it started with, whatever is edited."""
    first = campaign.code_fingerprint()

    monkeypatch.setattr(campaign, "ROOT", tmp_path)
    assert first == campaign.code_fingerprint()


# ── what a chunk is ──


def test_a_chunk_is_a_run_of_what_is_installed(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A chunk's result has a tally for each installed backend, in data that a file can hold."""

    def load(name: str) -> Any:
        if name == "missing":
            raise NotInstalled("torch")
        return planted({"right": right, "raising": raises}[name], name)

    monkeypatch.setattr(campaign, "NAMES", ("right", "missing", "raising"))
    monkeypatch.setattr(campaign, "load", load)

    data = campaign.result_of(campaign.Chunk("float64", 1000, 3))
    assert data == json.loads(json.dumps(data))
    assert ("float64", 1000) == (data["dtype"], data["seed"])
    assert ["right", "raising"] == [each["name"] for each in data["tallies"]]
    assert {"raised": 3} == data["tallies"][1]["kinds"]
    assert 3 == len(data["tallies"][1]["findings"])
    assert "torch is not installed" in capsys.readouterr().err


# ── the summary ──


def test_the_summary_has_a_row_for_each_backend_and_dtype(campaign: ModuleType) -> None:
    """Chunks are added up, a row a backend and dtype; the last line says that nothing is wrong."""
    text = campaign.summary(
        [
            result(dtype, seed, tally("backprop"), tally("recursion"))
            for seed in (1000, 1001)
            for dtype in ("float64", "float32")
        ]
    )

    numbers = ["200", "180", "20", "0", "2,000", "2.5%"]
    assert [
        ["backprop 1.0", "float32", *numbers],
        ["backprop 1.0", "float64", *numbers],
        ["recursion 1.0", "float32", *numbers],
        ["recursion 1.0", "float64", *numbers],
    ] == rows_of(text)
    assert text.endswith("\n\nNo findings.\n")


def test_the_summary_states_findings(campaign: ModuleType) -> None:
    """Wrong networks are counted apart from the unsupported, and named with the seed."""
    mine = tally("mine", ("wrong on a network (plain)",), conforms=5, wrong=2, unsupported=3)

    text = campaign.summary([result("float64", 1007, mine)])
    assert [["mine 1.0", "float64", "10", "5", "0", "2", "1,000", "2.5%"]] == rows_of(text)
    assert text.endswith("\n- mine, seed 1007: wrong on a network (plain)\n")
    assert "No findings." not in text


def test_a_finding_is_status_1(
    campaign: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A campaign with a finding ends with status 1, and its summary is on standard output."""
    bad = tally("mine", ("wrong on a network (plain)",), wrong=1)
    monkeypatch.setattr(campaign, "result_of", lambda chunk: result(chunk.dtype, chunk.seed, bad))

    assert 1 == campaign.main(["--networks", "10"])
    assert "- mine, seed 1000: wrong on a network (plain)" in capsys.readouterr().out


@pytest.mark.parametrize(("networks", "kept"), [("500", False), ("20000", True)])
def test_only_a_full_campaign_is_kept(
    campaign: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    networks: str,
    kept: bool,
) -> None:
    """The committed page is written by a full campaign, and by no shorter one."""
    monkeypatch.setattr(campaign, "result_of", Counting())

    assert 0 == campaign.main(["--networks", networks])
    assert kept == campaign.SUMMARY.exists()
    assert not kept or campaign.SUMMARY.read_text() in capsys.readouterr().out
