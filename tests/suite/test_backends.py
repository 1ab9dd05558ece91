"""The backends, peers too: one signature, results as specified, clear words for what is missing."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from conformance.backends import NAMES, PEERS, Backend, NotInstalled, load
from conformance.backends.base import importing
from conformance.backends.problems import as_arguments, as_problem
from conformance.judge import Judge
from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem
from manual_backprop.files import load as load_file
from manual_backprop.files import save
from manual_backprop.oracle.verdict import Verdict

OWN = ("recursion", "backprop")
FRAMEWORKS = {
    "torch_autograd": "torch",
    "torch_func_grad": "torch",
    "jax_grad": "jax",
    "hips_autograd": "autograd",
    "tinygrad": "tinygrad",
    "sklearn_mlp": "sklearn",
    "micrograd": "micrograd",
}
COMPILED = {"jax_grad_jit": "jax", "jax_vmap_grad": "jax", "torch_compile": "torch"}
RESTLESS = ("micrograd",)
"""What does not give the same bits twice: its sums follow the order of Python's sets of objects."""

DTYPES = ("float64", "float32")


@pytest.fixture(params=[*NAMES, *PEERS])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend that is installed."""
    return installed(request.param)


def installed(name: str) -> Backend:
    """The backend, or the test is skipped."""
    try:
        return load(name)
    except NotInstalled as reason:
        pytest.skip(str(reason))


def problem(dtype: str = "float64", **choices: Any) -> Problem:
    """Two layers, three samples, that every backend supports; one for all: jax compiles once."""
    return Problem.random(
        (2, 3, 1), ("relu", "identity"), "half_squared_error", 3, seed=1, dtype=dtype, **choices
    )


def bits(arrays: list[Any]) -> list[bytes]:
    """Arrays as bytes, with shape and dtype."""
    return [repr((each.shape, str(each.dtype))).encode() + each.tobytes() for each in arrays]


def arrays_of(arguments: tuple[Any, ...]) -> list[Any]:
    """The arrays among the arguments of a function under test."""
    return [*arguments[0], *arguments[1], arguments[4], arguments[5]]


# ── what a backend is ──


def test_each_has_its_modules_name_and_the_signature(backend: Backend) -> None:
    """Each backend is named like its module, has a version, and takes the six by position."""
    parameters = inspect.signature(backend.backprop).parameters

    assert backend.name in (*NAMES, *PEERS)
    assert backend.backprop.__module__ == f"conformance.backends.{backend.name}"
    assert re.match(r"\d+\.\d+", backend.version)
    assert list(parameters) == ["weights", "biases", "activations", "loss", "inputs", "targets"]
    assert backend.order == ("forward" if backend.name == "recursion" else "reverse")


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_fit(backend: Backend, dtype: str) -> None:
    """Two lists of NumPy arrays come back, in the shapes and dtype of the parameters."""
    arguments = as_arguments(problem(dtype))

    weights, biases = backend.backprop(*arguments)
    assert [type(each) for each in (weights, biases)] == [list, list]
    assert {type(each) for each in (*weights, *biases)} == {np.ndarray}
    assert [each.shape for each in arguments[0]] == [each.shape for each in weights]
    assert [each.shape for each in arguments[1]] == [each.shape for each in biases]
    assert {dtype} == {str(each.dtype) for each in (*weights, *biases)}


@pytest.mark.parametrize("dtype", DTYPES)
def test_results_are_right(backend: Backend, dtype: str) -> None:
    """With biases and without, each result conforms, and a second call gives the same bits."""
    for biases in (True, False):
        outcome = Judge(problem(dtype, biases=biases)).outcome(backend)
        assert outcome.kind is Verdict.CONFORMS
        assert outcome.repeats or backend.name in RESTLESS


def test_inputs_are_untouched(backend: Backend) -> None:
    """No call writes to its arguments, nor gives a part of them back."""
    arguments = as_arguments(problem())
    before = bits(arrays_of(arguments))

    results = [each for part in backend.backprop(*arguments) for each in part]
    for each in results:
        each[...] = np.nan
    assert before == bits(arrays_of(arguments))
    assert arguments[2:4] == (["relu", "identity"], "half_squared_error")


def test_read_only_inputs_are_accepted(backend: Backend) -> None:
    """A call needs no permission to write to its arguments."""
    arguments = as_arguments(problem())
    for each in arrays_of(arguments):
        each.setflags(write=False)

    assert len(backend.backprop(*arguments)[0]) == 2


# ── what a backend lacks ──


@pytest.mark.parametrize("name", FRAMEWORKS)
@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (2, ["maxout", "identity"], "activation 'maxout'"),
        (3, "triplet", "loss 'triplet'"),
        (4, np.ones((3, 2), np.longdouble), f"dtype {np.dtype(np.longdouble)}"),
    ],
)
def test_what_a_framework_lacks_is_not_supported(
    name: str, place: int, value: Any, message: str
) -> None:
    """A framework's backend says NotImplementedError of unknown names and of longdouble."""
    arguments = list(as_arguments(problem()))
    arguments[place] = value
    if place == 4:
        for k in (0, 1):
            arguments[k] = [each.astype(np.longdouble) for each in arguments[k]]
        arguments[5] = arguments[5].astype(np.longdouble)

    with pytest.raises(NotImplementedError, match=f"^{re.escape(message)}$"):
        installed(name).backprop(*arguments)


