"""The two drawings of the results page."""

from __future__ import annotations

from benchmarks.speed.contenders import FRAMEWORKS, OURS
from benchmarks.speed.growth import Growth
from benchmarks.speed.results import Results
from benchmarks.speed.svg import Axis, Line, Panel, chart

SIZE = (520, 300)


def speed_chart(results: Results, threads: int) -> str:
    """How many times longer than `gradient` the frameworks take, rung by rung."""
    cases = results.cases(threads)
    panels = [_panel(results, kind, threads) for kind in dict.fromkeys(each.kind for each in cases)]
    text = "Time of each framework's gradient over that of manual_backprop, by size of network"
    return chart(panels, text, columns=2, size=SIZE)


def _panel(results: Results, kind: str, threads: int) -> Panel:
    cases = [each for each in results.cases(threads) if each.kind == kind]
    lines = []
    for contender in (OURS, *FRAMEWORKS):
        ratios = [results.ratio(contender.name, OURS.name, each, threads) for each in cases]
        points = [(2.0**k, ratio) for k, ratio in enumerate(ratios) if ratio]
        lines += [Line(contender.title, points)] if points else []
    x = Axis(1, 2.0 ** max(1, len(cases) - 1), [(2.0**k, c.rung.name) for k, c in enumerate(cases)])
    y = Axis(0.5, 64, [(value, f"{value:g}") for value in (0.5, 1, 2, 4, 8, 16, 32, 64)])
    return Panel(f"{kind}: times as long as gradient", x, y, lines)


def growth_chart(growth: Growth) -> str:
    """Seconds against parameters, both logarithmic, with the exponents."""
    of_recursion, of_pass = growth.exponents
    lines = [
        Line(
            f"one pass, ∝ n^{of_pass:.2f}",
            list(zip(growth.parameters, growth.backpropagation, strict=True)),
        ),
        Line(
            f"recursion, ∝ n^{of_recursion:.2f}",
            list(zip(growth.parameters, growth.recursion, strict=True)),
        ),
    ]
    x = Axis(3e4, 4e6, [(1e5, "100,000"), (1e6, "1,000,000 parameters")])
    y = Axis(1e-4, 1e4, [(10.0**k, _seconds(k)) for k in range(-4, 5, 2)])
    panel = Panel("Seconds of a gradient", x, y, lines)
    text = (
        "Seconds of a gradient against the number n of parameters, one recursion each or one pass"
    )
    return chart([panel], text, columns=1, size=(620, 340))


def _seconds(power: int) -> str:
    return {-4: "0.1 ms", -2: "10 ms", 0: "1 s", 2: "100 s", 4: "10,000 s"}[power]
