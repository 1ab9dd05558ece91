"""The kill matrix as a table for 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.kill_matrix import (
    NETWORKS,
    NETWORKS_OF_CHECKERS,
    Matrix,
    Row,
    median_and_worst,
)
from conformance.numbers import plural

TITLES = {
    "two_sided": "two-\nsided\n1e-7",
    "torch_gradcheck": "torch\ngrad-\ncheck",
    "torch_gradcheck_fast": "torch\nfast",
    "jax_check_grads": "jax\ncheck\ngrads",
    "hips_check_grads": "HIPS\ncheck\ngrads",
}


def printed(matrix: Matrix, console: Console) -> None:
    """Print the table, how it is to be read, and a last plain sentence."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("mistake", overflow="fold", vertical="bottom")
    for title in ("float64\nmedian", "\nworst", "float32\nmedian", "\nworst"):
        table.add_column(title, justify="right", vertical="bottom")
    for name in matrix.versions:
        table.add_column(TITLES[name], justify="right", vertical="bottom")
    for row in matrix.rows:
        table.add_row(row.mistake.name, *_cells(row, matrix))
    console.print(table)
    for line in notes(matrix):
        console.print(Text(f"\n{line}"))


def _cells(row: Row, matrix: Matrix) -> list[Text]:
    own = [each for caught in row.caught.values() for each in median_and_worst(caught)]
    others = [row.checkers[name] for name in matrix.versions]
    return [_cell(each, "bold red") for each in own[:2]] + [
        _cell(each, "yellow") for each in [*own[2:], *others]
    ]


def _cell(caught: int | None, style: str) -> Text:
    return Text("–", style) if caught is None else Text(str(caught))


def notes(matrix: Matrix) -> list[str]:
    """How to read it; versions and false alarms; what came out."""
    lines = [
        f"Networks until a mistake is caught, over {plural(matrix.seeds, 'seed')} of {NETWORKS}; "
        "–: not caught. A relative error of 1e-9 is below what float32 can show.",
    ]
    if matrix.versions:
        alarms = ", ".join(f"{name} {count}" for name, count in matrix.false_alarms.items())
        lines.append(
            f"Checkers of others, on the first {NETWORKS_OF_CHECKERS} networks, float64, with "
            "their defaults; counted are networks on which they accept the right gradient. They "
            f"reject that, out of {NETWORKS_OF_CHECKERS}, on: {alarms}."
        )
    lines += [f"Skipped: {name}: {reason}" for name, reason in matrix.skipped.items()]
    return [*lines, _sentence(matrix)]


def _sentence(matrix: Matrix) -> str:
    surviving = [row.mistake.name for row in matrix.rows if row.survives]
    caught = plural(len(matrix.rows), "mistake")
    if matrix.interrupted:
        return f"Interrupted after {caught}."
    if surviving:
        return f"Of {caught} these survive in float64: {', '.join(surviving)}."
    return f"Every one of {caught} is caught in float64, with every seed."
