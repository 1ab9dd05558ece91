"""Campaigns in chunks, each kept as a file: a later call goes on where an interrupted one stopped.

Results lie under .cache/campaign, in a folder named after the code: once that has changed, they do
not count.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".cache" / "campaign"
PAGES = ROOT / "benchmarks" / "results"
"""Where the summaries of full campaigns are committed."""

Result = dict[str, Any]
"""Plain data, for a file."""


class Chunk(Protocol):
    """A part of a campaign, for a process of its own."""

    @property
    def name(self) -> str:
        """Says all that it depends on, the code aside."""


AnyChunk = TypeVar("AnyChunk", bound=Chunk)


@cache
def code_fingerprint() -> str:
    """A digest of the sources as they were at first: results of other code do not count.

    >>> len(code_fingerprint())
    16
    """
    digest = hashlib.sha256()
    for folder in ("manual_backprop", "conformance", "benchmarks"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(f"{file.relative_to(ROOT)} {file.stat().st_size}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def file_of(chunk: Chunk) -> Path:
    """Where its result is kept, for the code as it is."""
    return KEPT / code_fingerprint() / f"{chunk.name}.json"


def computed(
    todo: Sequence[AnyChunk], work: Callable[[AnyChunk], Result], workers: int
) -> list[Result]:
    """Every chunk's result, computed or read; a line of progress for each computed one."""
    missing = [chunk for chunk in todo if not file_of(chunk).exists()]
    print(f"{len(todo)} chunks, {len(todo) - len(missing)} already there", file=sys.stderr)
    if missing:
        _compute(missing, work, workers)
    return [json.loads(file_of(chunk).read_text()) for chunk in todo if file_of(chunk).exists()]


def _compute(missing: Sequence[AnyChunk], work: Callable[[AnyChunk], Result], workers: int) -> None:
    """Run the chunks in processes of their own, each kept as soon as it is done."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(work, chunk): chunk for chunk in missing}
        try:
            for count, future in enumerate(as_completed(running), start=1):
                _keep(running[future], future.result())
                print(f"{count} of {len(missing)} chunks", file=sys.stderr)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print("interrupted; the same command goes on from here", file=sys.stderr)


def _keep(chunk: Chunk, result: Result) -> None:
    file = file_of(chunk)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    half.write_text(json.dumps(result))
    half.replace(file)


def in_chunks(count: int, size: int) -> list[tuple[int, int]]:
    """Start and length of each chunk of so many things.

    >>> in_chunks(600, 500)
    [(0, 500), (500, 100)]
    """
    return [(start, min(size, count - start)) for start in range(0, count, size)]


NO_FINDINGS = "No findings."
"""The last line of a summary where nothing is wrong."""


def concluded(summary: str, finished: bool, page: Path | None) -> int:
    """The summary on standard output, and on its page if there is one; the exit status.

    Returns:
        0 if nothing is wrong, 1 if something is, 130 if the campaign is not finished.
    """
    print(summary)
    if not finished:
        return 130
    if page is not None:
        page.write_text(summary)
    return 0 if summary.rstrip().endswith(NO_FINDINGS) else 1