@pytest.mark.parametrize("name", COMPILED)
def test_the_compiled_ones_lack_the_same(name: str) -> None:
    """What is not supported is said before anything is compiled."""
    arguments = as_arguments(problem())

    for activation, loss in (("maxout", "huber"), ("tanh", "triplet")):
        with pytest.raises(NotImplementedError):
            installed(name).backprop(*arguments[:2], [activation, "identity"], loss, *arguments[4:])


@pytest.mark.parametrize("name", OWN)
def test_our_own_take_longdouble(name: str) -> None:
    """The hand-written gradients take longdouble, and give it back."""
    weights, biases = load(name).backprop(*as_arguments(problem("longdouble")))

    assert {each.dtype for each in (*weights, *biases)} == {np.dtype(np.longdouble)}


# ── loading ──


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("torch_autograd_cpu", "torch_autograd_cuda"),
        ("jax_grad_jti", "jax_grad_jit"),
        ("sklearn", "sklearn_mlp"),
        ("Backprop", "backprop"),
    ],
)
def test_an_unknown_name(name: str, nearest: str) -> None:
    """An unknown name is answered with the nearest one."""
    message = f"no backend {name!r}; the nearest name is {nearest!r}"

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        load(name)


def test_a_name_like_no_other() -> None:
    """A name that resembles none is answered with some name, never with an error of our own."""
    with pytest.raises(ValueError, match="no backend ''; the nearest name is"):
        load("")


