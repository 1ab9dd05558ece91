"""`manual-backprop check`: one target judged on drawn networks, and all that is told of it."""

from __future__ import annotations

from dataclasses import replace

from conformance import departures
from conformance.backends import Backend
from conformance.checking import Options, checked
from conformance.errors import Misuse
from conformance.interruption import interruptible, noted_interrupts
from conformance.limits import check_timeout, known_order
from conformance.outputs import write
from conformance.publishing import Files, publish
from conformance.render import gradescope
from conformance.render.progress import progress
from conformance.targets.function import TIMEOUT
from conformance.targets.named import target_or_program
from manual_backprop.oracle.admissible import Order


def check(
    target: str | None,
    command: str | None,
    options: Options,
    files: Files,
    order: str | None = None,
    timeout: float = TIMEOUT,
) -> int:
    """Judge a target, write the files that were asked for, print findings, diagnosis and summary.

    Args:
        target: a function's place or a backend's name; None if there is a command.
        command: of a program that speaks the protocol; None if there is a target.
        options: what networks, and how many.
        files: where the report goes.
        order: "reverse" or "forward"; the target's own if None.
        timeout: seconds that a call may take.
    Returns:
        The exit status.
    Raises:
        Misuse: if the target cannot be had, or an option does not fit.
    """
    files.check()
    options.vocabulary()
    check_timeout(timeout)
    chosen = None if order is None else known_order(order)
    with noted_interrupts() as interrupt, progress(options.networks) as shown:
        shown.stage(f"starting {target or command}")
        judged = _started(target, command, timeout, chosen, files)
        try:
            looked_after = interruptible(judged, interrupt)
            stale = departures.stale(looked_after)
            report = checked(looked_after, options, shown.judged, shown.stage, interrupt)
        finally:
            judged.close()
    return publish(replace(report, stale=stale), files)


def _started(
    target: str | None, command: str | None, timeout: float, order: Order | None, files: Files
) -> Backend:
    """The target, running; why it cannot be had is told to Gradescope, too."""
    try:
        return target_or_program(target, command, timeout, order)
    except Misuse as error:
        write(files.gradescope, gradescope.refusal(str(error)))
        raise
