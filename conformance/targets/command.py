"""A command line, started; why it could not be, in words for whoever wrote it."""

from __future__ import annotations

import errno
import shlex
import shutil
from pathlib import Path

from conformance.errors import Misuse
from conformance.render.console import harmless
from conformance.targets.lines import Lines


def started(command: str) -> Lines:
    """The program that a command line names, running.

    Args:
        command: as it is typed into a shell; no shell reads it.
    Raises:
        Misuse: if it is no command line, or cannot be started.

    >>> started("backprop.py")
    Traceback (most recent call last):
        ...
    conformance.errors.Misuse: backprop.py: there is no program 'backprop.py'; its path is \
needed, or a script's interpreter first, "python3 backprop.py"
    """
    words = _words(command)
    try:
        return Lines(words)
    except (OSError, ValueError) as error:
        raise Misuse(harmless(f"{command}: {_reason(error, words[0])}")) from error


def _words(command: str) -> list[str]:
    """The program and its arguments."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Misuse(harmless(f"{command}: the quotes do not match: {error}")) from error
    if not words:
        raise Misuse('the command is empty; "python3 backprop.py" say')
    return words


def _reason(error: Exception, file: str) -> str:
    """Why the program did not start, and what to try."""
    script = f'a script\'s interpreter first, "python3 {file}"'
    match getattr(error, "errno", None):
        case errno.ENOENT if shutil.which(file):
            return f"there is no such interpreter as the first line of {file!r} names; try {script}"
        case errno.ENOENT if Path(file).exists():
            return f"there is no program {file!r} on the PATH; try ./{file}, or {script}"
        case errno.ENOENT:
            return f"there is no program {file!r}; its path is needed, or {script}"
        case errno.EACCES:
            return f"{file!r} may not be executed; try chmod +x, or {script}"
        case errno.ENOEXEC:
            return f"{file!r} is no program; try {script}"
    return str(error)
