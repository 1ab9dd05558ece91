"""`manual-backprop mistakes`: the kill matrix measured, printed, and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from conformance.errors import Misuse
from conformance.interruption import noted_interrupts
from conformance.kill_matrix import document, measured
from conformance.mistakes import MISTAKES, Mistake
from conformance.outputs import check_writable, write
from conformance.render.console import Console
from conformance.render.kill_matrix import printed
from conformance.render.progress import progress
from manual_backprop.names import nearest


def mistakes(
    seeds: int = 5, output: Path | None = None, names: Sequence[str] = (), checkers: bool = True
) -> int:
    """Print the kill matrix.

    Args:
        seeds: how many runs each mistake is judged in.
        output: where it goes as JSON.
        names: of mistakes; all if there are none.
        checkers: whether those of others are measured, too.
    Returns:
        The exit status: 1 if a mistake survives.
    Raises:
        Misuse: if there is no such mistake, or the file cannot be written.
    """
    check_writable({"--json": output})
    if seeds < 1:
        raise Misuse(f"--seeds {seeds}: at least 1 is needed")
    chosen = [_known(name) for name in names] or list(MISTAKES.values())
    with noted_interrupts() as check, progress(len(chosen), "mistakes") as shown:

        def stage(what: str) -> None:
            check()
            shown.stage(what)

        matrix = measured(chosen, seeds, checkers, stage, shown.judged)
    printed(matrix, Console())
    if fault := write(output, f"{json.dumps(document(matrix), indent=2)}\n"):
        raise Misuse(fault)
    return matrix.exit_status


def _known(name: str) -> Mistake:
    if name not in MISTAKES:
        raise Misuse(f"--mistake: unknown mistake {name!r}: {nearest(name, list(MISTAKES))}")
    return MISTAKES[name]
