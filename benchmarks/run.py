"""How fast the gradient is, beside what one would use instead, and how near to the limit.

    benchmarks/run [--threads 1,2] [--rungs 6] [--rounds 5] [--clock CLOCK] [--out FOLDER]
    benchmarks/run --small

The same as `python -m benchmarks.run` where all is installed. A table goes to the terminal,
`speed.json`, `speed.svg`, `growth.svg` and the page `speed.md` to the folder; what it has of other
numbers of threads is kept. CLOCK is wall, or, where other work shares the machine, processor (for
one thread) or best. Frameworks take part where they are installed.

`--small` takes seconds, needs none of them, and fails if the gradient has become much slower.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.resumable import PAGES
from benchmarks.speed import small
from benchmarks.speed.charts import growth_chart, speed_chart
from benchmarks.speed.contenders import CONTENDERS, OURS
from benchmarks.speed.growth import Growth
from benchmarks.speed.ladder import LADDER, cases
from benchmarks.speed.machine import machine
from benchmarks.speed.page import page
from benchmarks.speed.processes import Process
from benchmarks.speed.results import Results, from_document, to_document
from benchmarks.speed.rounds import CLOCKS, Plan, Timing, measured
from benchmarks.speed.table import as_text


def chosen(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser("benchmarks.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--small", action="store_true", help="seconds, within one process")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (default 1,2)")
    parser.add_argument("--rungs", type=int, default=len(LADDER), help="rungs from the smallest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clock", choices=list(CLOCKS), default="wall")
    parser.add_argument("--out", type=Path, default=PAGES, help="folder (default %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> Results:
    """Measure, and say on the way what is being measured."""
    names = [name for name, each in CONTENDERS.items() if each.is_installed]
    timings: list[Timing] = []
    clocks: dict[int, str] = {}
    for threads in map(int, options.threads.split(",")):
        clocks[threads] = options.clock
        plan = Plan(options.rounds, 0.05 if threads == 1 else 0.4, options.clock)
        timings += told(measured(names, cases(LADDER[: options.rungs]), threads, plan))
    with Process(OURS.name, 1) as process:
        growth = Growth.of(process.ask(growth=True))
    return Results(machine(), clocks, timings, growth)


def told(timings: Iterable[Timing]) -> Iterable[Timing]:
    """The same, each case named as it begins."""
    case = None
    for each in timings:
        if each.case != case:
            case = each.case
            print(each.threads, case.kind, case.rung.name, file=sys.stderr)
        yield each


def write(results: Results, folder: Path) -> None:
    """The files of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    document: Any = to_document(results)
    files = {
        "speed.json": json.dumps(document, indent=1) + "\n",
        "speed.svg": speed_chart(results, min(results.clocks)),
        "speed.md": page(results),
    }
    if results.growth is not None:
        files["growth.svg"] = growth_chart(results.growth)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    """0, or 1 if the small version found a ratio beyond its bound."""
    options = chosen(arguments)
    if options.small:
        ratios = [small.ratio(bound) for bound in small.BOUNDS]
        print("\n".join(small.lines(ratios)))
        return int(any(r > b.most for r, b in zip(ratios, small.BOUNDS, strict=True)))
    results = run(options)
    earlier = options.out / "speed.json"
    if earlier.is_file():
        results = results.with_those_of(from_document(json.loads(earlier.read_text("utf-8"))))
    write(results, options.out)
    print(as_text(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
