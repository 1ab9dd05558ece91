"""The catalogue of planted mistakes as a page: an anchor, the cause and the origin of each."""

from collections import defaultdict
from urllib.parse import urlsplit

from conformance.mistakes import MISTAKES, Mistake

INTRODUCTION = """\
# Common mistakes

Each of these is planted in the hand-written recursion and judged: all are caught. The list is the
catalogue that `manual-backprop check` compares a wrong gradient with, to name its cause.
`manual-backprop mistakes` counts how many networks each of them survives.
"""


def page() -> str:
    """The page: mistakes by kind, in the catalogue's order."""
    kinds = defaultdict(list)
    for mistake in MISTAKES.values():
        kinds[mistake.kind].append(mistake)
    chapters = [
        f"## {kind[0].upper()}{kind[1:]}\n\n" + "\n".join(map(_entry, mistakes))
        for kind, mistakes in kinds.items()
    ]
    return "\n".join([INTRODUCTION, *chapters])


def anchor(name: str) -> str:
    """The target that a page links to.

    >>> anchor("no_slopes")
    'mistake-no-slopes'
    """
    return f"mistake-{name.replace('_', '-')}"


def _entry(mistake: Mistake) -> str:
    of = f" (of {', '.join(f'`{name}`' for name in mistake.of)})" if mistake.of else ""
    cause = mistake.cause.replace("*", r"\*").replace("|", r"\|")
    return (
        f"({anchor(mistake.name)})=\n`{mistake.name}`\n: {cause}{of}. {_origin(mistake.origin)}\n"
    )


def _origin(origin: str) -> str:
    """Where it was met: a link named by what it leads to, or the words themselves."""
    url = urlsplit(origin)
    return f"Met in [{url.netloc}{url.path}]({origin})." if url.scheme else f"Met in {origin}."
