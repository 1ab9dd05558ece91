"""A report that shows itself: the command's text to `print`, the HTML page to a notebook.

It stands apart from `conformance.report`, which what renders it builds on.
"""

from __future__ import annotations

import io
from html import escape
from typing import Self

from conformance.counterexamples import Counterexample
from conformance.publishing import show
from conformance.render import html
from conformance.render.console import Console
from conformance.render.findings import shown_findings
from conformance.render.summary import outcome_sentence
from conformance.report import Report

WIDTH = 80
"""Columns of the text."""


class ShownReport(Report):
    """A `Report` with a text and a page; neither writes a file."""

    @classmethod
    def of(cls, report: Report) -> Self:
        """The same report, which shows itself."""
        return cls(**vars(report))

    def __str__(self) -> str:
        """Findings, diagnosis and summary, as the command prints them."""
        stream = io.StringIO()
        console = Console(file=stream, width=WIDTH, force_terminal=False, force_jupyter=False)
        show(self, self._examples(), console)
        return stream.getvalue().rstrip("\n")

    def __repr__(self) -> str:
        """One line: what stands where a notebook does not trust a page."""
        return f"<report: {outcome_sentence(self)}>"

    def _repr_html_(self) -> str:
        """The page in a frame.

        In a frame the notebook's styles and the page's leave each other alone, two reports do not
        share their ids, the page goes by the frame's width, and nothing in it can run.
        """
        page = html.text(self, self._examples(), in_frame=True)
        return (
            f'<iframe title="{escape(outcome_sentence(self))}" srcdoc="{escape(page)}" '
            'sandbox="allow-popups allow-popups-to-escape-sandbox" '
            'style="width: 100%; height: 40rem; border: 1px solid #8888; resize: vertical">'
            "</iframe>"
        )

    def _examples(self) -> list[Counterexample]:
        """The findings to show, without files."""
        found = [each for tally in self.tallies for each in shown_findings(tally)]
        return [Counterexample(each, None) for each in found]
