"""What a program over lines of JSON costs a network, beyond the time that it needs itself.

    python -m benchmarks.program_overhead [COMMAND]

COMMAND is examples/programs/backprop.c unless given, compiled here. A round trip is a call of the
target as the suite makes it: the problem to text, the text to the program and back, the text to
arrays. The program's own time is that for the same lines from a file, all at once.
"""

from __future__ import annotations

import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from conformance.architectures import Vocabulary, pool
from conformance.backends.problems import as_arguments
from conformance.sampling import drawn
from conformance.targets.handshake import GREETING
from conformance.targets.program import program
from manual_backprop import Problem
from manual_backprop.files import to_document

SOURCE = Path(__file__).parents[1] / "examples" / "programs" / "backprop.c"
NETWORKS = 1000
ROUNDS = 5


def compiled(folder: str) -> str:
    """The command that starts the example in C."""
    command = ["cc", "-std=c11", "-O2", "-o", f"{folder}/backprop", str(SOURCE), "-lm"]
    subprocess.run(command, check=True)
    return shlex.quote(f"{folder}/backprop")


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def own_seconds(command: str, problems: Sequence[Problem]) -> float:
    """The program's time for all problems, less that for the greeting alone."""
    lines = [{"id": n, "problem": to_document(each)} for n, each in enumerate(problems)]
    text = b"\n".join([GREETING, *(json.dumps(line).encode() for line in lines), b""])

    def run(given: bytes) -> float:
        words = shlex.split(command)
        return seconds(lambda: subprocess.run(words, input=given, check=True, capture_output=True))

    return min(run(text) for _ in range(ROUNDS)) - min(run(GREETING) for _ in range(ROUNDS))


def measure(command: str) -> None:
    """Print the round trip, the program's own time, and the difference."""
    target = program(command)
    declared = target.declared
    assert declared is not None
    vocabulary = Vocabulary.of(declared.activations or (), declared.losses or ())
    problems = [case.problem for case in drawn(pool(vocabulary), NETWORKS, 0, "float64")]
    calls = [as_arguments(each) for each in problems]
    rounds = [[seconds(partial(target.backprop, *each)) for each in calls] for _ in range(ROUNDS)]
    target.close()
    trips = [1e3 * min(times) for times in zip(*rounds, strict=True)]
    own = 1e3 * own_seconds(command, problems) / NETWORKS
    mean = statistics.mean(trips)
    print(f"{command}: {NETWORKS} networks, ms each, the best of {ROUNDS} rounds")
    print(f"round trip  mean {mean:.3f}, 95 % {statistics.quantiles(trips, n=20)[-1]:.3f}")
    print(f"its own     mean {own:.3f}")
    print(f"beyond it   mean {mean - own:.3f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        measure(sys.argv[1] if len(sys.argv) > 1 else compiled(folder))
