"""A page as HTML that needs nothing else: formulas are MathML, and nothing in it runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from conformance import templates
from conformance.worked.document import Display, Document, Heading, Paragraph, Tasks, Tree
from conformance.worked.forms.mathml import math

if TYPE_CHECKING:
    from jinja2 import Environment


def rendered(document: Document) -> str:
    """The page.

    >>> page = rendered(Document("A page", (Paragraph(("of <words>",)),)))
    >>> "<title>A page</title>" in page, "<p>of &lt;words&gt;</p>" in page
    (True, True)
    """
    return environment().get_template("forms/document.html.j2").render(document=document)


@cache
def environment() -> Environment:
    """The templates of this package."""
    made = templates.environment("conformance.worked")
    made.filters["math"] = math
    made.filters["kind"] = lambda block: KINDS[type(block)]
    made.tests["words"] = lambda piece: isinstance(piece, str)
    return made


KINDS: dict[type, str] = {
    Heading: "heading",
    Paragraph: "paragraph",
    Tasks: "tasks",
    Display: "display",
    Tree: "tree",
}
"""The names of blocks in the template."""
