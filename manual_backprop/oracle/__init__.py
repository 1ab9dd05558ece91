"""The oracle: what a gradient may be, and the verdict on one that is claimed."""

from manual_backprop.oracle.admissible import admissible
from manual_backprop.oracle.enclosure import Enclosure, enclose
from manual_backprop.oracle.judging import judge
from manual_backprop.oracle.rounding import correctly_rounded
from manual_backprop.oracle.verdict import Judgement, Verdict

__all__ = [
    "Enclosure",
    "Judgement",
    "Verdict",
    "admissible",
    "correctly_rounded",
    "enclose",
    "judge",
]
