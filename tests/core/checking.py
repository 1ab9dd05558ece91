"""Certificates, and what the stand-alone checker answers to them."""

import contextlib
import io
import runpy
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from unittest.mock import patch

from manual_backprop import Layer, Network, Problem
from manual_backprop.arithmetic.precision import precision
from manual_backprop.oracle.certificate_document import digest, in_lines

CHECKER = Path(__file__).parents[2] / "tools" / "check_certificate.py"

Document = dict[str, Any]


@cache
def checker() -> Any:
    """The checker as a module, for its functions."""
    spec = spec_from_file_location("check_certificate", CHECKER)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checked(document: Document, folder: Path) -> tuple[int, str]:
    """Exit status and output of the checker on a document."""
    path = folder / "certificate.json"
    path.write_text(in_lines(document), encoding="ascii")
    return run(path)


@contextlib.contextmanager
def as_before() -> Iterator[None]:
    """flint's precision and Python's limit on recursion are what they were, afterwards."""
    limit = sys.getrecursionlimit()
    try:
        with precision(53):
            yield
    finally:
        sys.setrecursionlimit(limit)


def run(*arguments: Any) -> tuple[int, str]:
    """Exit status and output of the checker, as a program in this process."""
    output = io.StringIO()
    with (
        as_before(),
        patch.object(sys, "argv", [str(CHECKER), *map(str, arguments)]),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        try:
            runpy.run_path(str(CHECKER), run_name="__main__")
        except SystemExit as end:  # a reason goes to standard error, with status 1
            return (1, f"{end.code}\n") if isinstance(end.code, str) else (2, output.getvalue())
    return 0, output.getvalue()


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A fresh, isolated Python."""
    command = [sys.executable, "-I", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def signed(document: Document) -> Document:
    """The document with the digest that it should have."""
    parts = {key: value for key, value in document.items() if key != "digest"}
    return parts | {"digest": digest(parts)}


def on_a_kink(name: str = "relu", samples: int = 1) -> Problem:
    """A unit of layer 0 exactly on the kink at 0, the others beside it."""
    layers = [Layer([[1.0, -1.0], [1.0, 0.5]], [0.0, 0.25], name), Layer([[2.0, 0.5]], None)]
    return Problem(Network(layers), [[3.0, 3.0]] * samples, [[1.0]] * samples)


def beside_a_kink() -> Problem:
    """relu(tanh x − tanh x): at the kink in truth, and no precision shows it."""
    layers = [
        Layer([[1.0], [1.0]], None, "tanh"),
        Layer([[1.0, -1.0]], None, "relu"),
        Layer([[1.0]]),
    ]
    return Problem(Network(layers), [0.5], [1.0])
