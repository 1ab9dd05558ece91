"""The oracle: what a gradient may be, and the verdict on one that is claimed."""

from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.verdict import Judgement, Verdict, judge

__all__ = ["Judgement", "Verdict", "admissible", "judge"]
