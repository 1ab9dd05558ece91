"""The files that a command was asked to write: tried before the run, written after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from conformance.errors import Misuse


def check_writable(files: Mapping[str, Path | None]) -> None:
    """Find out before a long run, not after it, that its results could not be written.

    Args:
        files: by the option that names them; None where it was not given.
    Raises:
        Misuse: if one cannot be written, or two are the same.

    >>> check_writable({"--json": Path("/nowhere/report.json")})
    Traceback (most recent call last):
    conformance.errors.Misuse: --json /nowhere/report.json: there is no folder /nowhere
    """
    given = {option: path for option, path in files.items() if path is not None}
    for option, path in given.items():
        if fault := _fault(path):
            raise Misuse(f"{option} {path}: {fault}")
    if len({path.resolve() for path in given.values()}) < len(given):
        raise Misuse(f"{' and '.join(given)} name the same file: give each its own")


def check_folder(option: str, folder: Path | None) -> None:
    """Make a folder for results before a long run, or find out that there can be none.

    Raises:
        Misuse: if it is a file, or cannot be made or written to.

    >>> check_folder("--report", Path("/dev/null"))
    Traceback (most recent call last):
    conformance.errors.Misuse: --report /dev/null: is a file: the name of a folder is needed
    """
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise Misuse(f"{option} {folder}: is a file: the name of a folder is needed")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misuse(f"{option} {folder}: cannot be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise Misuse(f"{option} {folder}: cannot be written to")


def _fault(path: Path) -> str:
    """Why the file cannot be written; empty if it can."""
    if path.is_dir():
        return "is a folder: the name of a file is needed"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    if path.exists() and not path.is_file():  # a pipe or a device: opening it could wait
        return "" if os.access(path, os.W_OK) else "cannot be written to"
    return _refusal(path)


def _refusal(path: Path) -> str:
    """What the system says to opening the file for writing; what is in it stays."""
    is_new = not path.exists()
    try:
        path.open("a").close()
        if is_new:
            path.unlink()
    except OSError as error:
        return f"cannot be written to: {error.strerror}"
    return ""


def write(path: Path | None, text: str) -> str:
    """Write the file, if there is to be one; what went wrong, empty if nothing did."""
    try:
        if path is not None:
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return f"{path} could not be written: {error.strerror}"
    return ""
