"""What a run ran on: processor, system, versions, and the BLAS kernels that were at work."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path

from benchmarks.speed.processes import Process

PACKAGES = ("manual-backprop", "numpy", "torch", "jax", "autograd")


def machine() -> dict[str, str]:
    """In words, by subject."""
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": ", ".join(filter(None, map(_version, PACKAGES))),
        "NumPy's BLAS": _libraries(),
    }


def processor() -> str:
    """The model, as Linux has it."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.is_file() else None
    features = "AVX-512" if found and " avx512f" in info.read_text() else ""
    return ", ".join(filter(None, [found[1] if found else platform.processor(), features]))


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return ""


def _libraries() -> str:
    """What a process with NumPy alone has loaded."""
    with Process("numpy_products", 1) as process:
        return "; ".join(process.ask(libraries=True)["libraries"]) or "unknown"
