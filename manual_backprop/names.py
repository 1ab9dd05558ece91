"""Looking a name up in a catalogue, with a helpful answer where there is no such name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def entry(catalogue: Mapping[str, T], name: str, kind: str) -> T:
    """The entry of that name.

    Args:
        catalogue: the entries by name.
        name: the one wanted.
        kind: what the entries are, "activation" say, for the message.
    Raises:
        ValueError: if there is none; the message names the nearest.
        TypeError: if it is no name.

    >>> entry({"tanh": 1, "relu": 2}, "relu", "activation")
    2
    """
    if not isinstance(name, str):
        raise TypeError(f"{kind} is {name!r} ({type(name).__name__}): a name is expected")
    if name in catalogue:
        return catalogue[name]
    raise ValueError(
        f"unknown {kind} {name!r}: {nearest(name, list(catalogue))} "
        f"(manual_backprop.{kind.upper()}{'ES' if kind.endswith('s') else 'S'} lists them all)"
    )


def nearest(name: object, names: list[str]) -> str:
    """A question that offers the nearest of the names (in small letters), or the names themselves.

    >>> nearest("Sigmod", ["tanh", "sigmoid"])
    "did you mean 'sigmoid'?"
    """
    from difflib import get_close_matches  # on first use: an error can wait, an import should not

    close = get_close_matches(str(name).lower(), names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"
