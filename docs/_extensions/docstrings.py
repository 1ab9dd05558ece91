"""The project's docstrings as autodoc wants them: they are written to be read as they stand.

A bar or an asterisk in them is mathematics, a name in backquotes is code, and what is indented
further is a formula; reStructuredText takes each for something else.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sphinx.application import Sphinx

TEXT, FORMULA, EXAMPLE = "text", "formula", "example"


def prepare(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Rewrite the lines of one docstring in place."""
    pairs = list(classified(with_remarks(lines)))
    # napoleon takes the first line of a property for "type: description", unless it is blank
    result = [""] if what in ("attribute", "property") else []
    for kind, group in groupby(pairs, key=lambda pair: pair[0]):
        block = [line for _, line in group]
        if kind == FORMULA:
            result += [" " * (indent(block[0]) - 4) + "::", "", *block, ""]
        else:
            result += escaped("\n".join(block)).split("\n") if kind == TEXT else block
    lines[:] = result


def with_remarks(lines: list[str]) -> Iterator[str]:
    """The lines, with `Accuracy: …`, `Kink: …` and the like as paragraphs of their own."""
    within = -1
    for line in lines:
        remark = re.match(r"( *)(Accuracy|Cost|Kink|Source)(:.*)", line)
        if remark:
            within = len(remark[1])
            yield from ("", f"{remark[1]}**{remark[2]}**{remark[3]}")
        elif 0 <= within < indent(line):
            yield " " * within + line.strip()
        else:
            if within >= 0 and line.strip():
                yield ""
            within = -1
            yield line


def classified(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Each line with what it is; a formula is what stands, after a blank line, four further in."""
    kind, margin, blank = TEXT, 0, False
    for line in lines:
        if not line.strip():
            kind = TEXT if kind == EXAMPLE else kind
        elif line.lstrip().startswith(">>>"):
            kind = EXAMPLE
        elif kind == FORMULA and indent(line) <= margin:
            kind = TEXT
        elif kind == TEXT and blank and indent(line) >= margin + 4:
            kind = FORMULA
        blank = not line.strip()
        if kind == TEXT and not blank:
            margin = indent(line)
        yield kind, line


def escaped(text: str) -> str:
    """Text whose bars, asterisks and trailing underscores are themselves, and `code` is code."""
    parts = re.split(r"(`[^`]+`)", text)
    for place in range(0, len(parts), 2):
        parts[place] = re.sub(r"([|*\\]|_\b)", r"\\\1", parts[place]).replace(r"\*\*", "**")
    for place in range(1, len(parts), 2):
        parts[place] = f"`{parts[place]}`"
        if re.match(r"\w", parts[place + 1]):
            parts[place] += "\\ "  # `Fraction`s: a letter ends no literal
    return "".join(parts)


def indent(line: str) -> int:
    """How far a line is indented; −1 for a blank one."""
    return len(line) - len(line.lstrip()) if line.strip() else -1


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", prepare, priority=100)  # before napoleon's 500
    return {"parallel_read_safe": True}
