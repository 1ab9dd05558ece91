"""What is probably wrong, in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.render.gradient import wrapped

if TYPE_CHECKING:
    from conformance.diagnosis import Diagnosis


def diagnosis_lines(diagnosis: Diagnosis, hide_values: bool = False) -> list[str]:
    """The sentences of a diagnosis, under a heading.

    Args:
        diagnosis: of one target.
        hide_values: name the kinds of mistake, never the expected numbers.
    """
    return ["Diagnosis", *wrapped(*diagnosis.sentences(leak_free=hide_values))]
