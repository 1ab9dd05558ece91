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
from collections.abc import Iterable, Iterator
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
    add: Any = parser.add_argument
    add("--small", action="store_true", help="seconds, within one process")
    add("--threads", type=_counts, default="1,2", help="numbers of threads (default 1,2)")
    add("--rungs", type=_count, default=len(LADDER), help="rungs from the smallest")
    add("--rounds", type=_count, default=5, help="more of them for steadier medians (default 5)")
    add("--clock", choices=list(CLOCKS), default="wall", help="wall for a quiet machine (default)")
    add("--out", type=Path, default=PAGES, help="folder (default %(default)s)")
    return parser.parse_args(arguments)


def _counts(text: str) -> list[int]:
    return [_count(each) for each in text.split(",")]


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}: at least 1 is needed")
    return number


def run(options: argparse.Namespace) -> Iterator[Results]:
    """Measure, and say on the way what is being measured; results after each number of threads."""
    names = [name for name, each in CONTENDERS.items() if each.is_installed]
    here = machine()
    print("growth", file=sys.stderr)
    with Process(OURS.name, 1) as process:
        growth = Growth.of(process.ask(growth=True))
    for threads in options.threads:
        plan = Plan(options.rounds, 0.05 if threads == 1 else 0.4, options.clock)
        timings = list(told(measured(names, cases(LADDER[: options.rungs]), threads, plan)))
        yield Results(here, {threads: options.clock}, timings, growth)


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
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        results = earlier(options.out)
        for measured_now in run(options):
            results = measured_now.with_those_of(results) if results else measured_now
            write(results, options.out)
    except OSError as error:
        print(f"benchmarks.run: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("benchmarks.run: interrupted; what was measured in full is kept", file=sys.stderr)
        return 130
    if results:
        print(as_text(results))
    return 0


def earlier(folder: Path) -> Results | None:
    """What a run before this one left there; one that cannot be read is none."""
    file = folder / "speed.json"
    try:
        return from_document(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError):
        print(f"benchmarks.run: {file} is damaged, and will be replaced", file=sys.stderr)
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
