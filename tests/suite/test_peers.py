"""The peers' own ways: what each lacks, what it needs, and what is known to be wrong with it."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from conformance.architectures import EVERYTHING
from conformance.backends import NAMES, PEERS, NotInstalled, load
from conformance.backends.base import NotEquipped
from conformance.backends.problems import as_arguments
from conformance.cli import main
from conformance.judge import Judge
from conformance.support import support
from manual_backprop import Layer, Network, Problem
from manual_backprop.oracle.verdict import Verdict

from .test_backends import installed

Capture = pytest.CaptureFixture[str]


def unit(activation: str, at: float) -> Problem:
    """One unit at that place: ∂L/∂b of its layer shows f', ∂L/∂W of the next f."""
    network = Network([Layer([[1.0]], [at], activation), Layer([[1.0]], [0.0])])
    return Problem(network, [0.0], loss="identity_sum")


def verdict(name: str, problem: Problem) -> Verdict:
    """The verdict on a peer's gradient."""
    return Judge(problem).outcome(installed(name)).kind


# ── where they are asked ──


def test_peers_are_asked_by_name_alone() -> None:
    """No peer is among the backends that are judged unless told otherwise."""
    assert set() == set(NAMES) & set(PEERS)


@pytest.mark.usefixtures("plain_terminal")
def test_conform_takes_a_peer(capsys: Capture) -> None:
    """`conform --backend` judges a peer, and counts what that does not support."""
    installed("micrograd")

    assert main(["conform", "-n", "150", "--backend", "micrograd"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "micrograd: not supported, in its own words: activation" in output
    assert output.endswith(
        "Nothing is wrong: micrograd conforms wherever something could be decided."
    )


# ── what they need ──


def test_a_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a CUDA device, torch_autograd_cuda is not there, and says why."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(NotInstalled) as caught:
        load("torch_autograd_cuda")
    assert isinstance(caught.value, NotEquipped)
    assert str(caught.value) == f"torch: {torch.__version__} finds no CUDA device"


def test_a_compiler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a C++ compiler, torch_compile is not there, and says which was looked for."""
    pytest.importorskip("torch")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CXX", "g++-99")

    with pytest.raises(NotInstalled, match=r"^torch: .*C\+\+ compiler, and finds no g\+\+-99$"):
        load("torch_compile")


@pytest.mark.parametrize("asked", ["tf32", "ieee", "none"])
def test_products_of_float32_are_whole_on_a_gpu(asked: str) -> None:
    """TF32 is off during a call whatever the program asked for, and as it was after it."""
    torch = pytest.importorskip("torch")
    from conformance.backends.torch_autograd_cuda import full_precision

    settings = torch.backends.cuda.matmul
    before = settings.fp32_precision
    settings.fp32_precision = asked
    try:
        with full_precision():
            during = settings.fp32_precision
        assert (during, settings.fp32_precision) == ("ieee", asked)
    finally:
        settings.fp32_precision = before


# ── what they lack ──


def test_scikit_learn_has_four_fused_losses() -> None:
    """sklearn_mlp takes a linear output under four losses, and hidden layers that are alike."""
    found = support(installed("sklearn_mlp"), EVERYTHING).vocabulary

    assert ("identity", "sigmoid", "tanh", "relu") == found.hidden
    assert "hidden" == found.uniform
    assert {
        ("identity", "half_squared_error"),
        ("identity", "poisson"),
        ("identity", "binary_cross_entropy_with_logits"),
        ("identity", "softmax_cross_entropy"),
    } == set(found.outputs)


@pytest.mark.parametrize(
    ("activations", "message"),
    [
        (["tanh", "relu", "identity"], "hidden layers of different activations"),
        (["tanh", "tanh", "tanh"], "activation 'tanh' of the output layer"),
    ],
)
def test_scikit_learn_says_what_it_lacks(activations: list[str], message: str) -> None:
    """Layers that scikit-learn has no network for are not supported, in words."""
    arguments: list[Any] = list(as_arguments(Problem.random((1, 2, 2, 1))))
    arguments[2] = activations

    with pytest.raises(NotImplementedError, match=f"^{message}$"):
        installed("sklearn_mlp").backprop(*arguments)


@pytest.mark.parametrize("name", ["torch_compile", "jax_vmap_grad", "hips_autograd", "tinygrad"])
def test_the_others_declare_everything(name: str) -> None:
    """A peer that has it all says so, so that nothing has to be tried."""
    found = support(installed(name), EVERYTHING)

    assert EVERYTHING == found.vocabulary
    assert not found.reasons


# ── what is wrong with them: no departure is granted, and the suite finds it ──


@pytest.mark.parametrize(
    ("activation", "at", "kind"),
    [
        ("elu", 0.0, Verdict.WRONG),
        ("elu", 1.0, Verdict.CONFORMS),
        ("celu", 2.0**-1022, Verdict.WRONG),
        ("celu", 1.0, Verdict.CONFORMS),
        *((name, 720.0, Verdict.NOT_FINITE) for name in ("elu", "celu", "selu")),
        ("hard_swish", 2.0**60, Verdict.WRONG),
        ("hard_swish", 4.0, Verdict.CONFORMS),
    ],
)
def test_tinygrad_is_wrong_at_places(activation: str, at: float, kind: Verdict) -> None:
    """Where tinygrad's module says that something is wrong it is, and elsewhere it is not."""
    assert kind is verdict("tinygrad", unit(activation, at))


@pytest.mark.parametrize("activation", ["relu6", "hard_sigmoid"])
def test_tinygrads_flat_slopes_are_rounding_errors(activation: str) -> None:
    """In float32 a slope that is exactly 0 comes out as a rounding error under some targets."""
    W, b = np.array([[1 / 3], [0.2], [0.7]], "f4"), np.zeros(3, "f4")
    flat = Layer(np.zeros((1, 1), "f4"), np.full(1, 30, "f4"), activation)
    network, inputs = Network([flat, Layer(W, b)]), np.ones((1, 1), "f4")
    targets = [np.array([[k / 10, 0.3, 0.7]], "f4") for k in range(6)]

    verdicts = {verdict("tinygrad", Problem(network, inputs, y)) for y in targets}
    assert Verdict.WRONG in verdicts
