"""Where counterexamples are kept: one problem file each, and the command that replays it.

The folder is made when there is something to keep. A file's name ends in a digest of its problem,
so the same network has the same name in every run, and no run overwrites another's.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.report import Finding
from manual_backprop import Problem
from manual_backprop.files import save, to_document

FOLDER = "manual-backprop-cases"
"""Made in the current folder; where that is read-only, among the temporary files."""


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A finding, and the file that holds its network; None if no file could be written."""

    finding: Finding
    path: Path | None

    @property
    def command(self) -> str:
        """What replays it; empty without a file."""
        if self.path is None:
            return ""
        arguments = self.finding.arguments or (self.finding.target,)
        return f"{program()} replay {shlex.join([str(self.path), *arguments])}"


def keep(findings: Sequence[Finding]) -> list[Counterexample]:
    """Save the findings' networks in `FOLDER`, or among the temporary files, or not at all."""
    for folder in (_here, _temporary) if findings else ():
        try:
            place = folder()
            return [Counterexample(each, _saved(each, place)) for each in findings]
        except OSError:
            continue
    return [Counterexample(each, None) for each in findings]


def program() -> str:
    """How this program is called here: by its name if that is this installation's, or by module."""
    own = Path(sys.executable).with_name("manual-backprop")
    on_path = (Path(each, own.name) for each in os.get_exec_path())
    first = next((each for each in on_path if os.access(each, os.X_OK)), None)
    called = first is not None and os.path.realpath(first.parent) == os.path.realpath(own.parent)
    return own.name if called else f"{shlex.quote(sys.executable)} -m conformance"


def _here() -> Path:
    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    return folder


def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))


def _saved(finding: Finding, folder: Path) -> Path:
    path = folder / file_name(finding.target, finding.outcome.kind, finding.case.problem)
    save(finding.case.problem, path)
    return path


def file_name(target: str, kind: str, problem: Problem) -> str:
    """A name that says what the file shows, and that only the same problem has.

    >>> from manual_backprop import Layer, Network
    >>> problem = Problem(Network([Layer([[0.5]])]), [1.0], [0.0])
    >>> file_name("my.py:backprop", "wrong", problem)
    'my.py-backprop-wrong-9df0b2bb.json'
    """
    digest = hashlib.sha256(json.dumps(to_document(problem)).encode()).hexdigest()
    readable = re.sub(r"[^\w.-]+", "-", target).strip("-.")[-40:]
    return f"{readable}-{kind}-{digest[:8]}.json"
