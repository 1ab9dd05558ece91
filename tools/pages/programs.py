"""The README of `examples/programs`, which pages of the site link to."""

from pathlib import Path

README = Path(__file__).resolve().parents[2] / "examples" / "programs" / "README.md"


def page() -> str:
    """The page: links into docs/ are one folder away."""
    return README.read_text("utf-8").replace("](../../docs/", "](../")
