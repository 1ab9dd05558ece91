"""`manual-backprop cite`: how to cite the software, in three forms from one set of facts.

`CITATION.cff` and the README's BibTeX are what this prints, which a test compares; an installed
package has neither file with it. The version is the package's own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from conformance.errors import Misuse
from conformance.render.console import Console, print_plainly
from manual_backprop import __version__
from manual_backprop.names import nearest

AUTHOR = "The manual-backprop contributors"
TITLE = "manual-backprop: backpropagation as its derivation, and gradients with a proof"
LICENSE = "MIT"
RELEASED = "2026-11-22"
"""The day of the version's release, as ISO 8601 has it."""

ABSTRACT = (
    "Backpropagation written as its derivation, with certified gradients, and a conformance suite "
    "that judges any implementation of it entry by entry, under a tolerance derived for each."
)
KEYWORDS = (
    "backpropagation",
    "gradient checking",
    "automatic differentiation",
    "conformance",
    "interval arithmetic",
)


def cite(form: str = "bibtex") -> int:
    """Print the citation.

    Args:
        form: bibtex, apa or cff.
    Returns:
        The exit status, 0.
    Raises:
        Misuse: if there is no such form.
    """
    if form not in FORMS:
        raise Misuse(f"--format: unknown format {form!r}: {nearest(form, list(FORMS))}")
    print_plainly(FORMS[form]().removesuffix("\n"), Console())
    return 0


def bibtex() -> str:
    """For LaTeX's biblatex.

    >>> print(bibtex().splitlines()[0])
    @software{manual_backprop,
    """
    return (
        "@software{manual_backprop,\n"
        f"  author  = {{{{{AUTHOR}}}}},\n"
        f"  title   = {{{TITLE}}},\n"
        f"  version = {{{__version__}}}, year = {{{RELEASED[:4]}}}, license = {{{LICENSE}}}\n"
        "}\n"
    )


def apa() -> str:
    """For a list of references.

    >>> print(apa()[:47])
    The manual-backprop contributors. (2026). manua
    """
    return f"{AUTHOR}. ({RELEASED[:4]}). {TITLE} (Version {__version__}) [Computer software].\n"


def cff() -> str:
    """The Citation File Format, version 1.2.0 (https://citation-file-format.github.io).

    >>> print(cff().splitlines()[0])
    cff-version: 1.2.0
    """
    abstract = textwrap.fill(ABSTRACT, 100, initial_indent="  ", subsequent_indent="  ")
    keywords = "\n".join(f"  - {each}" for each in KEYWORDS)
    return (
        "cff-version: 1.2.0\n"
        "message: If you use this software in your work, please cite it as below.\n"
        "type: software\n"
        f'title: "{TITLE}"\n'
        f"abstract: >-\n{abstract}\n"
        f"authors:\n  - name: {AUTHOR}\n"
        f"version: {__version__}\n"
        f"date-released: {RELEASED}\n"
        f"license: {LICENSE}\n"
        f"keywords:\n{keywords}\n"
    )


FORMS: dict[str, Callable[[], str]] = {"bibtex": bibtex, "apa": apa, "cff": cff}
