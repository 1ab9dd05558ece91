"""The pages of the site that are made of the code: catalogues, command line, reference.

Each module has `page()`, the text of one page in Markdown. `write` puts them where Sphinx reads
them; a page of the site that names a mistake, an option or a departure links there.
"""

from collections.abc import Callable
from pathlib import Path

from pages import command_line, departures, functions, mistakes, readmes, reference

PAGES: dict[str, Callable[[], str]] = {
    "mistakes": mistakes.page,
    "functions": functions.page,
    "departures": departures.page,
    "command-line": command_line.page,
    "example-programs": readmes.example_programs,
    "test-vectors": readmes.test_vectors,
    "reference-core": reference.core,
    "reference-oracle": reference.oracle,
    "reference-suite": reference.suite,
}
"""Name of the page, without its ending, and what makes it."""


def write(folder: Path) -> None:
    """Write every page to the folder; one that would not change keeps its time, for Sphinx."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        path, text = folder / f"{name}.md", page()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
