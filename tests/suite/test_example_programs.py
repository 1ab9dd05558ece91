"""The example programs conform, in every language whose tools are installed."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from conformance.architectures import Vocabulary, pool
from conformance.backends import Backend
from conformance.backends.problems import as_arguments
from conformance.check import run
from conformance.report import Report
from conformance.targets.lines import Lines
from conformance.targets.program import program
from manual_backprop import Layer, Network, Problem
from manual_backprop.files import to_document
from manual_backprop.oracle.verdict import Verdict

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "programs"

COMPILERS = {
    "backprop.c": ("cc", ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"], ["-lm"]),
    "backprop.rs": ("rustc", ["-O", "-D", "warnings", "-o"], []),
}
INTERPRETERS = {"backprop.js": "node", "backprop.py": sys.executable}
LANGUAGES = sorted([*COMPILERS, *INTERPRETERS])

SLOPE_OF_TANH = {
    "backprop.c": "return 1 - x * x;",
    "backprop.js": "df: (x) => 1 - x * x",
    "backprop.py": "lambda x: 1 - x * x",
    "backprop.rs": "|x| 1.0 - x * x",
}
"""Where each has it; a mistake is planted there."""


def command_for(source: Path, built: Path) -> str:
    """What starts the program; it is built first if its language asks for that."""
    if source.name in INTERPRETERS:
        return shlex.join([tool(INTERPRETERS[source.name]), str(source)])
    compiler, before, after = COMPILERS[source.name]
    subprocess.run([tool(compiler), *before, str(built), str(source), *after], check=True)
    return shlex.quote(str(built))


def tool(name: str) -> str:
    """The compiler or interpreter, or the test is skipped: some are there and lack their parts."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    if version.returncode:
        pytest.skip(f"{name} does not run: {version.stderr.strip().splitlines()[0]}")
    return found


@pytest.fixture(scope="module", params=LANGUAGES)
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Backend]:
    """Each example, running."""
    built = tmp_path_factory.mktemp("programs") / "backprop"
    with contextlib.closing(program(command_for(EXAMPLES / request.param, built))) as target:
        yield target


def judged(target: Backend, dtype: str = "float64", networks: int = 40) -> Report:
    """The target on networks of what it declares."""
    assert target.declared is not None
    assert target.declared.activations is not None
    assert target.declared.losses is not None
    vocabulary = Vocabulary.of(target.declared.activations, target.declared.losses)
    return run([target], networks, seed=0, dtype=dtype, architectures=pool(vocabulary))


def test_every_example_is_tested() -> None:
    """The languages above are those of the folder, and its README has a line for each."""
    told = re.findall(r"examples/programs/(\S+\.\w+)", (EXAMPLES / "README.md").read_text("utf-8"))

    assert LANGUAGES == sorted(path.name for path in EXAMPLES.glob("backprop.*"))
    assert LANGUAGES == sorted(told)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_examples_conform(example: Backend, dtype: str) -> None:
    """Each example conforms on networks of what it declares, in both dtypes."""
    [tally] = judged(example, dtype).tallies

    assert [] == [finding.outcome.message for finding in tally.findings]
    assert tally.count("conforms") > 30
    assert tally.count("conforms") + tally.count("undecided") == 40
    assert 0 < tally.worst_fraction < 1
    assert () == tuple(example.notes())


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_mistake_in_an_example_is_wrong(name: str, tmp_path: Path) -> None:
    """With 1 − x for the slope of tanh each example is wrong, and shrinks to a unit of tanh."""
    text = (EXAMPLES / name).read_text("utf-8")
    place = SLOPE_OF_TANH[name]
    (tmp_path / name).write_text(text.replace(place, place.replace(" * x", "")), "utf-8")
    command = command_for(tmp_path / name, tmp_path / "backprop")

    with contextlib.closing(program(command)) as target:
        [tally] = judged(target).tallies

    assert 1 == text.count(place)
    assert tally.count("wrong") > 0
    assert {Verdict.WRONG} == {finding.outcome.kind for finding in tally.findings}
    assert {"tanh"} == set(tally.findings[0].case.architecture.activations)
    assert tally.findings[0].case.architecture.parameters <= 4


def test_examples_take_null_for_biases(example: Backend) -> None:
    """A layer whose biases are null has the gradient that it has at zeros."""
    arguments = as_arguments(Problem.random((2, 3, 1), "sigmoid", biases=False))

    zeros = example.backprop(*arguments)
    null = example.backprop(arguments[0], [None, None], *arguments[2:])  # type: ignore[list-item]
    assert [each.tolist() for part in zeros for each in part] == [
        each.tolist() for part in null for each in part
    ]


def test_examples_write_what_is_not_finite(example: Backend) -> None:
    """A gradient that overflows arrives as the infinity that it is."""
    layers = [Layer([[1e200]]), Layer([[1e200]])]

    weights, biases = example.backprop(*as_arguments(Problem(Network(layers), [1.0], [0.0])))
    assert [[[np.inf]], [[np.inf]]] == [each.tolist() for each in weights]
    assert [[np.inf], [np.inf]] == [each.tolist() for each in biases]


def test_examples_say_what_they_lack(example: Backend) -> None:
    """A problem with an activation or a loss that is not theirs is answered with "unsupported"."""
    with contextlib.closing(Lines(shlex.split(example.name))) as lines:
        for f, loss in (("mish", "half_squared_error"), ("tanh", "huber")):
            problem = to_document(Problem.random((2, 1), f, loss))
            answer = json.loads(lines.ask(json.dumps({"id": 7, "problem": problem}).encode(), 10))

            assert ["id", "unsupported"] == list(answer)
            assert 7 == answer["id"]


def test_the_documented_exchange_takes_place() -> None:
    """The exchange that docs/protocol.md shows is what the Python example does."""
    text = (ROOT / "docs" / "protocol.md").read_text("utf-8")
    shown = re.findall(r"^    ([<>]) (.*(?:\n       .*)*)$", text, re.MULTILINE)
    sent = [json.loads(line) for mark, line in shown if mark == ">"]
    command = [sys.executable, str(EXAMPLES / "backprop.py")]

    with contextlib.closing(Lines(command)) as lines:
        answers = [json.loads(lines.ask(json.dumps(each).encode(), 10)) for each in sent]
    assert 3 == len(sent)
    assert [json.loads(line) for mark, line in shown if mark == "<"] == answers
