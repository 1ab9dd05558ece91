"""What is probably wrong with an implementation, from the networks that it fails and passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from conformance.diagnosis.entries import Remark
from conformance.mistakes import Mistake
from manual_backprop import Problem


class Match(NamedTuple):
    """How well a mistake explains what was seen.

    Attributes:
        mistake: of the catalogue.
        matched: networks that fail on which it gives what was returned.
        of: networks that fail and were looked at.
        against: networks that pass, though the mistake would show on them.
    """

    mistake: Mistake
    matched: int
    of: int
    against: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it explains all that was seen."""
        return self.matched == self.of and not self.against


@dataclass(frozen=True)
class Diagnosis:
    """What is probably wrong.

    Attributes:
        layers: which layers are right; empty if that cannot be said.
        matches: mistakes that explain what was seen, the best first.
        told_apart: a network that was searched for because several explained it all, and what it
            said; None if there was no need, or none was found.
        description: what the wrong entries, and the networks, have in common.
    """

    layers: str = ""
    matches: tuple[Match, ...] = ()
    told_apart: tuple[Problem, str] | None = None
    description: tuple[Remark, ...] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether there is no more to say than that something is wrong."""
        return not (self.layers or self.matches or self.description)

    def sentences(self, leak_free: bool = False) -> list[str]:
        """The diagnosis in words.

        Args:
            leak_free: name the kinds of mistakes alone, and no number that was expected.
        """
        lines = [self.layers] if self.layers else []
        lines += _kinds(self.matches) if leak_free else _causes(self.matches)
        if self.told_apart is not None and not leak_free:
            lines.append(self.told_apart[1])
        lines += [each.leak_free if leak_free else each.text for each in self.description]
        return lines or ["Nothing more can be said of it."]


def _causes(matches: Sequence[Match]) -> list[str]:
    """One sentence for each match."""
    return [_cause(match, "Or your" if number else "Your") for number, match in enumerate(matches)]


def _cause(match: Match, your: str) -> str:
    if match.mistake.sets is None:  # no entries were compared: it ended in the same way
        networks = f"{match.matched} of {match.of} failing networks"
        return f"Such findings come, for one, of {match.mistake.cause} (as on {networks})."
    equals = f"gradient equals what you get by {match.mistake.cause}"
    if match.matched < match.of:
        return f"On {match.matched} of {match.of} failing networks your {equals}."
    if match.against:
        return (
            f"{your} {equals} (matches on {match.matched} of {match.of} failing networks, but "
            f"{match.against} pass on which it would show)."
        )
    return f"{your} {equals} (matches on {match.matched} of {match.of} failing networks)."


def _kinds(matches: Sequence[Match]) -> list[str]:
    """The kinds of the matches, each once."""
    kinds = dict.fromkeys(match.mistake.kind for match in matches)
    return [f"{'Or' if number else 'Probably'} {kind}." for number, kind in enumerate(kinds)]
