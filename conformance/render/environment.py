"""What a run took place on: versions of Python and of the packages, and the machine."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "manual-backprop",
    "numpy",
    "scipy",
    "python-flint",
    "hypothesis",
    "torch",
    "jax",
    "jaxlib",
    "autograd",
    "tinygrad",
    "scikit-learn",
    "micrograd",
)


def versions() -> dict[str, str]:
    """Of Python and the packages that are installed, without importing any."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """What the run took place on."""
    return {
        "system": platform.platform(),
        "machine": platform.machine(),
        "processor": platform.processor(),
    }
