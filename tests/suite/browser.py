"""Chromium, headless, for pages that a script changes: what is in a page after it has run."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--virtual-time-budget=2000", "--enable-logging=stderr", "--dump-dom"),
)

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


def page_after(page: str, fragment: str = "", then: str = "") -> Page:
    """The page after its script has run.

    Args:
        page: the HTML.
        fragment: of its address.
        then: a script that runs after the page's own, as a reader acts; the page's policy, which
            would forbid it, is taken out for that.
    Raises:
        AssertionError: if the page's script fails, or its policy refuses something.
    """
    if then:
        page = re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", page)
        page = page.replace("</body>", f"<script>{then}</script></body>")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        profile, address = f"--user-data-dir={folder}/profile", f"{file.as_uri()}{fragment}"
        command = [str(CHROMIUM), *FLAGS, profile, address]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert [] == re.findall(r".*CONSOLE.*", done.stderr)
    return Page(done.stdout)


class Element:
    """An element with its attributes, what it contains, and the text of it all."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element] = []
        self.texts: list[str | Element] = []

    @property
    def classes(self) -> set[str]:
        """Its classes."""
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """What is to be read in it, spaces aside."""
        parts = [each if isinstance(each, str) else each.text for each in self.texts]
        return " ".join("".join(parts).split())

    def all(self, **attributes: str) -> list[Element]:
        """The elements inside that have these attributes; `class_` asks for one class of many."""
        found = [self] if self._has(attributes) else []
        return found + [each for child in self.children for each in child.all(**attributes)]

    def _has(self, attributes: dict[str, str]) -> bool:
        wanted = dict(attributes)
        own = wanted.pop("class_", None)
        named = {key.replace("_", "-"): value for key, value in wanted.items()}
        return (own is None or own in self.classes) and named.items() <= self.attributes.items()


class Page(HTMLParser):
    """A page as a tree; `root` holds all of it.

    Raises:
        AssertionError: if an element is closed that is not the innermost open one.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.feed(text)
        assert self.open == [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        self.open[-1].texts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].texts.append(data)
