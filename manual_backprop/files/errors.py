"""What is wrong with a problem file: all of it at once, each error with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the top of the document: ("layers", 2, "weights", 0, 3)."""

Error: TypeAlias = tuple[Place, str]

PRINTED = 20
"""The errors that a message prints; `errors` has them all."""


class ProblemFileError(ValueError):
    """Everything that is wrong with one problem file.

    Args:
        source: the file's name, or what else the document came from.
        errors: (place, message) of each error.

    Attributes:
        source: likewise.
        errors: (path, message) of each, the path as one writes it, "layers[2].weights[0][3]";
            empty where the error concerns the file as a whole.

    >>> print(ProblemFileError("p.json", [(("layers", 2, "biases"), "missing")]))
    p.json: layers[2].biases: missing
    """

    def __init__(self, source: str, errors: Iterable[Error]) -> None:
        errors = list(errors)
        super().__init__(source, errors)  # as the arguments came: so that the error can be pickled
        self.source = source
        self.errors = [(path(place), message) for place, message in errors]

    def __str__(self) -> str:
        lines = [f"{where}: {what}" if where else what for where, what in self.errors]
        if len(lines) == 1:
            return f"{self.source}: {lines[0]}"
        left = len(lines) - PRINTED
        tail = [f"… and {left} more"] if left > 0 else []
        return "\n  ".join([f"{self.source}: {len(lines)} errors", *lines[:PRINTED], *tail])


def path(place: Place) -> str:
    """The place as one writes it.

    >>> path(("layers", 2, "weights", 0, 3)), path(("my key",))
    ('layers[2].weights[0][3]', "['my key']")
    """
    return "".join(map(_step, place)).removeprefix(".")


def value_at(document: Any, place: Iterable[str | int]) -> Any:
    """What stands at a place of the document, or at a place relative to a part of it.

    >>> value_at({"layers": [{"biases": [1.0, 2.0]}]}, ("layers", 0, "biases", 1))
    2.0
    """
    for step in place:
        document = document[step]
    return document


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"\w{1,40}", step) else f"[{shown(step)}]"


def shown(value: Any) -> str:
    """A value of the file, briefly and as JSON names it.

    >>> [shown(value) for value in (None, True, 3.0, "tanh", [1.0, 2.0], {})]
    ['null', 'true', '3', "'tanh'", 'a list of 2', 'an object']
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (list, dict)):
        return f"a list of {len(value)}" if isinstance(value, list) else "an object"
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return f"a Python {type(value).__name__}"
