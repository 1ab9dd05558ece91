"""The files of test vectors: their schema, their README, the tool that makes them, and node."""

from __future__ import annotations

import copy
import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from manual_backprop.files import to_document

from .vector_flags import MEASURES
from .vectors import FOLDER, files, problem_of, vectors

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "make_vectors.py"
README = (FOLDER / "README.md").read_text("utf-8")

SCHEMA = jsonschema.Draft202012Validator(json.loads((FOLDER / "schema.json").read_text("utf-8")))

# ── schema ──


def test_the_files_hold_their_schema() -> None:
    """The schema is one, and every file is as it says."""
    SCHEMA.check_schema(SCHEMA.schema)

    assert [name for name, file in files().items() if not SCHEMA.is_valid(file)] == []


ALTERED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no bound": lambda vector: vector["allowed"].pop("bound"),
    "negative bound": lambda vector: vector["allowed"]["bound"]["weights"][0][0].append(-1.0),
    "unknown flag": lambda vector: vector["flags"].append("kinky"),
    "unknown activation": lambda vector: vector["problem"]["layers"][0].update(activation="tahn"),
    "number in the enclosure": lambda vector: vector["enclosure"]["lower"].update(loss=0.5),
    "word in the gradient": lambda vector: vector["gradient"].update(loss="inf"),
    "extra key": lambda vector: vector.update(tolerance=1e-7),
}


@pytest.mark.parametrize("name", ALTERED)
def test_the_schema_refuses_what_is_altered(name: str) -> None:
    """A vector with a part that is missing, of another kind, or unknown."""
    file = copy.deepcopy(files()["exact.json"])
    ALTERED[name](file["vectors"][0])

    assert not SCHEMA.is_valid(file)


def test_parts_have_the_shapes_of_the_problem() -> None:
    """Weights and biases of every part, null biases included, as in the problem's layers."""
    for vector in vectors():
        expected = [(shape(x["weights"]), shape(x["biases"])) for x in vector["problem"]["layers"]]
        parts = [vector["gradient"], *vector["enclosure"].values(), *vector["allowed"].values()]
        for part in parts:
            pairs = zip(part["weights"], part["biases"], strict=True)
            assert expected == [(shape(W), shape(b)) for W, b in pairs], vector["id"]


def shape(array: Any) -> Any:
    """Of nested lists; None of null."""
    if isinstance(array, list):
        return [len(array), *{tuple(inner) for each in array if (inner := shape(each))}]
    return None


def test_problems_are_problem_files() -> None:
    """What is read from a vector and written again is the same, to the last digit."""
    for vector in vectors():
        assert to_document(problem_of(vector)) == vector["problem"], vector["id"]


# ── README ──


def test_the_readme_counts_right() -> None:
    """Its table has each file with what it is about and how many vectors there are."""
    rows = re.findall(r"^\| `(\w+\.json)` \| (.+?) \| (\d+) \|$", README, re.M)
    total = re.search(r"^(\d+) problems", README, re.M)

    assert {row[0]: row[1:] for row in rows} == {
        name: (file["theme"], str(len(file["vectors"]))) for name, file in files().items()
    }
    assert total is not None
    assert int(total[1]) == len(vectors())


def test_the_readme_shows_a_vector_that_is_there() -> None:
    """Its example is the vector of that name."""
    shown = json.loads(README.split("```json\n")[1].split("```")[0])

    assert shown == next(each for each in vectors() if each["id"] == shown["id"])


def test_the_readme_lists_each_flag() -> None:
    """With the mistake that its note names, in the same words."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", README, re.M)
    notes = {
        flag: note["catches"] for file in files().values() for flag, note in file["notes"].items()
    }

    assert dict(rows) == notes
    assert set(notes) == set(MEASURES)


# ── without Python ──


BACKPROP = """
const f = {
  identity: [(p) => p, (p) => 1], tanh: [Math.tanh, (p) => 1 - Math.tanh(p) ** 2],
  sigmoid: [(p) => 1 / (1 + Math.exp(-p)), (p) => 1 / (2 + Math.exp(p) + Math.exp(-p))],
  relu: [(p) => Math.max(p, 0), (p) => (p > 0 ? 1 : 0)], sin: [Math.sin, Math.cos],
};
const losses = { half_squared_error: 1, squared_error: 2 };

