"""The layers as data: every import points downward, none in a circle, no framework comes along."""

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import FunctionType

import pytest

import manual_backprop

ROOT = Path(__file__).parents[2]

DRAWING = (
    *(
        "names",
        "arrays",
        "activations",
        "losses",
        "network",
        "objective",
        "forward",
        "fast",
        "backprop",
        "recursion",
    ),
    *("training", "arithmetic", "files", "oracle"),
)
"""The modules of `manual_backprop`, bottom first; above them its front page, then conformance."""

FRAMEWORKS = {
    *("torch", "jax", "jaxlib", "flax", "optax", "tensorflow", "keras", "mxnet", "paddle"),
    *("cupy", "autograd", "theano", "tinygrad", "micrograd", "sklearn"),
}

BASE = {"numpy", "scipy", "flint"}
"""What a base install brings; the front page loads only the first."""

EXTRAS = {"manual_backprop.files.model": {"pydantic", "pydantic_core", "typing_extensions"}}
"""A module whose caller says what to install where its package is missing."""

Graph = Mapping[str, set[str]]
"""What each module imports, itself in dotted form, anywhere in its text."""


# ── the graph of imports ──


def sources() -> dict[str, str]:
    """The text of each module of both packages, by dotted name."""
    found = {}
    for package in ("manual_backprop", "conformance"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(
                "utf-8"
            )
    return found


def walked(tree: ast.AST, annotations: bool) -> Iterator[ast.AST]:
    """Every node, those under `if TYPE_CHECKING` only if annotations count."""
    for node in ast.iter_child_nodes(tree):
        if annotations or not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            yield node
            yield from walked(node, annotations)


def imported(
    module: str, tree: ast.AST, is_package: bool, annotations: bool
) -> Iterator[list[str]]:
    """Each import statement's targets, most specific first: `from a import b` is a.b, or else a."""
    for node in walked(tree, annotations):
        if isinstance(node, ast.Import):
            yield from ([each.name] for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: None if is_package else -1] if node.level else []
            base = base[: len(base) - max(node.level - 1, 0)]
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield from ([f"{origin}.{each.name}", origin] for each in node.names)


def graph_of(texts: Mapping[str, str], annotations: bool = True) -> Graph:
    """The modules that each module imports; of other packages the name of the package."""
    packages = {name for name in texts if any(each.startswith(f"{name}.") for each in texts)}
    graph: dict[str, set[str]] = {name: set() for name in texts}
    for name, text in texts.items():
        for targets in imported(name, ast.parse(text), name in packages, annotations):
            ours = [each for each in targets if each in texts]
            graph[name].add(ours[0] if ours else targets[-1].split(".")[0])
    return graph


def height(module: str) -> int:
    """The storey of a module: 0 for the bottom of the drawing, conformance on top."""
    package, *rest = module.split(".")
    if package == "conformance":
        return len(DRAWING) + 1
    return DRAWING.index(rest[0]) if rest else len(DRAWING)


def upward(graph: Graph) -> list[str]:
    """The imports that point upward; on one's own storey, which may be a package, all are fine."""
    return [
        f"{module} imports {other}"
        for module, others in graph.items()
        for other in sorted(others & set(graph))
        if height(other) > height(module)
    ]


def circle(graph: Graph) -> list[str]:
    """A circle of imports, or an empty list."""
    try:
        TopologicalSorter({name: others & set(graph) for name, others in graph.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def reached_from(module: str, graph: Graph) -> set[str]:
    """The modules that come along with a module, itself included."""
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph.get(name, set())
    return found


def foreign(graph: Graph, names: set[str]) -> list[str]:
    """The imports of those packages."""
    return [f"{name} imports {each}" for name in graph for each in sorted(graph[name] & names)]


@pytest.fixture(scope="module")
def graph() -> Graph:
    """The imports of both packages."""
    return graph_of(sources())


# ── the drawing ──


def test_every_module_is_in_the_drawing(graph: Graph) -> None:
    """The modules of `manual_backprop` are those of the drawing, no more and no fewer."""
    expected = {each.split(".")[1] for each in graph if each.startswith("manual_backprop.")}

    assert expected == set(DRAWING)


def test_imports_point_downward(graph: Graph) -> None:
    """No module imports one from a storey above it, function-level imports included."""
    assert upward(graph) == []


def test_imports_run_in_no_circle() -> None:
    """No module imports itself through others; imports for annotations, which never run, aside."""
    assert circle(graph_of(sources(), annotations=False)) == []


def parts_of(graph: Graph, package: str) -> Graph:
    """The imports among the parts of a package: its modules, and its folders as wholes."""
    own = [name for name in graph if name.startswith(f"{package}.")]
    parts: dict[str, set[str]] = {name.split(".")[1]: set() for name in own}
    for name in own:
        part = name.split(".")[1]
        parts[part] |= {each.split(".")[1] for each in graph[name] & {*own}} - {part}
    return parts


@pytest.mark.parametrize("package", ["manual_backprop", "conformance"])
def test_parts_import_in_no_circle(package: str) -> None:
    """Nor does a part of a package, a folder with all that is in it, import itself."""
    assert circle(parts_of(graph_of(sources(), annotations=False), package)) == []


def drawn_in_readme(package: str) -> list[str]:
    """The parts of a package in the order in which README draws them."""
    text = (ROOT / "README.md").read_text("utf-8")
    [drawing] = re.findall(rf"^    {package}/ (.*(?:\n {{10,}}.*)*)", text, re.MULTILINE)
    return re.findall(r"\w+", drawing)


def test_readme_draws_the_layers_of_the_core() -> None:
    """The parts of `manual_backprop` stand there as they stand here."""
    assert drawn_in_readme("manual_backprop") == list(DRAWING)


def test_readme_draws_the_layers_of_the_suite() -> None:
    """Of the parts that it names, each imports those before it alone, annotations aside."""
    drawing = drawn_in_readme("conformance")
    parts = parts_of(graph_of(sources(), annotations=False), "conformance")

    assert len(drawing) > 10
    for place, part in enumerate(drawing):
        assert parts[part] & {*drawing[place:]} == set(), part


def test_the_core_knows_nothing_of_the_suite(graph: Graph) -> None:
    """`manual_backprop` never imports `conformance`."""
    core = {name: others for name, others in graph.items() if name.startswith("manual_backprop")}

    suite = {name for name in graph if name.split(".")[0] == "conformance"}
    assert foreign(core, suite | {"conformance"}) == []


CHAIN_RULE = {
    f"manual_backprop.{name}"
    for name in ("backprop", "fast", "recursion", "oracle.enclosure", "oracle.on_balls")
}
"""Where derivatives are multiplied."""


def test_the_witness_shares_no_chain_rule() -> None:
    """Nothing that the witness runs, at any remove, is part of what it is a witness of."""
    graph = graph_of(sources(), annotations=False)

    assert reached_from("manual_backprop.oracle.witness", graph) & CHAIN_RULE == set()
    assert "manual_backprop.backprop" in reached_from("manual_backprop.oracle.enclosure", graph)


def test_frameworks_stay_in_their_adapters(graph: Graph) -> None:
    """Only the backends of the suite, and the checkers of others, import a framework."""
    adapters = ("conformance.backends.", "conformance.checkers.")
    elsewhere = {name: others for name, others in graph.items() if not name.startswith(adapters)}

    assert foreign(elsewhere, FRAMEWORKS) == []
    assert foreign(graph, {"torch"}) != []


def test_the_core_needs_the_base_install_alone(graph: Graph) -> None:
    """`manual_backprop` imports the standard library, NumPy, SciPy and flint, and few extras."""
    ours = {"manual_backprop", *graph}

    for name, others in graph.items():
        if name.startswith("manual_backprop"):
            allowed = ours | BASE | sys.stdlib_module_names | EXTRAS.get(name, set())
            assert others - allowed == set(), name


# ── the checks can fail ──


PLANTED = {
    "manual_backprop": "from manual_backprop.network import Network",
    "manual_backprop.names": "",
    "manual_backprop.arrays": "def f():\n    from manual_backprop.network import Network",
    "manual_backprop.network": "import manual_backprop.arrays, torch",
    "manual_backprop.forward": "if TYPE_CHECKING:\n    from . import network, recursion",
    "manual_backprop.recursion": "def f():\n    from manual_backprop import Network",
    "manual_backprop.oracle": "from .rounding import f",
    "manual_backprop.oracle.rounding": "import conformance.check as c\nfrom ..names import entry",
    "conformance": "",
    "conformance.check": "from manual_backprop import Network, network",
    "conformance.backends.torch_autograd": "import torch.nn.functional as F",
}


def test_planted_imports_are_seen() -> None:
    """Absolute, relative, aliased and function-level imports are all resolved."""
    graph = graph_of(PLANTED)

    assert graph["manual_backprop.network"] == {"manual_backprop.arrays", "torch"}
    assert graph["manual_backprop.forward"] == {
        "manual_backprop.network",
        "manual_backprop.recursion",
    }
    assert graph["manual_backprop.oracle.rounding"] == {
        "conformance.check",
        "manual_backprop.names",
    }
    assert graph["conformance.check"] == {"manual_backprop", "manual_backprop.network"}


def test_planted_violations_are_caught() -> None:
    """Upward imports, circles and a framework in the core are each reported by name."""
    graph = graph_of(PLANTED)

    assert upward(graph) == [
        "manual_backprop.arrays imports manual_backprop.network",
        "manual_backprop.forward imports manual_backprop.recursion",
        "manual_backprop.recursion imports manual_backprop",
        "manual_backprop.oracle.rounding imports conformance.check",
    ]
    assert {"manual_backprop.arrays", "manual_backprop.network"} <= set(circle(graph))
    assert {"arrays", "network"} == set(circle(parts_of(graph, "manual_backprop")))
    assert graph_of(PLANTED, annotations=False)["manual_backprop.forward"] == set()
    assert "manual_backprop.network imports torch" in foreign(graph, FRAMEWORKS)


# ── what an import loads, and how long it takes ──


def run(code: str, *options: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """A fresh Python running the code."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT)]))}
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment)


def loaded(code: str, path: str = "") -> set[str]:
    """The packages that a fresh Python has loaded after running the code."""
    return set(run(f"{code}; import sys; print(*sys.modules)", path=path).stdout.split())


LATE = FRAMEWORKS | {"scipy", "flint", "pydantic", "hypothesis", "conformance"}
"""What the core must not load when it is imported."""


def test_importing_the_core_loads_no_framework() -> None:
    """`import manual_backprop` loads NumPy, and neither a framework nor SciPy nor flint."""
    assert loaded("import manual_backprop") & (LATE | {"numpy"}) == {"numpy"}


def test_a_gradient_loads_no_framework() -> None:
    """Nor does a gradient, unless its activation is gelu, which asks for SciPy."""
    code = "from manual_backprop import Problem, gradient; gradient(Problem.random((2, 1), {!r}))"

    assert loaded(code.format("tanh")) & LATE == set()
    assert loaded(code.format("gelu")) & LATE == {"scipy"}


def test_a_loaded_framework_is_seen(tmp_path: Path) -> None:
    """The check above fails where a framework is loaded after all."""
    (tmp_path / "torch.py").touch()

    found = loaded("import manual_backprop, torch, scipy", path=str(tmp_path))

    assert found & LATE == {"torch", "scipy"}


TIMES = """
from time import process_time
start = process_time()
import numpy
middle = process_time()
import manual_backprop
print(middle - start, process_time() - middle)
"""
"""Processor time, which other work on the machine disturbs less than the clock's."""


def test_the_core_is_imported_in_30_ms() -> None:
    """`import manual_backprop` takes 30 ms beyond NumPy, or where it is slow half of NumPy's time.

    A quiet machine needs 20 ms and 65 ms; the best of a few runs counts.
    """
    runs = ([float(seconds) for seconds in run(TIMES).stdout.split()] for _ in range(9))

    assert any(core <= max(0.030, numpy / 2) for numpy, core in runs)


# ── public names ──


def test_all_is_what_the_front_page_imports() -> None:
    """`__all__` is exactly what `__init__` takes from its modules, on first use included."""
    tree = ast.parse(inspect.getsource(manual_backprop))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if (node.module or "").startswith("manual_backprop.")]

    names = [each.asname or each.name for node in ours for each in node.names]

    assert sorted(names) == sorted(manual_backprop.__all__)


@pytest.mark.parametrize("name", manual_backprop.__all__)
def test_public_names_are_there_and_documented(name: str) -> None:
    """Each public name can be got; a class says what it is, a function shows an example too."""
    public = getattr(manual_backprop, name)

    if isinstance(public, (type, FunctionType)):
        assert public.__doc__
    if isinstance(public, FunctionType):
        assert ">>>" in public.__doc__


def test_unknown_names_are_refused() -> None:
    """A name that is not there is an AttributeError that says so."""
    with pytest.raises(AttributeError, match="module 'manual_backprop' has no attribute 'grad'"):
        _ = manual_backprop.grad  # type: ignore[attr-defined]


def test_star_imports_bring_the_public_names() -> None:
    """`from manual_backprop import *` brings all of `__all__`, the oracle's names included."""
    code = "from manual_backprop import *; print(*sorted(set(dir()) - {'__builtins__'}))"

    brought = run(code).stdout.split()

    assert set(manual_backprop.__all__) <= set(brought)
