"""The draft paper: its references are all cited and all complete, its figures those measured."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAPER = (ROOT / "docs" / "paper" / "paper.md").read_text("utf-8")
BIBLIOGRAPHY = (ROOT / "docs" / "paper" / "paper.bib").read_text("utf-8")
MATRIX = (ROOT / "benchmarks" / "results" / "mistakes.md").read_text("utf-8")

ROWS = {
    "two_sided": "two-sided differences",
    "torch_gradcheck": "`torch.autograd.gradcheck`",
    "torch_gradcheck_fast": "the same, `fast_mode`",
    "jax_check_grads": "`jax.test_util.check_grads`",
    "hips_check_grads": "`autograd.test_util.check_grads`",
}
"""How each checker of the kill matrix is called in the paper."""


def cells(text: str, start: str) -> list[str]:
    """The cells of the one table row that starts so."""
    [row] = [line for line in text.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def entries() -> dict[str, dict[str, str]]:
    """The fields of each reference, by its key."""
    found = re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", BIBLIOGRAPHY, re.MULTILINE | re.DOTALL)
    return {
        key: dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.MULTILINE)) for key, body in found
    }


def test_the_paper_has_what_the_journal_asks_for() -> None:
    """Its front matter is YAML with each field of the journal's form; no section is missing."""
    _, front, _ = PAPER.split("---\n", 2)
    fields = {"title", "tags", "authors", "affiliations", "date", "bibliography"}
    sections = ["Summary", "Statement of need", "Learning objectives", "Instructional design"]

    assert fields == set(yaml.safe_load(front))
    assert [] == [each for each in sections if f"\n# {each}\n" not in PAPER]


def test_each_reference_is_cited_and_each_citation_has_its_reference() -> None:
    """The keys in the text are those of the bibliography, which is in their order."""
    assert sorted(set(re.findall(r"@(\w+)", PAPER))) == list(entries())


def test_each_reference_can_be_found() -> None:
    """Each has an author and a title, and a DOI, an address, or the volume and pages."""
    wanting = [
        key
        for key, fields in entries().items()
        if not {"author", "title"} <= set(fields)
        or not ({"doi", "url"} & set(fields) or {"volume", "pages"} <= set(fields))
    ]

    assert entries()
    assert [] == wanting


def test_the_table_has_the_figures_of_the_kill_matrix() -> None:
    """What each checker rejects and misses is what `benchmarks/results/mistakes.md` says."""
    expected = {name: cells(MATRIX, f"{name} |")[2:4] for name in ROWS}

    assert expected == {name: cells(PAPER, words)[3:] for name, words in ROWS.items()}
    assert cells(MATRIX, "checker")[2:4] == cells(PAPER, "checker")[3:]


def test_the_text_has_the_figures_of_the_kill_matrix() -> None:
    """So are the mistakes in all, those that show on 20 networks, and the worst count."""
    worst = re.findall(r"^\| `\w+`: .*? \| \d+ \| (\d+) \|", MATRIX, re.MULTILINE)
    [shown] = re.findall(r"misses, of (\d+)", MATRIX)
    words = " ".join(PAPER.split())

    assert f"Of the {len(worst)} mistakes of the catalogue, {shown} show" in words
    assert f"after {max(map(int, worst))} networks at most" in words
