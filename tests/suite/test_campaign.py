"""The campaign of the backends: chunks cover it, the summary states findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import campaign
from conformance.backends import NotInstalled

from .planted import planted, raises, right

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("campaigning")


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the summary of a full campaign goes."""
    monkeypatch.setattr(campaign, "SUMMARY", tmp_path / "campaign.md")
    return tmp_path / "campaign.md"


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
def test_chunks_cover_a_campaign(networks: int) -> None:
    """The chunks of each dtype sum to what was asked for, each of a seed of its own."""
    todo = campaign.chunks(networks, ["float64", "float32"])

    for dtype in ("float64", "float32"):
        mine = [each for each in todo if each.dtype == dtype]
        assert networks == sum(each.networks for each in mine)
        assert len(mine) == len({each.seed for each in mine})
        assert max(each.networks for each in mine) <= campaign.CHUNK
        assert min(each.networks for each in mine) >= 1
        assert min(each.seed for each in mine) == campaign.FIRST_SEED
    assert len(todo) == len({each.name for each in todo})


def test_dtypes_take_turns() -> None:
    """An interrupted campaign has seen both dtypes alike."""
    todo = campaign.chunks(1500, ["float64", "float32"])

    assert ["float64", "float32"] * 3 == [each.dtype for each in todo]


def test_an_interrupted_campaign_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C the status is 130, and the next call does what is left."""
    first, second = Counting(limit=2), Counting()
    monkeypatch.setattr(campaign, "result_of", first)

    assert 130 == campaign.main(["--networks", "1500", "--dtype", "float64"])
    monkeypatch.setattr(campaign, "result_of", second)
    assert 0 == campaign.main(["--networks", "1500", "--dtype", "float64"])
    assert [1000, 1001] == [each.seed for each in first.computed]
    assert [1002] == [each.seed for each in second.computed]


# ── what a chunk is ──


def test_a_chunk_is_a_run_of_what_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """A chunk's result has a tally for each installed backend, in data that a file can hold."""

    def load(name: str) -> Any:
        if name == "missing":
            raise NotInstalled("torch")
        return planted({"right": right, "raising": raises}[name], name)

    monkeypatch.setattr(campaign, "NAMES", ("right", "missing", "raising"))
    monkeypatch.setattr(campaign, "QUICK_PEERS", ())
    monkeypatch.setattr(campaign, "VARIANTS", {"another": planted(right, "another")})
    monkeypatch.setattr(campaign, "load", load)

    data = campaign.result_of(campaign.Chunk("float64", 1000, 3))
    assert data == json.loads(json.dumps(data))
    assert ("float64", 1000) == (data["dtype"], data["seed"])
    assert ["right", "raising", "another"] == [each["name"] for each in data["tallies"]]
    assert {"raised": 3} == data["tallies"][1]["kinds"]
    assert 3 == len(data["tallies"][1]["findings"])
    assert "torch is not installed" in capsys.readouterr().err


# ── the summary ──


def test_the_summary_has_a_row_for_each_backend_and_dtype() -> None:
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


def test_the_summary_states_findings() -> None:
    """Wrong networks are counted apart from the unsupported, and named with the seed."""
    mine = tally("mine", ("wrong on a network (plain)",), conforms=5, wrong=2, unsupported=3)

    text = campaign.summary([result("float64", 1007, mine)])
    assert [["mine 1.0", "float64", "10", "5", "0", "2", "1,000", "2.5%"]] == rows_of(text)
    assert text.endswith("\n- mine, seed 1007: wrong on a network (plain)\n")
    assert "No findings." not in text


def test_a_finding_is_status_1(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A campaign with a finding ends with status 1, and its summary is on standard output."""
    bad = tally("mine", ("wrong on a network (plain)",), wrong=1)
    monkeypatch.setattr(campaign, "result_of", lambda chunk: result(chunk.dtype, chunk.seed, bad))

    assert 1 == campaign.main(["--networks", "10"])
    assert "- mine, seed 1000: wrong on a network (plain)" in capsys.readouterr().out


@pytest.mark.parametrize(("networks", "kept"), [("500", False), ("20000", True)])
def test_only_a_full_campaign_is_kept(
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    networks: str,
    kept: bool,
    page: Path,
) -> None:
    """The committed page is written by a full campaign, and by no shorter one."""
    monkeypatch.setattr(campaign, "result_of", Counting())

    assert 0 == campaign.main(["--networks", networks])
    assert kept == page.exists()
    assert not kept or page.read_text() in capsys.readouterr().out
