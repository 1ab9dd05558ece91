"""Campaigns in chunks: results are kept and resumed, those of other code do not count."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks import resumable
from benchmarks.resumable import NO_FINDINGS, computed, concluded, file_of, in_chunks

Capture = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("campaigning")


@dataclass(frozen=True)
class Chunk:
    """One with a number."""

    number: int

    @property
    def name(self) -> str:
        """Says all that it depends on."""
        return f"chunk-{self.number}"


class Counting:
    """Work that counts: the chunks that were computed; from `limit` on, Ctrl-C."""

    def __init__(self, limit: int = 1000) -> None:
        self.computed: list[int] = []
        self.limit = limit

    def __call__(self, chunk: Chunk) -> dict[str, Any]:
        if len(self.computed) >= self.limit:
            raise KeyboardInterrupt
        self.computed.append(chunk.number)
        return {"number": chunk.number}


TODO = [Chunk(1), Chunk(2)]


# ── results are kept ──


def test_nothing_is_computed_twice(capsys: Capture) -> None:
    """A second campaign reads what the first computed; a longer one computes only what is new."""
    counting = Counting()

    first = computed(TODO, counting, 1)
    assert [{"number": 1}, {"number": 2}] == first == computed(TODO, counting, 1)
    assert [1, 2] == counting.computed
    computed([*TODO, Chunk(3)], counting, 1)
    assert [1, 2, 3] == counting.computed
    assert "2 chunks, 2 already there" in capsys.readouterr().err


def test_an_interrupted_campaign_goes_on(capsys: Capture) -> None:
    """After Ctrl-C what was done is there, and the next call does the rest."""
    first, second = Counting(limit=1), Counting()

    assert [{"number": 1}] == computed(TODO, first, 1)
    assert "interrupted; the same command goes on from here" in capsys.readouterr().err
    assert [{"number": 1}, {"number": 2}] == computed(TODO, second, 1)
    assert [2] == second.computed


def test_half_a_file_is_no_result() -> None:
    """A file that was being written when the power went is passed over, and written anew."""
    counting, file = Counting(), file_of(Chunk(1))
    file.parent.mkdir(parents=True)
    half = file.with_suffix(".part")
    half.write_text('{"num')

    assert [{"number": 1}] == computed([Chunk(1)], counting, 1)
    assert [1] == counting.computed
    assert not half.exists()
    assert {"number": 1} == json.loads(file.read_text())


def test_results_of_other_code_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the code has changed, everything is computed again."""
    counting = Counting()

    computed(TODO, counting, 1)
    monkeypatch.setattr(resumable, "code_fingerprint", lambda: "changed")
    computed(TODO, counting, 1)
    assert [1, 2, 1, 2] == counting.computed


@pytest.mark.parametrize("folder", ["manual_backprop/oracle", "conformance", "benchmarks/trust"])
def test_a_changed_source_changes_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str
) -> None:
    """Text, name and place of a source count; what is no source does not."""
    monkeypatch.setattr(resumable, "ROOT", tmp_path)
    fingerprint = resumable.code_fingerprint.__wrapped__
    (tmp_path / folder / "deeper").mkdir(parents=True)
    source = tmp_path / folder / "a.py"
    source.write_text("x = 1\n")
    prints = [fingerprint()]

    (tmp_path / folder / "notes.md").write_text("no source")
    assert prints == [fingerprint()]
    source.write_text("x = 2\n")
    prints.append(fingerprint())
    (tmp_path / folder / "b.py").write_text("y = 1\n")
    prints.append(fingerprint())
    other = (tmp_path / folder / "b.py").rename(tmp_path / folder / "c.py")
    prints.append(fingerprint())
    other.rename(tmp_path / folder / "deeper" / "c.py")
    prints.append(fingerprint())
    assert 5 == len(set(prints))


def test_code_that_changes_meanwhile_gets_no_results(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A campaign keeps its results under the code that it started with, whatever is edited."""
    first = resumable.code_fingerprint()

    monkeypatch.setattr(resumable, "ROOT", tmp_path)
    assert first == resumable.code_fingerprint()


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 100])
def test_chunks_cover_what_there_is(count: int) -> None:
    """Each thing is in one chunk, and no chunk is empty or too large."""
    parts = in_chunks(count, 10)

    assert [*range(count)] == [start + k for start, size in parts for k in range(size)]
    assert all(1 <= size <= 10 for _, size in parts)


# ── how it ends ──


@pytest.mark.parametrize(
    ("text", "finished", "status"),
    [
        (f"all well\n\n{NO_FINDINGS}\n", True, 0),
        ("- wrong, seed 7\n", True, 1),
        (f"{NO_FINDINGS}\n", False, 130),
    ],
)
def test_the_status_says_how_it_ended(
    text: str, finished: bool, status: int, tmp_path: Path, capsys: Capture
) -> None:
    """0 without a finding, 1 with one, 130 if chunks are missing: then the page stays as it was."""
    page = tmp_path / "page.md"

    assert status == concluded(text, finished, page)
    assert text in capsys.readouterr().out
    assert finished == page.exists()
    assert not finished or text == page.read_text()
