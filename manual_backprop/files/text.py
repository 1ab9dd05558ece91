"""Problem files on disk: UTF-8 text, one row of a matrix per line, written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manual_backprop.files.document import ProblemFile, checked, to_document
from manual_backprop.files.errors import Error, Place, ProblemFileError
from manual_backprop.network import Problem

FilePath = str | os.PathLike[str]


def load(path: FilePath) -> Problem:
    """The problem in a file.

    Args:
        path: a file in the format of `manual_backprop.files`.
    Raises:
        ProblemFileError: a ValueError that has every error, each with its path in the file; also
            where there is no such file, or no JSON in it.
        ImportError: without pydantic, which checks the structure.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Problem.random((2, 3, 1), seed=7), f"{folder}/problem.json")
    ...     load(f"{folder}/problem.json").network.widths
    (2, 3, 1)
    """
    return read(path).problem


def read(path: FilePath) -> ProblemFile:
    """The problem in a file together with the dtype that the file names, as bfloat16 needs.

    Raises:
        ProblemFileError: as `load` does.
        ImportError: likewise.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     problem = Problem.random((2, 1), dtype="float16")
    ...     save(problem, f"{folder}/problem.json")
    ...     read(f"{folder}/problem.json").dtype
    'float16'
    """
    source = os.fspath(path)
    try:
        document = _parsed(_text(source))
    except ValueError as error:
        raise ProblemFileError(source, [((), str(error))]) from error
    return checked(document, source, _repeated_keys(document))


def save(problem: Problem, path: FilePath, dtype: str | None = None) -> None:
    """Write the problem to a file, from which `load` reads the same bits.

    Args:
        problem: of dtype float16, float32 or float64, with activations and a loss of the catalogue.
        path: where to; an existing file is replaced in one step, so a reader sees the old file or
            the new one, never half of one.
        dtype: as in `to_document`: "bfloat16" for float32 arrays that hold such.
    Raises:
        ValueError: if a file cannot say the same as the problem.
        OSError: if there is no writing there.

    >>> import tempfile
    >>> from manual_backprop.network import Layer, Network
    >>> problem = Problem(Network([Layer([[0.5, -0.25]])]), [[3.0, 1.0]], [[5.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(problem, f"{folder}/problem.json")
    ...     print(Path(f"{folder}/problem.json").read_text(), end="")
    {
      "format": "manual-backprop/problem/1",
      "dtype": "float64",
      "layers": [
        {
          "weights": [
            [0.5, -0.25]
          ],
          "biases": null,
          "activation": "identity"
        }
      ],
      "loss": "half_squared_error",
      "reduction": "mean",
      "inputs": [
        [3.0, 1.0]
      ],
      "targets": [
        [5.0]
      ]
    }
    """
    _write(Path(path), f"{_laid_out(to_document(problem, dtype))}\n")


def _text(source: str) -> str:
    """The text of a file; ValueError, in words for its author, where there is none."""
    try:
        return Path(source).read_bytes().decode("utf-8-sig")  # editors on Windows write the mark
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise ValueError(f"not UTF-8: byte 0x{byte:02x} in line {line}") from error
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error


def _parsed(text: str) -> Any:
    """The JSON document; ValueError, with line and column, where it is none."""
    if not text.strip():
        raise ValueError("the file is empty: a problem file is a JSON object")
    try:
        # Integers as floats: -0 keeps its sign, and a million digits are no trouble.
        return json.loads(text, parse_int=float, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise ValueError("nested too deeply: a problem file has 4 levels") from error


class _Repeating(dict[str, Any]):
    """A JSON object in which keys are repeated; JSON's grammar allows it, `json` keeps the last."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The dictionary of the pairs, which remembers keys that came twice."""
    if len(plain := dict(pairs)) == len(pairs):
        return plain
    keys = [key for key, _ in pairs]
    repeating = _Repeating(plain)
    repeating.repeated = tuple(key for key in plain if keys.count(key) > 1)
    return repeating


def _repeated_keys(document: Any) -> Iterator[Error]:
    """The repeated keys of the document and of its layers."""
    layers = document.get("layers") if isinstance(document, dict) else None
    objects: list[tuple[Place, Any]] = [((), document)]
    if isinstance(layers, list):
        objects += [(("layers", k), layer) for k, layer in enumerate(layers)]
    for place, each in objects:
        for key in each.repeated if isinstance(each, _Repeating) else ():
            yield (*place, key), "the key is repeated: which of the two is meant?"


def _laid_out(value: Any, indent: str = "") -> str:
    """The document as text, a list of numbers on one line, everything else on lines of its own."""
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {_laid_out(each, deeper)}" for key, each in value.items()]
    elif isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        lines = [_laid_out(each, deeper) for each in value]
    else:
        return json.dumps(value, allow_nan=False)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(lines) + f"\n{indent}{closing}"


def _write(path: Path, text: str) -> None:
    """Write the text in one step, with the permissions that the file has or would have."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # /dev/stdout, a pipe: not to be replaced
        return
    target = path.resolve()  # the file that a link points to, not the link
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(target.parent))
    fresh = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        fresh.write_text(text, encoding="utf-8")
        if target.exists():
            fresh.chmod(stat.S_IMODE(target.stat().st_mode))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
