"""The kill matrix as a page, benchmarks/results/mistakes.md, which is committed.

    manual-backprop mistakes --seeds 3 --json FILE
    python -m benchmarks.mistakes_page FILE

A checker of others sees the first networks of seed 0 alone, so it is asked only for the mistakes
that show there: those that the suite catches on the same networks.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.resumable import PAGES
from conformance.kill_matrix import DTYPES, Caught, median_and_worst
from manual_backprop import __version__

SUMMARY = PAGES / "mistakes.md"

Document = dict[str, Any]
"""What `manual-backprop mistakes --json` writes."""


def page(matrix: Document) -> str:
    """The page: the checkers side by side, then a row for each mistake."""
    facts = {
        "version": __version__,
        "machine": platform.machine(),
        "mistakes": len(matrix["mistakes"]),
        "seeds": matrix["seeds"],
        "most": matrix["networks"],
        "networks": matrix["networks_of_checkers"],
    }
    parts = [_HEAD.format(**facts), *_comparison(matrix), _MATRIX.format(**facts), *_table(matrix)]
    return "\n".join([*parts, ""])


_HEAD = """\
# The last full kill matrix

Each of {mistakes} mistakes of the catalogue (`conformance/mistakes`), planted in the suite's own
backpropagation, and judged on random networks until it is caught: manual-backprop {version} on
{machine}, {seeds} seeds, at most {most} networks for each, by

    manual-backprop mistakes --seeds {seeds} --json FILE
    python -m benchmarks.mistakes_page FILE
"""

_MATRIX = """
## Networks until a mistake is caught

The suite's columns: median and worst of {seeds} seeds. The checkers': the first network on which
they reject it, of those of the first {networks} on which they accept the right gradient. –: not
caught, within {most} networks or within {networks}. Some mistakes are below what float32 can show.
"""


def shown(matrix: Document) -> list[str]:
    """The mistakes that the suite catches on the networks that the checkers see."""
    networks = matrix["networks_of_checkers"]
    first = {name: row["caught"]["float64"][0] for name, row in matrix["mistakes"].items()}
    return [name for name, caught in first.items() if caught is not None and caught <= networks]


def missed(matrix: Document, checker: str) -> list[str]:
    """Which of them a checker accepts on every network."""
    rows = matrix["mistakes"]
    return [name for name in shown(matrix) if rows[name]["checkers"][checker] is None]


def beyond(matrix: Document) -> list[str]:
    """The mistakes that some checker catches and the suite does not, on those networks."""
    seen = set(shown(matrix))
    rows = matrix["mistakes"].items()
    return [name for name, row in rows if any(row["checkers"].values()) and name not in seen]


_COMPARISON = """\
## Beside checkers of others

On the same {networks} networks in float64, with the checkers' defaults. The suite catches {shown}
of the mistakes there; the others need more networks. Caught by a checker and not by the suite:
{beyond}.

| checker | version | rejects the right gradient, of {networks} | misses, of {shown} | namely |
| --- | --- | ---: | ---: | --- |"""


def _comparison(matrix: Document) -> list[str]:
    head = _COMPARISON.format(
        networks=matrix["networks_of_checkers"],
        shown=len(shown(matrix)),
        beyond=_names(beyond(matrix)),
    )
    rows = [_checker(name, facts, matrix) for name, facts in matrix["checkers"].items()]
    return [head, *rows, *(f"\nLeft out: {name}: {why}" for name, why in matrix["skipped"].items())]


def _checker(name: str, facts: Document, matrix: Document) -> str:
    names = missed(matrix, name)
    cells = [name, facts["version"], facts["false_alarms"], len(names), _names(names)]
    return f"| {' | '.join(map(str, cells))} |"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _table(matrix: Document) -> list[str]:
    titles = [f"{dtype} {which}" for dtype in DTYPES for which in ("median", "worst")]
    titles += matrix["checkers"]
    head = [f"| mistake | {' | '.join(titles)} |", f"| --- |{' ---: |' * len(titles)}"]
    return head + [
        f"| `{name}`: {row['cause']} | {' | '.join(map(_cell, _counts(row, matrix)))} |"
        for name, row in matrix["mistakes"].items()
    ]


def _counts(row: Document, matrix: Document) -> list[Caught]:
    own = [each for dtype in DTYPES for each in median_and_worst(row["caught"][dtype])]
    return own + [row["checkers"][name] for name in matrix["checkers"]]


def _cell(caught: Caught) -> str:
    return "–" if caught is None else str(caught)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 2 if the run was interrupted, for a part of the matrix is none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mistakes_page")
    parser.add_argument("file", type=Path, help="what manual-backprop mistakes --json wrote")
    matrix = json.loads(parser.parse_args(arguments).file.read_text("utf-8"))
    if matrix["interrupted"]:
        parser.error("that run was interrupted: a whole one is needed")
    SUMMARY.write_text(page(matrix), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
