"""A user's Python function as a target, in a process of its own (`conformance.targets.worker`)."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from conformance.backends.base import Backend
from conformance.calling import Failed, Failure
from conformance.errors import Misuse
from conformance.numbers import plural
from conformance.render.console import harmless
from conformance.targets.channel import Channel
from conformance.targets.drain import Drain
from conformance.targets.lines import status_in_words
from conformance.targets.patience import Patience
from conformance.targets.wire import packed, unpacked
from manual_backprop.oracle.admissible import Order

TIMEOUT = 10.0
"""Seconds that a call may take."""

LOADING = 60.0
"""Seconds that importing may take at least: some train a network meanwhile."""

LONGEST_REASON, LONGEST_MESSAGE = 200, 4000
"""Characters that are kept of why something is not supported, and of what happened otherwise."""

STRAY = "what came back is no answer: something else wrote to the socket that answers come through"


def function(
    specification: str, timeout: float = TIMEOUT, order: Order = "reverse", name: str = ""
) -> Backend:
    """The target that `file.py:function` or `package.module:function` names.

    Args:
        specification: of the function.
        timeout: seconds that a call may take; importing may take 60.
        order: the class that it is judged by.
        name: what it is called in reports; the specification unless given.
    Raises:
        Misuse: if it cannot be imported, is not there, or takes other arguments.
    """
    worker = Worker(specification, timeout)
    worker.start()
    return Backend(
        name or specification,
        order,
        "",
        worker.call,
        notes=worker.notes,
        close=worker.close,
    )


class Worker:
    """The process, started again after a call that it did not answer.

    Args:
        specification: of the function.
        timeout: seconds that a call may take.
    """

    def __init__(self, specification: str, timeout: float) -> None:
        self.specification = specification
        self.timeout = timeout
        self.patience = Patience()
        self.printed = 0
        self.first_line = ""
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    # ── starting and ending ──

    def start(self) -> None:
        """Start the process, and wait until it has loaded the function."""
        ours, theirs = socket.socketpair()
        output, output_end = os.pipe()
        errors, errors_end = os.pipe()
        module, own = "conformance.targets.worker", str(theirs.fileno())
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, own, self.specification],
            stdin=subprocess.DEVNULL,
            stdout=output_end,
            stderr=errors_end,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for the run, which ends it
        )
        theirs.close()
        os.close(output_end)
        os.close(errors_end)
        self._channel = Channel(ours)
        self._output, self._errors = Drain(output), Drain(errors)
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def _greet(self) -> None:
        """Raise Misuse unless it says that it is ready."""
        limit, importing = max(LOADING, self.timeout), f"{self.specification}: importing it"
        try:
            fault = unpacked(self._channel.receive(limit))
        except TimeoutError:
            raise Misuse(f"{importing} took more than {limit:g} s; --timeout allows more") from None
        except (EOFError, OSError):
            raise Misuse(f"{importing} ended the process{self._ending()}") from None
        except ValueError:
            raise Misuse(f"{importing}: {STRAY}") from None
        if fault is not None:
            raise Misuse(harmless(str(fault)))

    def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._channel.close()
        self._output.wait()
        if not self.printed:
            self.first_line = self._output.first_line()
        self.printed += self._output.size

    def _ending(self) -> str:
        """How the process ended, and the last that it said."""
        process = self._process
        assert process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
        self._errors.wait()
        status = process.poll()
        self.close()
        how = f" ({status_in_words(status)})" if status is not None else ""
        last = self._errors.last_line()
        return f"{how}; its last words: {harmless(last, 200)}" if last else how

    # ── calls ──

    def call(self, *arguments: Any) -> Any:
        """What the function returns.

        Raises:
            NotImplementedError: if it says "not supported".
            Failed: if there is no result.
        """
        if self.patience.end:
            raise Failed("raised", f"not called again {self.patience.end}", True)
        if self._process is None:
            self._restart()
        answer = self._answer(packed(arguments))
        self.patience.answered()
        if not isinstance(answer, Failure):
            return answer
        if answer.kind == "unsupported":
            raise NotImplementedError(harmless(answer.message, LONGEST_REASON))
        raise Failed(answer.kind, harmless(answer.message, LONGEST_MESSAGE))

    def _answer(self, call: bytes) -> Any:
        """The result of a call, or what took its place; without an answer the process is ended."""
        try:
            self._channel.send(call, self.timeout)
            return answer_in(self._channel.receive(self.timeout))
        except TimeoutError:
            self.close()
            raise self._failed("timed_out", f"no answer within {self.timeout:g} s") from None
        except (EOFError, OSError):
            raise self._failed("raised", f"the call ended the process{self._ending()}") from None
        except ValueError:
            self.close()
            raise self._failed("raised", STRAY) from None
        except BaseException:  # Ctrl-C: what is still to come would answer another call
            self.close()
            raise

    def _restart(self) -> None:
        try:
            self.start()
        except Misuse as error:  # it could be imported before
            raise self._failed("raised", str(error)) from error

    def _failed(self, kind: str, message: str) -> Failed:
        self.patience.failed(self.timeout if kind == "timed_out" else 0.0)
        if not self.patience.end:
            return Failed(kind, message)
        return Failed(kind, f"{message}; given up {self.patience.end}", final=True)

    def notes(self) -> Sequence[str]:
        """That it prints, if it does."""
        size = self.printed + (self._output.size if self._process else 0)
        if not size:
            return ()
        line = self.first_line or self._output.first_line()
        return [f"it printed {plural(size, 'byte')}, beginning with {harmless(line, 60)!r}"]


def answer_in(message: bytes) -> Any:
    """The result in a message of the process, or a `Failure`.

    Raises:
        ValueError: if it is no answer.

    >>> answer_in(packed(("failure", "raised", "ZeroDivisionError")))
    Failure(kind='raised', message='ZeroDivisionError', final=False)
    """
    match unpacked(message):
        case ("result", result):
            return result
        case ("failure", "unsupported" | "raised" | "changed_inputs" as kind, str(words)):
            return Failure(kind, words)
    raise ValueError("no answer")
