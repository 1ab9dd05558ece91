"""benchmarks/ is no installed package: tests that run samples of it find it beside tests/."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # last, so that installed packages come first
