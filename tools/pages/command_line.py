"""Every command and option of `manual-backprop`, from the parser itself."""

import re

from conformance.cli import app

INTRODUCTION = """\
# The command line

`manual-backprop` is the same as `python -m conformance`. Exit status: 0 nothing is wrong and
something conforms; 1 a finding; 2 misuse or bad input; 3 nothing could be decided; 130 interrupted.
"""


def page() -> str:
    """The page: one section a command."""
    manual = app.generate_docs(output_format="markdown", usage_name="manual-backprop")
    commands = manual[manual.index("\n## manual-backprop") :]
    once = re.sub(r"^(manual-backprop (\w+)) \2 ", r"\1 ", commands, flags=re.MULTILINE)
    return INTRODUCTION + once
