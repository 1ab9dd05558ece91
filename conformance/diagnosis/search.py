"""The search through the catalogue: which mistakes give what was seen, and which of them best."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.diagnosis.diagnosis import Match
from conformance.diagnosis.matching import UNKNOWN, Evidence, evidence
from conformance.diagnosis.observed import Observed
from conformance.mistakes import MISTAKES, Mistake

SHARES = 3
"""Mistakes that may explain the networks together; more would explain anything."""

WIDER = 10.0
"""Bits by which an explanation's sets may be wider than the best one's, and still count beside."""


def explanations(failing: Sequence[Observed], passing: Sequence[Observed]) -> list[Match]:
    """Mistakes that explain all that was seen, the best first; or the few that share it out.

    An explanation of all networks that fail is held against those that pass; of several, those
    come first whose sets are the narrowest. If there is none, mistakes are taken one after the
    other, each explaining most of what is left; they count only if they explain all together.
    """
    ledger = _Ledger(failing)
    ledger.try_whole()
    whole = [ledger.match(each, passing) for each in ledger.whole()]
    if whole:
        return _best([each for each in whole if not each.against] or whole, ledger)
    ledger.try_shares()
    return [ledger.match(each, passing) for each in ledger.shares()]


def _best(matches: list[Match], ledger: _Ledger) -> list[Match]:
    """Without those whose sets are so much wider that they say less; narrowest first."""
    matches.sort(key=lambda each: (each.against, ledger.width(each.mistake)))
    most = ledger.width(matches[0].mistake) + WIDER
    return [each for each in matches if ledger.width(each.mistake) <= most]


class _Ledger:
    """What each network that fails says of each mistake, as far as it was asked.

    Args:
        failing: the networks.
    """

    def __init__(self, failing: Sequence[Observed]) -> None:
        self.failing = failing
        self.rows: dict[str, dict[int, Evidence]] = {name: {} for name in MISTAKES}

    def try_whole(self) -> None:
        """Try each mistake on one network after the other, until one says no.

        Those of middling size come first: on the smallest many mistakes come to the same.
        """
        middle = len(self.failing) // 2
        order = [*range(middle, len(self.failing)), *range(middle)]
        for name in MISTAKES:
            for place in order:
                if self._ask(name, place) is False:
                    break

    def try_shares(self) -> None:
        """Try every mistake on a network that is not explained yet, and what matches on all.

        A network that no mistake explains ends it: there is nothing to share out.
        """
        for _ in range(SHARES):
            left = self._unexplained()
            agreeing = [name for name in MISTAKES if left and self._ask(name, left[len(left) // 2])]
            if not agreeing:
                return
            for name in agreeing:
                for place in range(len(self.failing)):
                    self._ask(name, place)

    def _ask(self, name: str, place: int) -> bool | None:
        """Whether the mistake gives what was seen on that network."""
        if place not in self.rows[name]:
            self.rows[name][place] = evidence(MISTAKES[name], self.failing[place])
        return self.rows[name][place].agrees

    def _agreeing(self, name: str) -> set[int]:
        return {place for place, each in self.rows[name].items() if each.agrees}

    def _unexplained(self) -> list[int]:
        explained = set().union(*map(self._agreeing, MISTAKES))
        return [place for place in range(len(self.failing)) if place not in explained]

    def whole(self) -> list[Mistake]:
        """Mistakes that explain every network that says something of them, and one at least."""
        return [
            MISTAKES[name]
            for name, row in self.rows.items()
            if len(row) == len(self.failing)
            and self._agreeing(name)
            and all(each.agrees is not False for each in row.values())
        ]

    def shares(self) -> list[Mistake]:
        """Mistakes that explain all networks together, the one that explains most first."""
        left = {
            place
            for place in range(len(self.failing))
            if not all(row.get(place, UNKNOWN).agrees is None for row in self.rows.values())
        }
        chosen: list[Mistake] = []
        while left and len(chosen) < SHARES:
            name = max(
                MISTAKES,
                key=lambda each: (len(self._agreeing(each) & left), -self.width(MISTAKES[each])),
            )
            chosen.append(MISTAKES[name])
            left -= self._agreeing(name)
        return [] if left else chosen

    def width(self, mistake: Mistake) -> float:
        """How wide its sets are, relative to their entries: log₂, averaged over its matches."""
        widths = [each.width for each in self.rows[mistake.name].values() if each.agrees]
        return sum(widths) / len(widths) if widths else 0.0

    def match(self, mistake: Mistake, passing: Sequence[Observed]) -> Match:
        """The counts of one mistake, those of the networks that pass included."""
        said = [each for each in self.rows[mistake.name].values() if each.agrees is not None]
        against = sum(evidence(mistake, each).agrees is False for each in passing)
        return Match(mistake, sum(bool(each.agrees) for each in said), len(said), against)
