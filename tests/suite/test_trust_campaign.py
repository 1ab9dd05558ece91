"""The campaign of trust: chunks cover it, what fails is named with its seed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import trust_campaign
from benchmarks.trust.claims import CLAIMS, Outcome
from benchmarks.trust_campaign import Chunk, chunks, result_of, summary

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("campaigning")

EXACT, SERIES, NARROW = CLAIMS["rational"]


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the summary of a full campaign goes."""
    monkeypatch.setattr(trust_campaign, "SUMMARY", tmp_path / "trust.md")
    return tmp_path / "trust.md"


def result(chunk: Chunk, outcome: str = Outcome.HOLDS) -> dict[str, Any]:
    """What a chunk's networks come to, all alike."""
    seeds = range(chunk.first_seed, chunk.first_seed + chunk.networks)
    found = {claim: str(outcome) for claim in CLAIMS[chunk.kind]}
    return {"kind": chunk.kind, "networks": {str(seed): found for seed in seeds}}


def rows_of(text: str) -> list[list[str]]:
    """The cells of a Markdown table's rows, its head left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("networks", [1, 49, 50, 51, 1000])
def test_chunks_cover_a_campaign(networks: int) -> None:
    """Each kind has the seeds from 0, each once, in chunks of names of their own."""
    todo = chunks(networks)

    for kind in ("rational", "any"):
        mine = [each for each in todo if each.kind == kind]
        seeds = [
            s for each in mine for s in range(each.first_seed, each.first_seed + each.networks)
        ]
        assert [*range(networks)] == seeds
    assert len(todo) == len({each.name for each in todo})


def test_a_chunk_is_the_outcomes_of_its_networks() -> None:
    """A chunk's result says what came of each claim, in data that a file can hold."""
    data = result_of(Chunk("rational", 2, 3))

    assert data == json.loads(json.dumps(data))
    assert ["2", "3", "4"] == [*data["networks"]]
    assert [EXACT, SERIES, NARROW] == [*data["networks"]["3"]]
    assert {*data["networks"]["3"].values()} <= {*map(str, Outcome)}


def test_an_error_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that raises fails in all its claims, and the others of its chunk go on."""

    def outcomes(kind: Any, seed: int) -> dict[str, Outcome]:
        if seed == 1:
            raise ArithmeticError("one of them is wrong")
        return {EXACT: Outcome.HOLDS}

    monkeypatch.setattr(trust_campaign, "outcomes", outcomes)
    data = result_of(Chunk("rational", 0, 3))

    assert {EXACT: "holds"} == data["networks"]["0"] == data["networks"]["2"]
    assert (
        dict.fromkeys([EXACT, SERIES, NARROW], "ArithmeticError: one of them is wrong")
        == (data["networks"]["1"])
    )


# ── the summary ──


def test_the_summary_has_a_row_for_each_claim() -> None:
    """Chunks are added up, a row a kind and claim; the last line says that nothing is wrong."""
    text = summary([result(Chunk("rational", 0)), result(Chunk("rational", 50), Outcome.HULL)])

    numbers = ["100", "50", "50", "0", "0"]
    assert [["rational", claim, *numbers] for claim in (EXACT, SERIES, NARROW)] == rows_of(text)
    assert text.endswith("\n\nNo findings.\n")


def test_the_summary_names_what_is_open() -> None:
    """Open claims are counted apart, named with their seeds, and are no findings."""
    text = summary([result(Chunk("rational", 6, 2), Outcome.OPEN)])

    assert ["rational", NARROW, "2", "0", "0", "2", "0"] == rows_of(text)[2]
    assert f"\n- rational, {NARROW}: open, seed 6, 7\n" in text
    assert text.endswith("\n\nNo findings.\n")


@pytest.mark.parametrize("outcome", [Outcome.FAILS, "OverflowError: too large"])
def test_the_summary_names_what_fails(outcome: str) -> None:
    """A failure, an error among them, is counted as one and named with its seed."""
    text = summary([result(Chunk("any", 0, 4)), result(Chunk("any", 4, 1), outcome)])

    assert ["any", SERIES, "5", "4", "0", "0", "1"] == rows_of(text)[1]
    assert f"\n- any, {SERIES}: {outcome}, seed 4\n" in text
    assert "No findings." not in text


# ── the command ──


def test_a_failure_is_status_1(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A campaign with a failure ends with status 1, and its summary is on standard output."""
    monkeypatch.setattr(trust_campaign, "result_of", lambda chunk: result(chunk, Outcome.FAILS))

    assert 1 == trust_campaign.main(["--networks", "1"])
    assert f"- rational, {EXACT}: fails, seed 0" in capsys.readouterr().out


def test_an_interrupted_campaign_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C the status is 130, and the next call does what is left."""
    done: list[Chunk] = []

    def interrupted(chunk: Chunk) -> dict[str, Any]:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(chunk)
        return result(chunk)

    monkeypatch.setattr(trust_campaign, "result_of", interrupted)
    assert 130 == trust_campaign.main(["--networks", "100"])
    monkeypatch.setattr(
        trust_campaign, "result_of", lambda chunk: done.append(chunk) or result(chunk)
    )
    assert 0 == trust_campaign.main(["--networks", "100"])
    assert chunks(100) == done


@pytest.mark.parametrize(("networks", "kept"), [("999", False), ("1000", True)])
def test_only_a_full_campaign_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, networks: str, kept: bool, page: Path
) -> None:
    """The committed page is written by a full campaign, and by no shorter one."""
    monkeypatch.setattr(trust_campaign, "result_of", result)

    assert 0 == trust_campaign.main(["--networks", networks])
    assert kept == page.exists()
    assert not kept or page.read_text() in capsys.readouterr().out
