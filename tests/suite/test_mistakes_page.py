"""The page of the kill matrix: what a checker is asked for, what it misses, and every row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import mistakes_page
from benchmarks.mistakes_page import beyond, main, missed, page, shown


def row(first: int | None, checker: int | None) -> dict[str, Any]:
    """A mistake that seed 0 shows on that network, and seeds 1 and 2 on the first."""
    caught = {"float64": [first, 1, 1], "float32": [None, None, 2]}
    return {"cause": "doing it", "kind": "a kind", "caught": caught, "checkers": {"mine": checker}}


def matrix(interrupted: bool = False, **rows: dict[str, Any]) -> dict[str, Any]:
    """What the command writes, of these mistakes and one checker."""
    return {
        "networks": 200,
        "networks_of_checkers": 20,
        "seeds": 3,
        "interrupted": interrupted,
        "mistakes": rows,
        "checkers": {"mine": {"version": "1.0", "false_alarms": 4}},
        "skipped": {"theirs": "theirs is not installed"},
    }


MATRIX = matrix(both=row(2, 3), ours=row(20, None), late=row(21, None), theirs=row(None, 5))


def test_a_checker_is_asked_for_what_its_networks_show() -> None:
    """A mistake that the suite catches on a later network, or never, is none that it missed."""
    assert ["both", "ours"] == shown(MATRIX)
    assert ["ours"] == missed(MATRIX, "mine")


def test_what_only_a_checker_catches_is_told() -> None:
    """A mistake that a checker catches and the suite does not stands on the page."""
    assert ["theirs"] == beyond(MATRIX)
    assert "not by the suite:\n`theirs`." in page(MATRIX)
    assert "not by the suite:\nnone." in page(matrix(both=row(2, 3)))


def test_the_page_has_a_row_for_each_checker_and_each_mistake() -> None:
    """Counts stand under their titles; what was not caught is a dash."""
    lines = page(MATRIX).splitlines()

    assert "| mine | 1.0 | 4 | 1 | `ours` |" in lines
    assert "Left out: theirs: theirs is not installed" in lines
    assert "| `both`: doing it | 1 | 2 | – | – | 3 |" in lines
    assert "| `late`: doing it | 1 | 21 | – | – | – |" in lines


def test_an_interrupted_run_makes_no_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A part of the matrix is refused with a message, status 2; a whole one is written."""
    monkeypatch.setattr(mistakes_page, "SUMMARY", tmp_path / "mistakes.md")
    whole, part = tmp_path / "whole.json", tmp_path / "part.json"
    whole.write_text(json.dumps(MATRIX), "utf-8")
    part.write_text(json.dumps(matrix(interrupted=True)), "utf-8")

    with pytest.raises(SystemExit, match="2"):
        main([str(part)])
    assert "interrupted" in capsys.readouterr().err
    assert not (tmp_path / "mistakes.md").exists()
    assert main([str(whole)]) == 0
    assert page(MATRIX) == (tmp_path / "mistakes.md").read_text("utf-8")
