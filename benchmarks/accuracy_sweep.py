"""How far PyTorch, JAX and textbook formulas stray from each activation and loss.

The constants of `manual_backprop.oracle.accuracy` rest on this sweep: thousands of points, from the
smallest normal number to overflow, in both dtypes; each framework called as its backend calls it,
on long arrays (vector code) and on single numbers (the scalar code that small networks meet); truth
from Arb, the definition as a power series, whose second coefficient is the derivative. No
derivative rule is used for truth.

    python -m benchmarks.accuracy_sweep [--points 6000] [--only gelu,poisson] [--contenders jax]

Columns, with u = 2^-24 or 2^-53, f the truth and p the point:

    value      largest |error| / (u·max(1, |f|))
    value, p   largest |error| / (u·max(1, |p|, |f|))
    value, r   largest |error| / (u·|f|), where |f| is a normal number
    slope      largest |error| / (u·max(1, |f'|))
    slope, r   largest |error| / (u·|f'|), where |f'| is a normal number

Left out: breakpoints and one ulp beside them, and points where |f| or |f'| exceeds Ω/16. Listed
apart as departures: results that are not finite, and errors above DEPARTURE units of the second or
the fourth column.

Other machines' code, on this one: ATEN_CPU_CAPABILITY=avx2 (or default) for torch,
XLA_FLAGS=--xla_cpu_max_isa=AVX2 (or SSE4_2) for jax.
"""

import argparse
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import flint
import jax
import numpy as np
import scipy
import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.accuracy.contenders import CONTENDERS, Contender
from benchmarks.accuracy.definitions import DEFINITIONS, LOSS_DEFINITIONS
from benchmarks.accuracy.kinks import LOSS_BREAKPOINTS, Kink, activation_kinks, loss_kinks
from benchmarks.accuracy.measure import ROUNDOFF, Row
from benchmarks.accuracy.points import BREAKPOINTS
from benchmarks.accuracy.sweeps import sweep_activation, sweep_loss, sweep_softmax
from conformance.backends import jax_calls
from conformance.backends.jax_setup import prepare

NAMES = [contender.name for contender in CONTENDERS]


def worst_framework(rows: list[Row], column: str) -> str:
    """The largest error in a column among the frameworks, and who has it."""
    frameworks = [r for r in rows if r.contender != "textbook" and column in r.columns]
    if not frameworks:
        return ""
    first = max(frameworks, key=lambda r: r.columns[column].error)
    return f"{first.columns[column].error:.3g} {first.contender}"


def textbook(rows: list[Row], column: str) -> str:
    """The textbook's largest error in a column."""
    return "".join(
        f"{r.columns[column].error:.3g}"
        for r in rows
        if r.contender == "textbook" and column in r.columns
    )


def summary(rows: list[Row], dtype: str) -> Table:
    """One line a function: the worst framework in each column, and the textbook's slope."""
    columns = ["value", "value, p", "slope", "gradient"]
    table = Table("function", *columns, "textbook", title=f"{dtype}: largest errors in units")
    for name in dict.fromkeys(r.function for r in rows):
        mine = [r for r in rows if r.function == name and r.dtype == dtype]
        plain = textbook(mine, "slope") + textbook(mine, "gradient")
        table.add_row(name, *(worst_framework(mine, column) for column in columns), plain)
    return table


def departure_table(rows: list[Row]) -> Table:
    """Every departure: where, how large, and who has it."""
    table = Table("function", "dtype", "what", "from", "to", "worst", "units", "at", "contenders")
    lines: dict[tuple[str, ...], list[str]] = {}
    for r in rows:
        for d in r.departures:
            ends = f"{d.lowest:.6g}", f"{d.highest:.6g}"
            found = (d.largest_error, d.largest_units)
            sizes = [x if isinstance(x, str) else f"{x:.3g}" for x in found]
            key = (r.function, r.dtype, d.what, *ends, *sizes, f"{d.at:.6g}")
            lines.setdefault(key, []).append(r.contender)
    for key, contenders in lines.items():
        table.add_row(*key, "; ".join(contenders))
    return table


def kink_table(kinks: list[Kink]) -> Table:
    """What each contender takes at each breakpoint."""
    table = Table("function", "at", "dtype", *NAMES, title="slopes at breakpoints")
    for key in dict.fromkeys((k.function, str(k.point), k.dtype) for k in kinks):
        mine = [k for k in kinks if (k.function, str(k.point), k.dtype) == key]
        cells = {k.contender: f"{k.slope:.5g}" + (f" {k.beside}" if k.beside else "") for k in mine}
        table.add_row(*key, *(cells.get(contender, "") for contender in NAMES))
    return table


def processor() -> str:
    """The processor's name: errors differ by instruction set."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = re.findall(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return names[0] if names else platform.machine()


def versions() -> dict[str, str]:
    """Whose errors these are."""
    modules = (torch, jax, np, scipy, flint)
    return {"processor": processor(), "torch_code": torch.backends.cpu.get_cpu_capability()} | {
        module.__name__: module.__version__ for module in modules
    }


def sweep(
    functions: Sequence[str], points: int, contenders: Sequence[Contender]
) -> tuple[list[Row], list[Kink]]:
    """Every row and every kink of the functions named, in both dtypes."""
    rows: list[Row] = []
    kinks: list[Kink] = []
    work = [(name, dtype) for name in functions for dtype in ROUNDOFF]
    for name, dtype in track(work, "sweeping", console=Console(stderr=True)):
        if name in DEFINITIONS:
            rows += sweep_activation(name, dtype, points, contenders)
        if name in LOSS_DEFINITIONS:
            rows += sweep_loss(name, dtype, points, contenders)
        if name == "softmax_cross_entropy":
            rows += sweep_softmax(dtype, max(points // 40, 10), contenders)
        if name in BREAKPOINTS:
            kinks += activation_kinks(name, dtype, contenders)
        if name in LOSS_BREAKPOINTS:
            kinks += loss_kinks(name, dtype, contenders)
    return rows, kinks


def main() -> None:
    """Runs the sweep and prints its tables."""
    functions = ",".join([*DEFINITIONS, *jax_calls.LOSSES])
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--points", type=int, default=6000, help="points a function and dtype")
    parser.add_argument("--only", default=functions, help="functions, separated by commas")
    parser.add_argument("--contenders", default=",".join(NAMES), help="separated by commas")
    parser.add_argument("--json", type=Path, help="file for every row")
    arguments = parser.parse_args()
    prepare()
    contenders = [c for c in CONTENDERS if c.name in arguments.contenders.split(",")]
    rows, kinks = sweep(arguments.only.split(","), arguments.points, contenders)
    for table in (*(summary(rows, d) for d in ROUNDOFF), departure_table(rows), kink_table(kinks)):
        Console().print(table)
    if arguments.json:
        parts = {"rows": [asdict(r) for r in rows], "kinks": [asdict(k) for k in kinks]}
        arguments.json.write_text(json.dumps({"versions": versions()} | parts, indent=1))


if __name__ == "__main__":
    main()
