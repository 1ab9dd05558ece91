"""The tutorial's notebook: the same as the page, whose examples pytest runs, and it runs too."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from doctest import DocTestParser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
NOTEBOOK = ROOT / "examples" / "tutorial.ipynb"


def cells(kind: str) -> list[str]:
    """The sources of the notebook's cells of one kind."""
    document: Any = json.loads(NOTEBOOK.read_text("utf-8"))
    return ["".join(each["source"]) for each in document["cells"] if each["cell_type"] == kind]


def test_the_notebook_is_what_the_tool_makes_of_the_page() -> None:
    """`tools/make_notebook.py --check` finds no difference."""
    command = [sys.executable, str(ROOT / "tools" / "make_notebook.py"), "--check"]

    finished = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (finished.returncode, finished.stdout + finished.stderr)


def test_the_notebook_has_the_examples_of_the_page_in_its_order() -> None:
    """Its code is what the page's doctests type, and what they show is shown: it ends a cell."""
    examples = DocTestParser().get_examples(PAGE.read_text("utf-8"))
    typed = [re.sub("  # doctest:.*", "", each.source).strip() for each in examples]
    lines = [line for cell in cells("code") for line in cell.splitlines() if line]
    shown = [code for code, each in zip(typed, examples, strict=True) if each.want]

    assert "\n".join(typed).splitlines() == lines
    assert [True] * len(shown) == [
        any(cell.endswith(code) for cell in cells("code")) for code in shown
    ]


def test_the_links_of_the_notebook_lead_somewhere() -> None:
    """Each link among the pages names a file, seen from the notebook's folder."""
    links = re.findall(r"\]\(([^)]+)\)", "\n".join(cells("markdown")))

    assert links
    assert [] == [link for link in links if not (NOTEBOOK.parent / link).exists()]


def test_the_notebook_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    """Its cells run one after the other, and the last function but one conforms."""
    namespace: dict[str, Any] = {}

    for cell in cells("code"):
        exec(cell, namespace)

    assert "Nothing is wrong: backprop conforms" in capsys.readouterr().out.splitlines()[-1]
