"""`python -m conformance`, the same as `manual-backprop`."""

import contextlib
import os
import sys

INTERRUPTED = 130


def run() -> int:
    """The command's exit status; Ctrl-C counts from the first import on."""
    try:
        from conformance.cli import main

        status = main()
    except KeyboardInterrupt:
        print("manual-backprop: interrupted", file=sys.stderr)
        status = INTERRUPTED
    if status == INTERRUPTED:
        _leave()
    return status


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
