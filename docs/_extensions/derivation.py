"""What the pages of the derivation need of Sphinx: margins of common mistakes, checked numbers.

    ```{mistakes}
    no_slope_at_output
    ```

is a margin that links to the catalogue; a name that is not in it is a warning, and so an error of
the build. So is an equation whose number, counted by Sphinx, is not the one that it is labelled by.
"""

import re
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from pages.mistakes import anchor
from pages.readmes import READMES
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from conformance.mistakes import MISTAKES

LOG = logging.getLogger(__name__)


class Mistakes(SphinxDirective):
    """A margin with the mistakes that its lines name."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The margin."""
        margin = nodes.sidebar("", nodes.title("", "Common mistakes"), classes=["mistakes"])
        known = [name for name in self.content if self._is_known(name)]
        lines = [f"- [{MISTAKES[name].cause}](#{anchor(name)})" for name in known]
        self.state.nested_parse(StringList(lines, self.get_location()), 0, margin)
        return [margin]

    def _is_known(self, name: str) -> bool:
        if name not in MISTAKES:
            LOG.warning("no mistake %r in the catalogue", name, location=self.get_location())
        return name in MISTAKES


def check_numbers(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of each equation whose number on the page is not its label."""
    for label, (document, _) in env.domains.math_domain.equations.items():
        if re.fullmatch(r"\d+\.\d+", label):
            identifier = nodes.make_id(f"equation-{label}")
            counted = env.toc_fignumbers[document]["displaymath"].get(identifier, ())
            number = ".".join(map(str, counted))
            if number != label:
                LOG.warning("equation (%s) has the number (%s)", label, number, location=document)


def link_within(app: Sphinx, document: str, source: list[str]) -> None:
    """Let links to READMEs elsewhere in the repository lead to their pages here."""
    for readme, name in READMES.items():
        source[0] = source[0].replace(f"../{readme}", f"generated/{name}.md")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_directive("mistakes", Mistakes)
    app.connect("source-read", link_within)
    app.connect("env-check-consistency", check_numbers)
    return {"parallel_read_safe": True}