export function gradient({ dtype, layers, loss, reduction, inputs, targets }) {
  const known = layers.every(({ activation }) => activation in f) && loss in losses;
  if (dtype !== "float64" || !known) return null;
  const weights = layers.map(({ weights }) => weights.map((row) => row.map(() => 0)));
  const biases = layers.map(({ biases }) => biases && biases.map(() => 0));
  const S = reduction === "mean" ? inputs.length : 1;
  inputs.forEach((input, s) => {
    const x = [input], p = [];
    for (const { weights: W, biases: b, activation } of layers) {
      const before = x.at(-1);
      p.push(W.map((row, i) => row.reduce((sum, w, j) => sum + w * before[j], b ? b[i] : 0)));
      x.push(p.at(-1).map(f[activation][0]));
    }
    let xBar = x.at(-1).map((value, i) => (losses[loss] * (value - targets[s][i])) / S);
    for (let k = layers.length - 1; k >= 0; k--) {
      const delta = xBar.map((value, i) => value * SLOPE);
      delta.forEach((d, i) => {
        x[k].forEach((value, j) => (weights[k][i][j] += d * value));
        if (biases[k]) biases[k][i] += d;
      });
      xBar = x[k].map((_, j) => delta.reduce((sum, d, i) => sum + d * layers[k].weights[i][j], 0));
    }
  });
  return { weights, biases };
}
"""
"""Backpropagation in plain JavaScript; SLOPE is f'(p_i) or a mistake."""

RIGHT, AT_X = "f[layers[k].activation][1](p[k][i])", "f[layers[k].activation][1](x[k + 1][i])"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize(("slope", "status"), [(RIGHT, 0), (AT_X, 1)], ids=["right", "f' at x"])
def test_the_readers_javascript_judges(slope: str, status: int, tmp_path: Path) -> None:
    """The README's program finds a plain JavaScript backprop right, and its mistake, with notes."""
    (tmp_path / "check.mjs").write_text(README.split("```js\n")[1].split("```")[0], "utf-8")
    (tmp_path / "yours.mjs").write_text(BACKPROP.replace("SLOPE", slope), "utf-8")
    command = ["node", "check.mjs", str(FOLDER), "./yours.mjs"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    last = re.fullmatch(r"(\d+) judged, (\d+) wrong", run.stdout.splitlines()[-1])

    assert (run.stderr, run.returncode) == ("", status)
    assert last is not None
    assert int(last[1]) >= 40
    assert (int(last[2]) > 0) == bool(status)
    assert ("begin here" in run.stdout) == bool(status)  # the note of `scalar`


def test_the_readers_javascript_is_short() -> None:
    """Some twenty lines."""
    lines = README.split("```js\n")[1].split("```")[0].splitlines()

    assert sum(bool(line.strip()) for line in lines) <= 25


# ── the tool ──


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The tool in a fresh Python, with the matrix products of an old CPU, on one thread."""
    environment = os.environ | {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(TOOL), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_committed_files_are_what_the_tool_makes() -> None:
    """The same seed makes the same bytes, schema included, whatever the last places of NumPy."""
    run = tool("--check")

    assert (run.returncode, run.stdout) == (0, f"{FOLDER}: as seed 0 makes it\n")


@pytest.fixture
def make() -> Any:
    """The tool's module."""
    sys.path.append(str(TOOL.parent))
    try:
        yield import_module("make_vectors")
    finally:
        sys.path.remove(str(TOOL.parent))


def test_a_difference_is_told(make: Any, tmp_path: Path) -> None:
    """A file that is altered, missing, or made from no recipe is named."""
    texts = {"a.json": "1", "b.json": "2", "c.json": "3"}
    for name, text in {"a.json": "1", "b.json": "0", "d.json": "4"}.items():
        make.write(tmp_path / name, text)

    assert make.differences(tmp_path, texts) == [
        "b.json differs",
        "c.json is missing",
        "d.json is not made from this seed",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json", "d.json"]


def test_a_recipe_without_a_vector_is_told(make: Any) -> None:
    """If no candidate can be proved and shows what it should, the last reason is given."""
    maker = make.Maker("float64", 0)
    tanh = [maker.layer([[1], [1]], None, "tanh"), maker.layer([[1, -1]], None, "relu")]
    near = maker.problem([*tanh, maker.layer([[1]])], [[0.5]])  # relu(tanh x − tanh x)
    plain = maker.problem([maker.layer([[1]])], [[0.5]])

    with pytest.raises(make.Unfit, match="a: the enclosure stays wide; try another seed"):
        make.made(make.Recipe("a", "", (), iter([near])))
    with pytest.raises(make.Unfit, match="b: it does not show kink; try another seed"):
        make.made(make.Recipe("b", "", ("kink",), iter([plain])))


@pytest.mark.parametrize("name", ["decimals", "hull"])
def test_examples_of_the_tool_run(make: Any, name: str) -> None:
    """The doctests of its modules, which pytest does not collect."""
    found = doctest.testmod(import_module(f"vectors.{name}"))

    assert found.attempted > 0
    assert found.failed == 0
