"""A plot with logarithmic axes as SVG, drawn in the colour of the text around it, light or dark."""

from math import ceil, floor, log10

from IPython.display import HTML

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 110, 20, 40
"""Margins; the right one holds the names of the lines."""


def loglog(x, series, label):
    """Lines over x: `series` is name ↦ values, in seconds; `label` is what x counts."""
    values = [value for each in series.values() for value in each]
    across = scale(min(x), max(x), LEFT, WIDTH - RIGHT)
    decades = range(floor(log10(min(values))), ceil(log10(max(values))) + 1)
    up = scale(10.0 ** decades[0], 10.0 ** decades[-1], HEIGHT - BOTTOM, TOP)
    parts = [*grid(decades, up), *ticks(x, across, label)]
    for name, each in series.items():
        parts += line(name, [(across(a), up(b)) for a, b in zip(x, each, strict=True)])
    return HTML(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width: 100%" stroke="currentColor"'
        f' role="img" aria-label="Seconds against {label}, both logarithmic">{"".join(parts)}</svg>'
    )


def scale(low, high, start, end):
    """The map of [low, high] onto [start, end], linear in the logarithm."""
    return lambda value: start + (end - start) * log10(value / low) / log10(high / low)


def text(words, x, y, anchor):
    """Words at a place."""
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" stroke="none" fill="currentColor"'
        f' font-size="12">{words}</text>'
    )


def grid(decades, up):
    """A faint line and its value for each power of ten."""
    for power in decades:
        y = up(10.0**power)
        yield f'<path d="M{LEFT},{y:.1f}H{WIDTH - RIGHT}" stroke-opacity="0.2"/>'
        yield text(f"{10.0**power:g} s", LEFT - 8, y + 4, "end")


def ticks(x, across, label):
    """The values of x, and what they count."""
    for value in x:
        yield text(value, across(value), HEIGHT - BOTTOM + 18, "middle")
    yield text(label, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "middle")


def line(name, points):
    """A line through the points, with its name at the end."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke-width="2"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="currentColor"/>'
    yield text(name, points[-1][0] + 8, points[-1][1] + 4, "start")
