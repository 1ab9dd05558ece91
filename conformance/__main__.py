"""`python -m conformance`, the same as `manual-backprop`."""

import sys


def run() -> int:
    """The command's exit status; Ctrl-C counts from the first import on."""
    try:
        from conformance.cli import main

        return main()
    except KeyboardInterrupt:
        print("manual-backprop: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(run())
