"""Sphinx's settings: `ci/docs` builds the site."""

import sys
from hashlib import sha256
from pathlib import Path

import mathjax

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tools"), str(ROOT / "docs" / "_extensions")]

import pages  # noqa: E402 — found on the path made above

import manual_backprop  # noqa: E402

pages.write(ROOT / "docs" / "generated")

project = "manual-backprop"
author = "The manual-backprop contributors"
copyright = f"2026, {author}"
version = release = manual_backprop.__version__

smartquotes = False  # --exec and f' are meant as they stand

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_proof",
    "derivation",
    "docstrings",
]
exclude_patterns = ["_build", "_extensions", "paper"]
nitpick_ignore_regex = [
    ("py:class", ".*"),  # types in signatures: other projects', and aliases
    ("py:exc", ".*"),  # what a function raises, by its short name
]

# ── Markdown, and cells that run ──

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False


def fingerprint() -> str:
    """Of all that a cell may run: a cell's output is believed only while that stays the same."""
    sources = [
        path
        for each in ("manual_backprop", "conformance", "docs/derivation")
        for path in (ROOT / each).rglob("*.py")
    ]
    texts = [path.read_bytes() for path in sorted([*sources, ROOT / "ci" / "constraints.txt"])]
    return sha256(b"\0".join(texts)).hexdigest()[:16]


nb_execution_mode = "cache"
nb_execution_cache_path = str(ROOT / ".cache" / "docs" / fingerprint())
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 300
nb_merge_streams = True

# ── numbers: an equation has its section's, then its own ──

numfig = True
math_numfig = True
numfig_secnum_depth = 1

# ── mathematics without a network: one file of the package, 2 MB ──

MATHJAX = Path(mathjax.__file__).parent / "static" / "mathjax" / "es5" / "tex-svg.js"
mathjax_path = MATHJAX.name
mathjax3_config = {"options": {"enableMenu": False}}  # the menu would load more files

# ── docstrings ──

napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"exclude-members": "__init__"}

# ── looks ──

html_theme = "furo"
html_title = "manual-backprop"
html_static_path = ["_static", str(MATHJAX)]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
