"""`python -m conformance`, the same as `manual-backprop`."""

import contextlib
import os
import signal
import sys

INTERRUPTED = 130


def run() -> int:
    """The command's exit status; Ctrl-C counts from the first import on."""
    try:
        _end_as_by_ctrl_c(signal.SIGTERM, signal.SIGHUP)
        _open_standard_streams()
        from conformance.cli import main

        status = main()
    except KeyboardInterrupt:
        print("manual-backprop: interrupted", file=sys.stderr)
        status = INTERRUPTED
    if status == INTERRUPTED:
        _leave()
    return status


def _end_as_by_ctrl_c(*signals: signal.Signals) -> None:
    """What there is by then is written, and no process is left; by itself Python would just end.

    A signal that is ignored (SIGHUP under nohup) stays so.
    """
    for each in signals:
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)


def _open_standard_streams() -> None:
    """Nowhere in place of those that are closed: else the next file to be opened would be one."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def _leave() -> None:
    """End at once with status 130, all that was printed written.

    Python ends with the signal instead if Ctrl-C came while it made a dataclass (inside an `exec`
    that is loaded), though the exception was caught.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed by now
            stream.flush()
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(run())
