"""A program in any language as a target: a process that is sent problems, a line each.

What passes between the two is in `docs/protocol.md`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from conformance.backends.base import Array, Backend, supported
from conformance.backends.problems import as_problem
from conformance.calling import Failed
from conformance.errors import Misuse
from conformance.numbers import plural
from conformance.render.console import harmless
from conformance.targets.answers import array, parsed
from conformance.targets.command import started
from conformance.targets.function import TIMEOUT
from conformance.targets.handshake import FITS, GREETING, Handshake, handshake
from conformance.targets.lines import Lines
from conformance.targets.patience import FAILURES, Patience
from manual_backprop.files import to_document
from manual_backprop.files.errors import shown

STARTING = 10.0
"""Seconds that the first answer may take at least: some languages start slowly."""

MOST = 4000
"""Characters of a message on what does not fit: there may be many such things."""

KEYS = ("weights", "biases")


def program(command: str, timeout: float = TIMEOUT) -> Backend:
    """The target that a command line starts.

    Args:
        command: the program and its arguments, quoted as a shell has it; no shell reads it.
        timeout: seconds that an answer may take; the first one, at the start, may take 10.
    Returns:
        The target, running; `close` ends it.
    Raises:
        Misuse: if it cannot be started, or does not answer the greeting as the protocol has it.

    >>> program("./backprop --fast")
    Traceback (most recent call last):
        ...
    conformance.errors.Misuse: ./backprop --fast: there is no program './backprop'; its path is \
needed, or a script's interpreter first, "python3 ./backprop"
    """
    target = Program(command, timeout)
    declaration = target.start()
    return Backend(
        command,
        declaration.order,
        "",
        target.backprop,
        declaration.declared,
        notes=target.notes,
        close=target.close,
        arguments=("--exec", command),
    )


class Program:
    """The process, started again after a problem that it did not answer.

    Args:
        command: the command line.
        timeout: seconds that an answer may take.
    """

    def __init__(self, command: str, timeout: float) -> None:
        self.command = command
        self.timeout = timeout
        self.starts = 0
        self.patience = Patience()
        self._lines: Lines | None = None
        self._id = 0
        self._answered = b""

    # ── starting and ending ──

    def start(self) -> Handshake:
        """Start it, and hear what it declares.

        Raises:
            Misuse: if it cannot be started, or its answer to the greeting does not fit.
        """
        try:
            self._greeted()
        except Failed as failure:
            hint = "\nIs its output flushed after every line?" * (failure.kind == "timed_out")
            raise Misuse(harmless(f"{self.command}: {failure.message}{hint}", MOST)) from None
        except BaseException:  # Ctrl-C
            self.close()
            raise
        return self._declaration

    def _greeted(self) -> Lines:
        """It, running, and greeted; raises Failed if its answer does not fit."""
        self._lines = lines = started(self.command)
        self.starts += 1
        answer = lines.ask(GREETING, max(STARTING, self.timeout))
        try:
            self._declaration = handshake(answer)
        except ValueError as fault:
            what = f"its answer to {GREETING.decode()} does not fit: {fault}; this one does: {FITS}"
            raise lines.failure("raised", what, answer) from None
        return lines

    def close(self) -> None:
        """End it, if it runs."""
        lines, self._lines = self._lines, None
        if lines is not None:
            lines.close()

    def notes(self) -> Sequence[str]:
        """That it had to be started again, if so."""
        again = self.starts - 1
        return [f"it was started again {plural(again, 'time')}"] if again else ()

    # ── calls ──

    def backprop(
        self,
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Any:
        """What it answers to one problem.

        Raises:
            NotImplementedError: if it says "unsupported", or has not declared what is needed.
            Failed: if there is no answer, or one that is no gradient.
        """
        dtype = str(inputs.dtype)
        self._require_declared(activations, loss, dtype)
        problem = as_problem(weights, biases, activations, loss, inputs, targets)
        answer = self._answer(json.dumps(to_document(problem)).encode(), dtype)
        if "unsupported" in answer:
            raise NotImplementedError(harmless(str(answer["unsupported"]), 200))
        if missing := [key for key in KEYS if key not in answer]:
            raise Failed("raised", f"its answer has no {' and no '.join(missing)}")
        shapes = {
            "weights": [each.shape for each in weights],
            "biases": [each.shape[:1] for each in weights],
        }
        return tuple(_arrays(answer[key], shapes[key], dtype, key) for key in KEYS)

    def _require_declared(self, activations: Sequence[str], loss: str, dtype: str) -> None:
        """Raise NotImplementedError for what it says that it lacks, before it is asked."""
        declared = self._declaration.declared
        for name in activations:
            supported("activation", name, dict.fromkeys(declared.activations or ()))
        supported("loss", loss, dict.fromkeys(declared.losses or ()))
        supported("dtype", dtype, dict.fromkeys(declared.dtypes or ()))

    def _answer(self, document: bytes, dtype: str) -> dict[str, Any]:
        """Its answer to a problem, unless patience has ended."""
        if self.patience.end:
            raise Failed("raised", f"not asked again {self.patience.end}", True)
        try:
            answer = self._exchanged(document, dtype)
        except Failed as failure:
            raise self._counted(failure) from None
        self._answered = document
        self.patience.answered()
        return answer

    def _counted(self, failure: Failed) -> Failed:
        """The failure, with whether it is the last: not so of a few problems that kill it."""
        patience = self.patience
        patience.failed(self.timeout if failure.kind == "timed_out" else 0.0)
        if patience.failures == FAILURES and failure.kind == "raised" and self._still_answers():
            patience.answered()
        if not patience.end:
            return failure
        return Failed(failure.kind, f"{failure.message}; given up {patience.end}", final=True)

    def _still_answers(self) -> bool:
        """Whether it answers, started again, the last problem that it answered."""
        try:
            return bool(self._answered and self._exchanged(self._answered, "float64"))
        except (Failed, Misuse):
            return False

    def _exchanged(self, document: bytes, dtype: str) -> dict[str, Any]:
        """Its answer to a problem; if there is none, Ctrl-C included, the program is ended."""
        try:
            lines = self._lines or self._greeted()
            self._id += 1
            line = lines.ask(b'{"id": %d, "problem": %s}' % (self._id, document), self.timeout)
            try:
                return answer_to(self._id, parsed(line, dtype))
            except ValueError as fault:
                raise lines.failure("raised", f"its answer is {fault}", line) from None
        except BaseException:
            self.close()
            raise


def answer_to(number: int, answer: Any) -> dict[str, Any]:
    """The answer, if it is one to the problem of that number.

    >>> answer_to(4, {"id": 3.0})
    Traceback (most recent call last):
        ...
    ValueError: out of order: it has id 3, and 4 was asked
    """
    if not isinstance(answer, dict):
        raise ValueError(f"{shown(answer)}; an object fits")
    found = answer.get("id")
    if found != number or isinstance(found, bool):
        raise ValueError(f"out of order: it has id {shown(found)}, and {number} was asked")
    return answer


def _arrays(answer: Any, shapes: Sequence[tuple[int, ...]], dtype: str, key: str) -> Any:
    """The gradients in an answer, layer by layer; what is not as it should be, as it is."""
    if not isinstance(answer, list) or len(answer) != len(shapes):
        return answer
    return [
        array(each, shape, dtype, f"{key} gradient of layer {k}")
        for k, (each, shape) in enumerate(zip(answer, shapes, strict=True))
    ]
