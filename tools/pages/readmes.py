"""READMEs that pages of the site link to, as pages."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

READMES = {
    "examples/programs/README.md": "example-programs",
    "conformance/vectors/README.md": "test-vectors",
}
"""Path in the repository, and name of the page."""


def example_programs() -> str:
    """The programs in four languages."""
    return _page("examples/programs/README.md")


def test_vectors() -> str:
    """The test vectors."""
    return _page("conformance/vectors/README.md")


def _page(readme: str) -> str:
    """The README; links into docs/ are kept, others lead to files that no page shows."""
    text = (ROOT / readme).read_text("utf-8").replace("](../../docs/", "](../")
    return re.sub(r"\[([^]]*)\]\((?!\.\./[\w-]+\.md|https?:|#)[^)]*\)", r"\1", text)
