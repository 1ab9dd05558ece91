"""The report as one HTML page that needs nothing else: no network, no script, no font.

    text          the page, for `--report DIR`
    page          what it says, section by section
    tables        targets, kinds of network, wrong entries, resolution
    findings      one finding: words, drawings, entries, how to replay it
    network       the network drawn, its wrong edges marked
    heatmap       a layer's gradient drawn, wrong entries crossed
    histogram     entries by error / bound drawn
    layer_gradient, bars, marks
                  what these drawings show: values, counts, and which entries are wrong
    svg           the elements that drawings are made of

The template `report.html.j2` escapes every text; `style.html.j2` holds the colours, light, dark and
for print. What targets are called and what they say in their errors is foreign, and treated so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from conformance import templates
from conformance.counterexamples import Counterexample
from conformance.render.html.page import contents
from conformance.report import Report

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["text"]


def text(report: Report, examples: Sequence[Counterexample], in_frame: bool = False) -> str:
    """The page.

    Args:
        report: on any number of targets; it may be interrupted, and empty.
        examples: the findings to show, with their files.
        in_frame: whether it stands in a frame's `srcdoc`, where links to its own sections would
            else lead to the page around it.
    """
    return _template().render(page=contents(report, examples), in_frame=in_frame)


@cache
def _template() -> Template:
    """The template, compiled."""
    environment = templates.environment("conformance.render", "html")
    environment.filters["breakable"] = breakable
    return environment.get_template("report.html.j2")


def breakable(text: str) -> Markup:
    """The text, escaped, with places where a long path may be broken into lines.

    >>> breakable("a/b.py:<f>")
    Markup('a/<wbr/>b.py:<wbr/>&lt;f&gt;')
    """
    return Markup(re.sub(r"([/:])(?=\S)", r"\1<wbr/>", str(escape(text))))
