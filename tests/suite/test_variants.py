"""Right implementations of other makes: other in their bits, and never called wrong."""

from __future__ import annotations

import numpy as np
import pytest

from conformance.architectures import pool
from conformance.backends.problems import as_arguments
from conformance.calling import same_bits
from conformance.check import run
from conformance.sampling import drawn
from conformance.variants import RIGHT, VARIANTS, LeftOfKinks, Textbook
from manual_backprop.oracle.verdict import Verdict


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_variant_is_called_wrong(dtype: str) -> None:
    """On the same networks all of them conform, or nothing can be decided of them all."""
    report = run(list(VARIANTS.values()), 150, seed=20, dtype=dtype)

    for tally in report.tallies:
        assert {Verdict.CONFORMS, Verdict.UNDECIDED} >= set(tally.kinds), tally.name


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_another(name: str) -> None:
    """Each differs in bits from the hand-written recursion, so that there is something to judge."""
    cases = drawn(pool(), 150, 20, "float64")
    problems = [case.problem for case in cases]
    if name == "subnormals_flushed":
        problems = [case.problem for case in drawn(pool(), 300, 20, "float32")]
    function = VARIANTS[name].backprop
    with np.errstate(all="ignore"):
        differ = [
            not same_bits(function(*as_arguments(each)), RIGHT(*as_arguments(each)))
            for each in problems
        ]

    assert any(differ)


def test_a_variant_that_leaves_the_hull_would_be_called_wrong() -> None:
    """The variants at kinks are judged: a tenth beyond the hull is wrong."""

    class Beyond(LeftOfKinks):
        """A tenth beyond the left end."""

        @staticmethod
        def choice(at):  # type: ignore[no-untyped-def]
            return float(at.left) - 0.1 if at.left < at.right else float(at.left) + 0.1

    assert _kinds(Beyond)[Verdict.WRONG] > 0


def test_a_textbook_that_errs_would_be_called_wrong() -> None:
    """The textbook's formulas are judged: without the square they are wrong."""

    class Unsquared(Textbook):
        """1 − tanh."""

        def slope(self, k, p):  # type: ignore[no-untyped-def]
            right = super().slope(k, p)
            return 1 - np.tanh(p) if self.names[k] == "tanh" else right

    assert _kinds(Unsquared)[Verdict.WRONG] > 0


def _kinds(recursion):  # type: ignore[no-untyped-def]
    """The verdicts on a recursion."""
    from conformance.backends import Backend
    from conformance.mistakes.mistake import function_of

    target = Backend("planted", "reverse", "1.0", function_of(recursion))
    return run([target], 100, seed=20).tallies[0].kinds
