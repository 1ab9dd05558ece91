"""`manual-backprop explain`: one derivative as a tree of terms, proved; or a page to try them all.

The same in Python:

>>> from conformance.worked.forms import text
>>> from conformance.worked.entry import Entry
>>> from conformance.worked.explanation import explanation
>>> from manual_backprop import Problem
>>> from manual_backprop.files import ProblemFile
>>> problem = Problem.random((2, 3, 1))  # or manual_backprop.files.read("problem.json")
>>> page = explanation(ProblemFile(problem, "float64"), "my problem", Entry(k=0, i=2, j=1))
>>> text.rendered(page.document).splitlines()[0]
'∂L/∂weights[0][2, 1], step by step'
"""

from __future__ import annotations

import sys
from pathlib import Path

from conformance.errors import Misuse
from conformance.gradient import working
from conformance.outputs import check_writable, write
from conformance.render.console import Console, harmless, print_plainly
from conformance.worked.entry import Entry, entry_at
from conformance.worked.explanation import explanation
from conformance.worked.forms import FORMS, form_of
from conformance.worked.interactive.page import interactive
from manual_backprop.files import ProblemFile, ProblemFileError, read

FINDING, UNDECIDED = 1, 3


def explain(
    problem: Path,
    weight: str | None = None,
    bias: str | None = None,
    form: str | None = None,
    output: Path | None = None,
    page: Path | None = None,
) -> int:
    """Print how one derivative of the problem in a file comes about, or write a page to try them.

    Args:
        problem: a problem file.
        weight: "K,I,J" of a weight.
        bias: "K,I" of a bias, in place of a weight.
        form: text, markdown, latex or html; by the name of the output unless given.
        output: a file to write in place of printing.
        page: an interactive page to write instead; then weight and bias say what it opens with.
    Returns:
        The exit status: 0; 1 if backpropagation contradicts the recursion; 3 where a number is not
        decided.
    Raises:
        Misuse: if the file is bad, there is no such entry, or the output cannot be written.
    """
    check_writable({"--output": output, "--interactive": page})
    if page is not None and not (form is None and output is None):
        raise Misuse("--interactive writes a page of its own: leave out --format and --output")
    form = form_of(form, output)
    file = file_at(problem)
    entry = None
    if page is None or weight is not None or bias is not None:
        entry = entry_at(weight, bias, file.problem.network)
    try:
        with working():
            text, decided = answer(file, harmless(str(problem)), entry, None if page else form)
    except ArithmeticError as error:
        print(f"manual-backprop: {error}", file=sys.stderr)
        return FINDING
    deliver(text, page or output)
    return 0 if decided else UNDECIDED


def answer(
    file: ProblemFile, source: str, entry: Entry | None, form: str | None
) -> tuple[str, bool]:
    """The text of the page, interactive where no form is asked for, and whether all is decided."""
    if form is None or entry is None:
        made = interactive(file, source, entry)
        return made.text, made.decided
    explained = explanation(file, source, entry)
    return FORMS[form](explained.document), explained.decided


def file_at(path: Path) -> ProblemFile:
    """The problem in a file, which has samples.

    Raises:
        Misuse: if the file is bad, or there are none.
    """
    try:
        file = read(path)
    except ProblemFileError as error:
        raise Misuse(str(error)) from error
    if file.problem.samples == 0:
        raise Misuse(f"{path}: there are no samples, so every derivative is 0")
    return file


def deliver(page: str, output: Path | None) -> None:
    """Write the page to the file, or else print it as it is.

    Raises:
        Misuse: if it cannot be written.
    """
    if fault := write(output, page):
        raise Misuse(fault)
    if output is None:
        print_plainly(page.removesuffix("\n"), Console())
