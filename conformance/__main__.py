"""`python -m conformance`, the same as `manual-backprop`."""

import sys

from conformance.cli import main

if __name__ == "__main__":
    sys.exit(main())
