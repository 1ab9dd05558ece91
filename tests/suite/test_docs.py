"""The site's pages, without Sphinx: what they name is there. `ci/docs` builds them for good."""

import doctest
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from conformance.mistakes import MISTAKES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = sorted(
    path
    for path in DOCS.rglob("*.md")
    if path.relative_to(DOCS).parts[0] not in ("_build", "generated", "paper")
)


@pytest.fixture
def pages() -> Iterator[ModuleType]:
    """The generators of tools/, which is no package that is installed."""
    sys.path.append(str(ROOT / "tools"))
    try:
        yield import_module("pages")
    finally:
        sys.path.remove(str(ROOT / "tools"))


def blocks(text: str, directive: str) -> list[str]:
    """The contents of each block of a directive, its options left out."""
    found = re.findall(rf"^```{{{directive}}}.*\n((?:.*\n)*?)```$", text, re.MULTILINE)
    return [re.sub(r"^:.*\n", "", each, flags=re.MULTILINE) for each in found]


def listed(page: Path) -> list[str]:
    """The pages that the toctrees of a page name, from docs/."""
    lines = "".join(blocks(page.read_text("utf-8"), "toctree")).split()
    return [str((page.parent / line).relative_to(DOCS)) for line in lines]


# ── what is there ──


def test_every_page_of_a_toctree_is_there_and_every_page_is_in_one(pages: ModuleType) -> None:
    """Toctrees name the written and the generated pages, each once."""
    there = [str(path.relative_to(DOCS).with_suffix("")) for path in WRITTEN]
    made = [f"generated/{name}" for name in pages.PAGES]

    assert sorted(name for page in WRITTEN for name in listed(page)) == sorted(
        {*there, *made} - {"index"}
    )


@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: str(path.relative_to(DOCS)))
def test_links_of_a_page_lead_somewhere(page: Path, pages: ModuleType) -> None:
    """Every relative link names a file of the repository, or a page that is generated."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose)
    made = {DOCS / "generated" / f"{name}.md" for name in pages.PAGES}
    missing = [
        link
        for link in links
        if not (to := (page.parent / link).resolve()).exists() and to not in made
    ]

    assert missing == []


def test_the_generated_pages_have_a_title_each(pages: ModuleType) -> None:
    """A page that is made of the code begins, after its settings, with one title."""
    titles = {
        name: re.findall(r"^# ", re.sub(r"```.*?```", "", page(), flags=re.DOTALL), re.MULTILINE)
        for name, page in pages.PAGES.items()
    }

    assert titles == {name: ["# "] for name in pages.PAGES}


def test_examples_of_the_generators_hold(pages: ModuleType) -> None:
    """The doctests of the modules that make pages pass, and there are some."""
    modules = [getattr(pages, name) for name in ("mistakes", "functions")]
    found = [doctest.testmod(module) for module in modules]

    assert [(each.failed, each.attempted > 0) for each in found] == [(0, True), (0, True)]


def test_every_mistake_has_its_place_in_the_catalogue(pages: ModuleType) -> None:
    """The page of mistakes has an anchor for each, which the margins link to."""
    page = pages.mistakes.page()

    assert [name for name in MISTAKES if f"({pages.mistakes.anchor(name)})=" not in page] == []


def test_margins_name_mistakes_of_the_catalogue() -> None:
    """Every line of a margin is the name of a planted mistake."""
    named = "".join(
        text for page in WRITTEN for text in blocks(page.read_text("utf-8"), "mistakes")
    )

    assert named.split()
    assert [name for name in named.split() if name not in MISTAKES] == []


# ── equation numbers ──

NUMBER = re.compile(r"(?<!\w)\((\d\.\d)\)")  # (3.1), not exp(0.5)


def numbered() -> set[str]:
    """The equations that docs/derivation.md numbers at the end of a line."""
    text = (DOCS / "derivation.md").read_text("utf-8")
    return set(re.findall(r" {2,}\((\d\.\d)\)(?:  .*)?$", text, re.MULTILINE))


def test_equations_that_the_code_cites_are_those_of_the_derivation() -> None:
    """Every number in a docstring or comment of the core is one of docs/derivation.md."""
    cited = {
        (path.name, number)
        for path in (ROOT / "manual_backprop").rglob("*.py")
        for number in NUMBER.findall(path.read_text("utf-8"))
    }

    assert {number for _, number in cited} > {"1.1", "3.3", "5.5", "6.1"}
    assert sorted((name, number) for name, number in cited if number not in numbered()) == []


def test_the_site_numbers_the_equations_of_the_derivation() -> None:
    """The pages of the derivation have each equation of docs/derivation.md, once, in its order."""
    text = "".join(
        (DOCS / f"{name}.md").read_text("utf-8")
        for name in listed(DOCS / "index.md")
        if name.startswith("derivation/")
    )

    assert re.findall(r"^:label: (\d\.\d)$", text, re.MULTILINE) == sorted(numbered())


def test_references_to_equations_are_to_numbers_that_there_are() -> None:
    """Every {eq} of a page names an equation of docs/derivation.md."""
    text = "".join(page.read_text("utf-8") for page in WRITTEN)

    assert set(re.findall(r"{eq}`([^`]*)`", text)) - numbered() == set()
