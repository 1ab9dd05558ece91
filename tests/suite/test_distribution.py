"""The wheel and the source distribution: what is in them, and that what they install runs.

Both are built by `python -m build` from a clean copy of the checkout, with this environment's
setuptools: no network is needed. The wheel is installed into an environment of its own, which
sees the packages that are installed here, the checkout's own excepted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from manual_backprop import Problem, __version__, correctly_rounded
from manual_backprop.files import save

ROOT = Path(__file__).parents[2]
PACKAGES = ("manual_backprop/", "conformance/")
NAME = f"manual_backprop-{__version__}"

MINE = """
def one_linear_layer(weights, biases, activations, loss, inputs, targets):
    if activations != ["identity"] or loss != "half_squared_error":
        raise NotImplementedError
    delta = (inputs @ weights[0].T + biases[0] - targets) / len(inputs)
    return [delta.T @ inputs], [delta.sum(axis=0)]
"""


@dataclass(frozen=True)
class Built:
    """The two distributions, and a wheel that was made from the checkout, not from the sdist."""

    sdist: Path
    wheel: Path
    wheel_of_the_checkout: Path


def run(command: Iterable[Any], **settings: Any) -> str:
    """What it prints, if its exit status is 0; PYTHONPATH would bring the checkout back in."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished: subprocess.CompletedProcess[str] = subprocess.run(
        [str(each) for each in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=environment,
        **settings,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def files_of_the_checkout() -> list[str]:
    """What git tracks, or would: a new file belongs to a change before it is committed."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = run(command).split("\0")[:-1]
    return [name for name in names if (ROOT / name).exists()]


def copied(into: Path) -> Path:
    """A copy of the checkout, and in it what runs of Python and of Hypothesis leave behind."""
    for name in files_of_the_checkout():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, into / name)
    for name in (
        "__pycache__/network.cpython-311.pyc",
        ".cache/README.md",
        ".hypothesis/seen.json",
    ):
        (into / "manual_backprop" / name).parent.mkdir()
        (into / "manual_backprop" / name).write_text("left behind")
    return into


def build(source: Path, into: Path, *options: str) -> str:
    """`python -m build`, in this environment; what it says."""
    command = [sys.executable, "-m", "build", "--no-isolation", *options, "--outdir", into, source]
    return run(command)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both distributions as `python -m build` makes them: the wheel from the sdist."""
    source = copied(tmp_path_factory.mktemp("source"))
    made, direct = (tmp_path_factory.mktemp(name) for name in ("made", "direct"))

    said = build(source, made) + build(source, direct, "--wheel")

    assert "WARNING" not in said
    wheel = f"{NAME}-py3-none-any.whl"
    return Built(made / f"{NAME}.tar.gz", made / wheel, direct / wheel)


@pytest.fixture(scope="module")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment that has the wheel."""
    home = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", home])
    commands = home / "bin"
    pip = [sys.executable, "-m", "pip", "--python", commands / "python", "install", "--quiet"]
    run([*pip, "--no-index", "--no-deps", "--no-compile", built.wheel])
    # After the installation, and last on the path; a .pth in it is not read, so that the checkout,
    # which is installed by one, stays out.
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return commands


# ── what is inside ──


def names_in(wheel: Path) -> set[str]:
    """The files of a wheel."""
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_the_packages_files_and_no_others(built: Built) -> None:
    """Modules, schemas, templates, vectors and py.typed: what the checkout tracks, nothing else."""
    expected = {name for name in files_of_the_checkout() if name.startswith(PACKAGES)}

    found = {name for name in names_in(built.wheel) if ".dist-info/" not in name}

    assert sorted(expected) == sorted(found)


def test_the_wheel_holds_each_kind_of_data(built: Built) -> None:
    """One file of each kind that is no module is there by name, whatever git tracks."""
    kinds = {
        "conformance/py.typed",
        "conformance/render/html/report.html.j2",
        "conformance/render/report.schema.json",
        "conformance/vectors/README.md",
        "conformance/vectors/smooth.json",
        "manual_backprop/files/problem.schema.json",
        "manual_backprop/py.typed",
        f"{NAME}.dist-info/licenses/LICENSE",
    }

    assert set() == kinds - names_in(built.wheel)


def test_the_sdist_builds_the_same_wheel(built: Built) -> None:
    """The wheel from the sdist and the one from the checkout hold the same files, by checksum."""
    first, second = (
        {each.filename: each.CRC for each in zipfile.ZipFile(wheel).infolist()}
        for wheel in (built.wheel, built.wheel_of_the_checkout)
    )

    assert second == first


def test_the_sdist_holds_what_a_reader_needs_and_no_tests(built: Built) -> None:
    """Beside the packages: the project's file, its documents, its citation, and what pip reads."""
    expected = {"CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in"}
    expected |= {"PKG-INFO", "README.md", "pyproject.toml", "setup.cfg"}

    with tarfile.open(built.sdist) as archive:
        paths = [each.name.removeprefix(f"{NAME}/") for each in archive if each.isfile()]
    beside = {
        path for path in paths if not path.startswith((*PACKAGES, "manual_backprop.egg-info/"))
    }

    assert expected == beside


# ── what it installs ──


def test_the_installed_command_tells_its_version(environment: Path) -> None:
    """`manual-backprop --version` is the package's version."""
    assert f"manual-backprop {__version__}\n" == run([environment / "manual-backprop", "--version"])


def test_the_packages_are_imported_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    """From an empty folder both packages import, from the new environment and not the checkout."""
    code = "import conformance, manual_backprop as m; print(conformance.__file__, m.__file__)"

    found = run([environment / "python", "-c", code], cwd=tmp_path).split()

    assert [True, True] == [Path(each).is_relative_to(environment.parent) for each in found]


def test_the_installed_command_checks_a_function(environment: Path, tmp_path: Path) -> None:
    """`manual-backprop check` judges a right function, and makes the page from its templates."""
    (tmp_path / "mine.py").write_text(MINE)
    options = ["-n", "5", "--report", "page", "--json", "report.json"]

    run(
        [environment / "manual-backprop", "check", "mine.py:one_linear_layer", *options],
        cwd=tmp_path,
    )

    assert "</html>" in (tmp_path / "page/index.html").read_text("utf-8")
    assert "mine.py:one_linear_layer" in (tmp_path / "report.json").read_text("utf-8")


def test_the_installed_command_proves_a_gradient(environment: Path, tmp_path: Path) -> None:
    """`manual-backprop gradient --round` reads a problem file and proves the floats found here."""
    problem = Problem.random([2, 3, 1], seed=1)
    save(problem, tmp_path / "problem.json")
    options = ["--round", "float64", "--json", "proved.json"]

    run([environment / "manual-backprop", "gradient", "problem.json", *options], cwd=tmp_path)

    document = json.loads((tmp_path / "proved.json").read_text("utf-8"))
    expected = correctly_rounded(problem, "float64").weights
    assert [W.tolist() for W in expected] == [
        [[float.fromhex(entry) for entry in row] for row in W] for W in document["hex"]["weights"]
    ]
