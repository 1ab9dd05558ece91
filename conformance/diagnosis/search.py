"""The search through the catalogue: which mistakes give what was seen, and which of them best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nsmallest

import numpy as np

from conformance.diagnosis.diagnosis import Match
from conformance.diagnosis.matching import UNKNOWN, Evidence, evidence
from conformance.diagnosis.observed import Observed
from conformance.mistakes import MISTAKES, Mistake
from conformance.mistakes.mistake import floats_of
from conformance.mistakes.pairs import pairs_of
from manual_backprop.oracle.verdict import Verdict

SHARES = 3
"""Mistakes that may explain the networks together; more would explain anything."""

PAIRS = 40
"""Pairs of mistakes that are held against sets."""

WIDER = 10.0
"""Bits by which an explanation's sets may be wider than the best one's, and still count beside."""


def explanations(failing: Sequence[Observed], passing: Sequence[Observed]) -> list[Match]:
    """Mistakes that explain all that was seen, the best first; or the few that share it out.

    An explanation of all networks that fail is held against those that pass; of several, those
    come first whose sets are the narrowest. If no mistake explains all, two at once may; or else
    mistakes are taken one after the other, each explaining most of what is left, and they count
    only if they explain all together.
    """
    ledger = _Ledger(failing, MISTAKES.values())
    found = ledger.try_whole(ledger.mistakes) or ledger.try_whole(nearest_pairs(failing))
    if found:
        whole = [ledger.match(each, passing) for each in found]
        return _best([each for each in whole if not each.against] or whole, ledger)
    ledger.try_shares()
    return [ledger.match(each, passing) for each in ledger.shares()]


def nearest_pairs(failing: Sequence[Observed]) -> list[Mistake]:
    """The few pairs of mistakes that come nearest to what one network that fails gave.

    That is the quickest look there is: whether they explain anything, sets decide.
    """
    plain = [each for each in failing if _is_plain(each)]
    if not plain:
        return []
    seen = plain[len(plain) // 2]
    distances = {pair: _distance(pair, seen) for pair in pairs_of(MISTAKES.values(), seen.problem)}
    near = [pair for pair, distance in distances.items() if distance < np.inf]
    return nsmallest(PAIRS, near, key=distances.__getitem__)


def _is_plain(seen: Observed) -> bool:
    """Whether a network has a finite result, and touches no kink, where choices differ."""
    wrong = seen.judgement.kind is Verdict.WRONG and not seen.judgement.on_kink
    return wrong and all(np.isfinite(each).all() for part in seen.result for each in part)


def _distance(pair: Mistake, seen: Observed) -> float:
    """The largest relative error, by entry, of the mistakes' own function at what was seen."""
    assert pair.recursion is not None
    own = floats_of(pair.recursion, seen.problem)
    worst = 0.0
    for part, others in zip(own, seen.result, strict=True):
        for one, other in zip(part, others, strict=True):
            if one.shape != other.shape:
                return np.inf
            with np.errstate(all="ignore"):
                errors = np.abs(one - other) / np.abs(other)
            errors = np.where(one == other, 0.0, np.where(np.isnan(errors), np.inf, errors))
            worst = max(worst, float(errors.max(initial=0.0)))
    return worst


def _best(matches: list[Match], ledger: _Ledger) -> list[Match]:
    """Without those whose sets are so much wider that they say less; narrowest first."""
    matches.sort(key=lambda each: (each.against, ledger.width(each.mistake)))
    most = ledger.width(matches[0].mistake) + WIDER
    return [each for each in matches if ledger.width(each.mistake) <= most]


class _Ledger:
    """What each network that fails says of each mistake, as far as it was asked.

    Args:
        failing: the networks.
        mistakes: those to ask about.
    """

    def __init__(self, failing: Sequence[Observed], mistakes: Iterable[Mistake]) -> None:
        self.failing, self.mistakes = failing, list(mistakes)
        self.rows: dict[Mistake, dict[int, Evidence]] = {each: {} for each in self.mistakes}

    def try_whole(self, mistakes: Iterable[Mistake]) -> list[Mistake]:
        """Those that explain every network that says something of them, and one at least.

        Each is tried on one network after the other until one says no. Networks of middling size
        come first: on the smallest many mistakes come to the same.
        """
        middle = len(self.failing) // 2
        order = [*range(middle, len(self.failing)), *range(middle)]
        return [
            mistake
            for mistake in mistakes
            if all(self._ask(mistake, place) is not False for place in order)
            and self._agreeing(mistake)
        ]

    def try_shares(self) -> None:
        """Try every mistake on a network that is not explained yet, and what matches on all.

        A network that no mistake explains ends it: there is nothing to share out.
        """
        for _ in range(SHARES):
            left = self._unexplained()
            if not left:
                return
            middle = left[len(left) // 2]
            agreeing = [each for each in self.mistakes if self._ask(each, middle)]
            for mistake in agreeing:
                for place in range(len(self.failing)):
                    self._ask(mistake, place)
            if not agreeing:
                return

    def _ask(self, mistake: Mistake, place: int) -> bool | None:
        """Whether the mistake gives what was seen on that network."""
        row = self.rows.setdefault(mistake, {})
        if place not in row:
            row[place] = evidence(mistake, self.failing[place])
        return row[place].agrees

    def _agreeing(self, mistake: Mistake) -> set[int]:
        return {place for place, each in self.rows[mistake].items() if each.agrees}

    def _unexplained(self) -> list[int]:
        explained = set().union(*map(self._agreeing, self.mistakes))
        return [place for place in range(len(self.failing)) if place not in explained]

    def shares(self) -> list[Mistake]:
        """Mistakes that explain all networks together, the one that explains most first."""
        left = {
            place
            for place in range(len(self.failing))
            if not all(row.get(place, UNKNOWN).agrees is None for row in self.rows.values())
        }
        chosen: list[Mistake] = []
        while left and len(chosen) < SHARES:
            most = max(
                self.mistakes,
                key=lambda each: (len(self._agreeing(each) & left), -self.width(each)),
            )
            chosen.append(most)
            left -= self._agreeing(most)
        return [] if left else chosen

    def width(self, mistake: Mistake) -> float:
        """How wide its sets are, relative to their entries: log₂, averaged over its matches."""
        widths = [each.width for each in self.rows[mistake].values() if each.agrees]
        return sum(widths) / len(widths) if widths else 0.0

    def match(self, mistake: Mistake, passing: Sequence[Observed]) -> Match:
        """The counts of one mistake, those of the networks that pass included."""
        said = [each for each in self.rows[mistake].values() if each.agrees is not None]
        against = sum(evidence(mistake, each).agrees is False for each in passing)
        return Match(mistake, sum(bool(each.agrees) for each in said), len(said), against)