@pytest.mark.parametrize(
    ("name", "package"),
    [*FRAMEWORKS.items(), *COMPILED.items(), ("torch_autograd_cuda", "torch")],
    ids=lambda each: each,
)
def test_a_missing_framework(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend whose framework is missing says so, with the command that installs it."""
    extra = package if package in ("torch", "jax") else "peers"
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(NotInstalled) as caught:
        load(name)
    assert caught.value.name == package
    assert str(caught.value) == (
        f'{package} is not installed; try: pip install "manual-backprop[{extra}]"'
    )


def test_a_framework_in_pieces() -> None:
    """A framework that lacks a part of its own fails with its own message."""
    with pytest.raises(ModuleNotFoundError, match="no torch inside") as caught, importing("torch"):
        raise ModuleNotFoundError("no torch inside", name="torch._C")
    assert not isinstance(caught.value, NotInstalled)


def test_no_framework_is_imported_before_it_is_asked_for() -> None:
    """Loading our own backends imports no framework, even where all are installed."""
    program = (
        "import sys; from conformance.backends import load\n"
        "load('recursion'), load('backprop')\n"
        "print(sorted({'torch', 'jax', 'jaxlib', 'tensorflow'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


# ── arguments and problems ──


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_arguments_and_problem_round_trip(dtype: str) -> None:
    """A problem comes back from its arguments to the bit, signed zeros and subnormals included."""
    given = problem(dtype)
    layers = list(given.network.layers)
    first = layers[0].weights.copy()
    first[0] = -0.0, np.finfo(dtype).smallest_subnormal
    layers[0] = Layer(first, layers[0].biases, "tanh")
    given = Problem(Network(layers), given.inputs, given.targets, "huber")

    back = as_problem(*as_arguments(given))
    assert bits(arrays_of(as_arguments(given))) == bits(arrays_of(as_arguments(back)))
    assert given.network.widths == back.network.widths
    assert [each.activation for each in given.network.layers] == [
        each.activation for each in back.network.layers
    ]
    assert (given.loss, given.reduction) == (back.loss, back.reduction)


def test_missing_biases_come_as_zeros() -> None:
    """A layer without biases comes as zeros in the problem's dtype, one for each unit."""
    biases = as_arguments(problem("float32", biases=False))[1]

    assert [(3,), (1,)] == [each.shape for each in biases]
    assert bits([np.zeros(3, "f4"), np.zeros(1, "f4")]) == bits(biases)


def test_arguments_are_fresh() -> None:
    """Arguments are writable, C-contiguous copies, whatever the problem's own arrays are."""
    given = problem()
    layers = [
        Layer(np.asfortranarray(each.weights), each.biases, each.activation)
        for each in given.network.layers
    ]
    arguments = arrays_of(as_arguments(Problem(Network(layers), given.inputs, given.targets)))

    assert all(each.flags.c_contiguous and each.flags.writeable for each in arguments)
    assert all(each.flags.owndata for each in arguments)


def test_a_problem_file_gives_the_same_arguments(tmp_path: Any) -> None:
    """What a replayed problem file calls a function with is what the run called it with."""
    given = problem("float32", biases=False)
    save(given, tmp_path / "case.json")

    again = as_arguments(load_file(tmp_path / "case.json"))
    assert bits(arrays_of(as_arguments(given))) == bits(arrays_of(again))


# ── the catalogue in the frameworks' words ──


@pytest.mark.parametrize("module", ["hips_calls", "tinygrad"])
def test_every_name_has_a_call_in_a_peer(module: str) -> None:
    """The table of a peer that says it supports everything has every activation and loss."""
    try:
        calls = import_module(f"conformance.backends.{module}")
    except NotInstalled as reason:
        pytest.skip(str(reason))

    assert list(ACTIVATIONS) == list(calls.ACTIVATIONS)
    assert list(LOSSES) == list(calls.LOSSES)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_every_name_has_a_call(framework: str) -> None:
    """Each framework's table has every activation and loss, and the catalogue names the calls."""
    calls = pytest.importorskip(f"conformance.backends.{framework}_calls")

    assert list(calls.ACTIVATIONS) == list(ACTIVATIONS)
    assert list(calls.LOSSES) == list(LOSSES)
    assert (26, 10) == (len(calls.ACTIVATIONS), len(calls.LOSSES))
    assert [] == [
        each.name
        for each in (*ACTIVATIONS.values(), *LOSSES.values())
        if not getattr(each, framework)
    ]


def names_of(framework: str) -> dict[str, Any]:
    """The modules under the names that the catalogue's calls use."""
    if framework == "torch":
        torch = pytest.importorskip("torch")
        return {"torch": torch, "F": torch.nn.functional}
    jax = pytest.importorskip("jax")
    return {"jax": jax, "jnp": jax.numpy}


def same_call(mine: Callable[..., Any], theirs: Callable[..., Any]) -> bool:
    """Whether both are one function, keyword arguments aside."""
    return getattr(mine, "func", mine) is getattr(theirs, "func", theirs)


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_the_catalogue_names_the_calls_that_are_made(framework: str) -> None:
    """Where the catalogue names a framework's function, the table calls that very function."""
    calls = pytest.importorskip(f"conformance.backends.{framework}_calls")
    names = names_of(framework)
    named = {
        name: eval(getattr(each, framework), dict(names))
        for name, each in ACTIVATIONS.items()
        if re.fullmatch(r"[\w.]+", getattr(each, framework))
        and getattr(each, framework).split(".")[0] in names
    }

    assert len(named) >= 20
    assert [] == [
        name for name, call in named.items() if not same_call(calls.ACTIVATIONS[name], call)
    ]
