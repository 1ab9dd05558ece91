"""`manual-backprop kinks`: targets by name, and the table of what they answer at breakpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conformance.kinks import kinks as fingerprints
from conformance.outputs import check_writable
from conformance.targets.function import TIMEOUT
from conformance.targets.named import target_named


def kinks(names: Sequence[str], timeout: float = TIMEOUT, json: Path | None = None) -> int:
    """Print which value each target takes at each breakpoint.

    Args:
        names: functions' places, or backends' names; PyTorch and JAX stand beside them.
        timeout: seconds that a call of a function may take.
        json: where the values go as JSON.
    Returns:
        The exit status: 1 if a value is outside its hull.
    Raises:
        Misuse: if a target cannot be had, or the file cannot be written.
    """
    check_writable({"--json": json})
    targets = [target_named(each, timeout) for each in dict.fromkeys(names)]
    try:
        return fingerprints(targets, json)
    finally:
        for target in targets:
            target.close()
