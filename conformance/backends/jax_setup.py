"""What jax needs around a call: float64, full-precision products, a compilation cache, silence.

jax compiles every new architecture, 70–200 ms each. Its persistent cache makes a second run of the
suite two to three times faster, once told to keep small programs too (the defaults keep almost
nothing).
"""

import hashlib
import logging
import os
import platform
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from conformance.backends.base import importing

# On some Xeons jaxlib's C++ log reports every entry of its own cache as an error
# (openxla/xla#44565). What fails for good raises. The level is read when jaxlib is loaded, so it
# stands before the import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

with importing("jax"):
    import jax


@contextmanager
def scope(dtype: np.dtype[Any]) -> Iterator[None]:
    """The settings of one call; afterwards the host program has its own back.

    Without x64 jax reads float64 arrays as float32. On a GPU its float32 products are TF32, another
    class of accuracy, unless full precision is asked for; on a CPU that changes nothing. A cache
    entry that another process is still writing reads as damaged: jax warns and compiles.
    """
    with warnings.catch_warnings(), jax.enable_x64(dtype == np.float64):
        warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
        with jax.default_matmul_precision("float32"):
            yield


def prepare() -> None:
    """Starts jax without its remarks on absent accelerators, and with a compilation cache."""
    log = logging.getLogger("jax._src.xla_bridge")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        jax.default_backend()
    finally:
        log.setLevel(level)
    _keep_compiled_programs()


def _keep_compiled_programs() -> None:
    """Turns the persistent cache on, unless the user configured one or no place for it is safe."""
    folder = _cache_folder()
    configured = jax.config.values["jax_compilation_cache_dir"]
    if configured is None and folder is not None:
        update: Callable[[str, object], None] = jax.config.update
        update("jax_compilation_cache_dir", str(folder))
        update("jax_persistent_cache_min_compile_time_secs", 0)
        update("jax_persistent_cache_min_entry_size_bytes", -1)


def _cache_folder() -> Path | None:
    """The user's cache folder, else one of the user's own among the temporary files, else None."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", ""), ".cache"))
    own = caches / "manual-backprop" / "jax" / _processor()
    temporary = Path(tempfile.gettempdir(), f"manual-backprop-{os.getuid()}-{_processor()}")
    safe = (folder for folder in (own, temporary) if folder.is_absolute() and _is_ours(folder))
    return next(safe, None)


def _is_ours(folder: Path) -> bool:
    """Whether the folder exists (made now if need be) and only this user can write to it.

    Compiled programs are run as they are found: a folder that others can write to would let them
    run theirs.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError:
        return False
    ours = status.st_uid == os.getuid() and not status.st_mode & 0o022
    return ours and os.access(folder, os.W_OK)


def _processor() -> str:
    """A name for this kind of processor: one cannot always run what another compiled."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = platform.processor()
    features = re.findall(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)[:1] or [text]
    return f"{platform.machine()}-{hashlib.sha256(features[0].encode()).hexdigest()[:12]}"
