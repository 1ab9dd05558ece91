"""Inline SVG: elements whose every text is escaped, and pictures that say what they show.

Colours are CSS classes of the page, so that a drawing follows its light and dark scheme; whatever a
colour says, a shape or a dash pattern says too.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from markupsafe import Markup

from conformance.render.console import harmless

Shape = ET.Element


def shape(tag: str, *inside: Shape | str, **attributes: object) -> Shape:
    """One element; `class_` and `text_anchor` name the attributes class and text-anchor.

    >>> from xml.etree.ElementTree import tostring
    >>> tostring(shape("text", "a < b", x=2 / 3, text_anchor="end"), "unicode")
    '<text x="0.7" text-anchor="end">a &lt; b</text>'
    """
    named = {_name(name): _value(value) for name, value in attributes.items() if value != ""}
    element = ET.Element(tag, named)
    for each in inside:
        if isinstance(each, str):
            element.text = harmless(each)
        else:
            element.append(each)
    return element


def _name(keyword: str) -> str:
    """The attribute that a keyword stands for; SVG's own camel case is kept."""
    return keyword.rstrip("_").replace("_", "-")


def _value(value: object) -> str:
    """A number in tenths of a pixel, which nobody sees; anything else as it is."""
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)


def picture(
    name: str, title: str, description: str, size: tuple[float, float], *shapes: Shape
) -> Markup:
    """A whole drawing, `<svg>`, with a title and a description for those who do not see it.

    Args:
        name: its id, which nothing else of the page has.
        title: what it is.
        description: what is to be seen in it.
        size: width and height in pixels.
        shapes: what it is made of, the lowest first.
    """
    width, height = size
    root = shape(
        "svg",
        shape("title", title, id=f"{name}-title"),
        shape("desc", description, id=f"{name}-desc"),
        *shapes,
        id=name,
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-desc",
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
    )
    return Markup(ET.tostring(root, encoding="unicode"))
