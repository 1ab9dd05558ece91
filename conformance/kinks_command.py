"""`manual-backprop kinks`: what targets take where a derivative jumps, printed and written."""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from conformance.backends import Backend
from conformance.errors import Misuse
from conformance.kinks import BESIDE, document, fingerprints
from conformance.limits import check_timeout
from conformance.outputs import check_writable, write
from conformance.render.console import Console
from conformance.render.kinks import printed
from conformance.render.progress import progress
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
        Misuse: if a target cannot be had, the file cannot be written, or the timeout does not fit.
    """
    check_timeout(timeout)
    check_writable({"--json": json})
    with ExitStack() as at_the_end:
        targets = []
        for each in dict.fromkeys(names):
            targets.append(target_named(each, timeout))
            at_the_end.callback(targets[-1].close)
        return told(targets, json)


def told(targets: Sequence[Backend], json: Path | None = None) -> int:
    """Print and write what the targets take, the hand-written gradient if there are none.

    Returns:
        The exit status.
    Raises:
        Misuse: if the file cannot be written.
    """
    with progress(max(len(targets), 1) + len(BESIDE), "targets") as shown:

        def asking(number: int, name: str) -> None:
            shown.judged(number)
            shown.stage(f"asking {name}")

        found = fingerprints(targets, asking=asking)
    printed(found, Console())
    if fault := write(json, f"{json_format.dumps(document(found), indent=2)}\n"):
        raise Misuse(fault)
    return found.exit_status
