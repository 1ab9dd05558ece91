#!/usr/bin/env python3
"""Make the tutorial's notebook from its page, or say whether it is what this makes.

    python tools/make_notebook.py [--check]

`docs/tutorial.md` is the source, and its examples are run as a test; `examples/tutorial.ipynb` is
the same to work in. Text becomes cells of Markdown; each example that shows something ends a cell
of code, since a notebook shows a cell's last value. Outputs are left out: whoever runs a cell gets
them. Exit status: 0; 1 if --check finds a difference.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from doctest import DocTestParser
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "tutorial.md"
NOTEBOOK = ROOT / "examples" / "tutorial.ipynb"

FENCE = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)")
OPTIONS = re.compile(r"  # doctest:.*")


def notebook(page: str) -> dict[str, Any]:
    """The notebook, format 4.4, of a page with doctests in fences of Python."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": list(cells(page)),
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def cells(page: str) -> Iterator[dict[str, Any]]:
    """The cells in the page's order; fences and text take turns in what `split` returns."""
    for place, part in enumerate(FENCE.split(page)):
        if place % 2:
            yield from map(code, sources(part))
        elif part.strip():
            yield markdown(part.strip())


def sources(doctests: str) -> Iterator[str]:
    """What is typed, in cells that end where something is shown."""
    cell: list[str] = []
    for example in DocTestParser().get_examples(doctests):
        cell.append(OPTIONS.sub("", example.source).strip())
        if example.want:
            yield joined(cell)
            cell = []
    if cell:
        yield joined(cell)


def joined(statements: list[str]) -> str:
    """One below the other, with an empty line above and below what takes several lines."""
    text = statements[0]
    for before, after in pairwise(statements):
        text += ("\n\n" if "\n" in before + after else "\n") + after
    return text


def code(source: str) -> dict[str, Any]:
    """A cell of code that was not run."""
    lines = source.splitlines(keepends=True)
    empty: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", **empty, "source": lines}


def markdown(text: str) -> dict[str, Any]:
    """A cell of text; links among the pages lead from the notebook's folder to theirs."""
    linked = LINK.sub("](../docs/", text)
    return {"cell_type": "markdown", "metadata": {}, "source": linked.splitlines(keepends=True)}


def written(content: dict[str, Any]) -> str:
    """As the file has it: the form in which Jupyter itself saves."""
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the notebook, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    made = written(notebook(PAGE.read_text("utf-8")))
    if not parser.parse_args().check:
        NOTEBOOK.write_text(made, "utf-8")
    elif NOTEBOOK.read_text("utf-8") != made:
        print("examples/tutorial.ipynb is another; python tools/make_notebook.py makes it anew")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
