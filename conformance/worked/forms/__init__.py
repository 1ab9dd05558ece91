"""The forms that a page is written in, by the name that `--format` gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conformance.errors import Misuse
from conformance.worked.document import Document
from conformance.worked.forms import html, latex, markdown, text
from manual_backprop.names import nearest

FORMS: dict[str, Callable[[Document], str]] = {
    "text": text.rendered,
    "markdown": markdown.rendered,
    "latex": latex.rendered,
    "html": html.rendered,
}


SUFFIXES = {".md": "markdown", ".tex": "latex", ".html": "html"}
"""Names of files that say their form."""


def form_of(name: str | None, output: Path | None) -> str:
    """The form that is asked for, or else the one that the output's name says, or else text.

    Raises:
        Misuse: if there is no such form.

    >>> form_of(None, Path("sheet.tex")), form_of("text", Path("sheet.tex")), form_of(None, None)
    ('latex', 'text', 'text')
    """
    if name is None:
        return SUFFIXES.get(output.suffix.lower(), "text") if output is not None else "text"
    if name not in FORMS:
        raise Misuse(f"--format: unknown format {name!r}: {nearest(name, list(FORMS))}")
    return name
