"""The process that a user's function has to itself: it loads the function, and calls it when asked.

    python -m conformance.targets.worker DESCRIPTOR SPECIFICATION

It may print, change the random state, call sys.exit, loop for ever or die: the run goes on. It
talks through a socket of its own, so that what the function prints disturbs nothing. Imported here
is NumPy alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from conformance.calling import Failure, called, misfit, said
from conformance.targets.channel import Channel
from conformance.targets.wire import TooLarge, packed, unpacked

PR_SET_PDEATHSIG = 1
"""Linux's prctl: which signal to get when the parent is gone."""


class Unusable(Exception):
    """There is no such function, or it cannot be called as a function under test."""


def loaded(specification: str) -> Callable[..., Any]:
    """The function that `path/to/file.py:function` or `package.module:function` names.

    Raises:
        Unusable: if it cannot be imported, is not there, or takes other arguments.

    >>> loaded("math:sine")
    Traceback (most recent call last):
    conformance.targets.worker.Unusable: math has no 'sine'; the nearest name is 'sin'
    """
    place, _, name = specification.rpartition(":")
    if not place or not name:
        raise Unusable(f"{specification}: file.py:function or package.module:function is expected")
    module = _imported(place, name)
    function: Any = module
    for part in name.split("."):
        if not hasattr(function, part):
            raise Unusable(f"{place} has no {name!r}{_nearest(name, module)}")
        function = getattr(function, part)
    if fault := misfit(function, f"{place}:{name}"):
        raise Unusable(fault)
    return function  # type: ignore[no-any-return]


def _nearest(name: str, module: ModuleType) -> str:
    """What there is in its place."""
    own = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
    near = get_close_matches(name, own, n=1)
    if near:
        return f"; the nearest name is {near[0]!r}"
    return f"; it has {', '.join(own[:10])}" if own else "; it has no functions"


def _imported(place: str, name: str) -> ModuleType:
    """The file, or the module."""
    path = Path(place)
    if place.endswith(".py"):
        return _imported_file(path)
    if os.sep in place or path.is_file():  # a notebook, say
        raise Unusable(f"{place}: a file's name ends in .py: {path.with_suffix('.py')}:{name}, say")
    return _imported_module(place)


def _imported_file(path: Path) -> ModuleType:
    """The file as a module; what lies beside it can be imported from it, as when it is run."""
    if not path.is_file():
        raise Unusable(f"there is no file {path}")
    sys.path.insert(0, str(path.resolve().parent))
    loader = SourceFileLoader(path.stem, str(path))
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules.setdefault(path.stem, module)
    _run(lambda: loader.exec_module(module), str(path))
    return module


def _imported_module(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    found: list[ModuleType] = []
    _run(lambda: found.append(importlib.import_module(name)), name)
    return found[0]


def _run(load: Callable[[], Any], what: str) -> None:
    """Import it; whatever that raises is told with the line that did."""
    try:
        load()
    except SystemExit as error:
        raise Unusable(f"{what} cannot be imported: it calls sys.exit({error.code!r})") from error
    except BaseException as error:
        raise Unusable(f"{what} cannot be imported: {_in_words(error)}") from error


def _in_words(error: BaseException) -> str:
    """An exception of an import, the line of the user's that raised it, and what to try."""
    frames = traceback.extract_tb(error.__traceback__)
    outside = [each for each in frames if each.filename != __file__ and each.name != "_call_with"]
    own = [each for each in outside if "importlib" not in each.filename]
    where = f" (line {own[-1].lineno} of {Path(own[-1].filename).name})" if own else ""
    words = f"{type(error).__name__}: {said(error)}".rstrip(" :")
    of_package = isinstance(error, ImportError) and "relative import" in words
    hint = "; of a package, package.module:function is expected" if of_package else ""
    return f"{words}{where}{hint}"


def serve(channel: Channel, specification: str) -> None:
    """Load the function, say so, and answer calls until the other side is gone."""
    process, function, fault = os.getpid(), None, None
    try:
        function = loaded(specification)
    except Unusable as error:
        fault = str(error)
    _leave_unless(process)
    channel.send(packed(fault))
    while function is not None:
        reply = answer(called(function, unpacked(channel.receive())))
        _leave_unless(process)
        channel.send(reply)


def _leave_unless(process: int) -> None:
    """End a copy of the process that a fork made, and that came back from the function, too."""
    if os.getpid() != process:
        os._exit(0)


def answer(result: Any) -> bytes:
    """The result, or what took its place, as bytes."""
    if isinstance(result, Failure):
        return packed(("failure", result.kind, result.message))
    try:
        return packed(("result", result))
    except TooLarge as error:
        return packed(("failure", "raised", f"the result is too large to send: {error}"))


def main(arguments: Sequence[str]) -> None:
    """The process."""
    with contextlib.suppress(OSError, AttributeError):  # elsewhere than on Linux
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    descriptor, specification = arguments
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        serve(Channel(socket.socket(fileno=int(descriptor))), specification)


if __name__ == "__main__":
    main(sys.argv[1:])
