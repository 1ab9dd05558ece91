"""How much memory a call takes beyond what is there before it, as the system counts it."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path

PROCESS = Path("/proc/self")


def peak_bytes(call: Callable[[], object]) -> int:
    """The most resident memory during a call, results included, less that before it.

    0 where the system is not Linux, and does not say.
    """
    if not (PROCESS / "clear_refs").exists():
        return 0
    call()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed would hide what is taken
    (PROCESS / "clear_refs").write_text("5")  # the peak so far is forgotten
    before = _status("VmRSS")
    result = call()
    peak = _status("VmHWM")
    del result
    return peak - before


def _status(field: str) -> int:
    """A field of /proc/self/status, in bytes."""
    found = re.search(rf"{field}:\s+(\d+) kB", (PROCESS / "status").read_text())
    assert found is not None
    return 1024 * int(found[1])
