"""Bad input: each message says what was found, what was expected and what to do."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from manual_backprop import (
    Activation,
    Layer,
    Loss,
    Network,
    Problem,
    activation,
    gradient,
    loss,
)
from manual_backprop.arrays import as_array

W = np.ones((3, 2))
ONE = Network([Layer([[1.0, 1.0]])])
WIDE = Network([Layer(W)])
NEITHER_FLOAT = "float16, float32, float64, longdouble or fractions.Fraction fit"
OBJECTS = "an object array may hold fractions.Fraction or int"
AS_FLOATS = "write them as floats, np.asarray(weights, float), or as exact rationals"


class Tensor:
    """What a framework's tensor is to NumPy while it keeps its gradient."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Refuses, in PyTorch's words."""
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach()")


class DataFrame:
    """What a data frame is to NumPy: it converts, and it has ufuncs of its own."""

    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        """The numbers."""
        return np.ones((3, 2))


def refused(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    """The call raises that error, with these words in its message."""
    with pytest.raises(error, match=re.escape(words)):
        call()


# ── arrays ──


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1.0, 2.0], [3.0]], "weights are ragged: every row must have the same length"),
        ([[1.0, [2.0]]], "weights are ragged: every row must have the same length"),
        ("W0", f"weights are text (<U2): {NEITHER_FLOAT}"),
        ([["1.0", "2.0"]], f"weights are text (<U3): {NEITHER_FLOAT}"),
        ([[1, 2]], f"weights are integers (int64): {AS_FLOATS}"),
        (np.ones((1, 2), np.uint8), f"weights are integers (uint8): {AS_FLOATS}"),
        ([[True, False]], f"weights are truth values (bool): {AS_FLOATS}"),
        ([[1j]], f"weights are complex (complex128): {NEITHER_FLOAT}"),
        (np.array([["2020-01-01"]], "M8[D]"), "weights are no numbers (datetime64[D])"),
        (None, f"weights hold None (NoneType): {OBJECTS}"),
        ([[1.0, None]], f"weights hold 1.0 (float) at [0, 0]: {OBJECTS}"),
        ([[Fraction(1), 0.5]], f"weights hold 0.5 (float) at [0, 1]: {OBJECTS}"),
        ([[Fraction(1), True]], f"weights hold True (bool) at [0, 1]: {OBJECTS}"),
        ({"W": W}, f"(dict): {OBJECTS}"),
        ((row for row in W), f"(generator): {OBJECTS}"),
        (Tensor(), "weights (Tensor) do not convert to NumPy: Can't call numpy() on Tensor"),
        (
            np.ma.masked_array(W, W > 0),
            "weights are masked: fill in or leave out what is missing",
        ),
    ],
)
def test_arrays_of_no_numbers(values: Any, words: str) -> None:
    """Ragged, masked, textual, complex and integer arrays are refused, the last with a remedy."""
    refused(lambda: Layer(values), ValueError, words)


@pytest.mark.parametrize("what", ["biases", "inputs", "targets"])
def test_every_array_is_named(what: str) -> None:
    """The message names the array that was refused, not only weights."""
    arrays: dict[str, Any] = {"biases": [1.0, 1.0, 1.0], "inputs": [1.0, 1.0], "targets": W[:, 0]}

    arrays[what] = [1, 2, 3]

    refused(
        lambda: Problem(Network([Layer(W, arrays["biases"])]), arrays["inputs"], arrays["targets"]),
        ValueError,
        f"{what} are integers (int64): write them as floats, np.asarray({what}, float)",
    )


@pytest.mark.parametrize("values", [W, W.tolist(), DataFrame(), np.asfortranarray(W), W[::1]])
def test_whatever_converts_is_taken(values: Any) -> None:
    """Lists, data frames and arrays of any layout become arrays of floats."""
    assert np.array_equal(Layer(values).weights, W)


def test_unmasked_arrays_are_taken() -> None:
    """A masked array with nothing masked is an array."""
    assert np.array_equal(as_array(np.ma.masked_array(W, W < 0), "weights"), W)


def test_tensors_are_taken_or_refused_with_a_remedy() -> None:
    """A PyTorch tensor is an array, unless it keeps its gradient: then the message has the call."""
    torch = pytest.importorskip("torch")
    tensor = torch.ones(3, 2, dtype=torch.float64)

    assert np.array_equal(Layer(tensor).weights, W)
    refused(
        lambda: Layer(tensor.requires_grad_()),
        ValueError,
        "weights (Tensor) do not convert to NumPy: Can't call numpy() on Tensor that requires "
        "grad. Use tensor.detach().numpy() instead.",
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("what", ["weights of layer 1", "biases of layer 1", "inputs", "targets"])
def test_numbers_that_are_not_finite(what: str, value: float) -> None:
    """nan and inf are refused where they stand."""
    arrays = {
        "weights of layer 1": np.ones((1, 3)),
        "biases of layer 1": np.ones(1),
        "inputs": np.ones((4, 2)),
        "targets": np.ones((4, 1)),
    }
    arrays[what].flat[-1] = value
    place = [size - 1 for size in arrays[what].shape]

    W1, b1, x, y = arrays.values()

    refused(
        lambda: Problem(Network([Layer(W), Layer(W1, b1)]), x, y),
        ValueError,
        f"{what} hold {value} at {place}: every number must be finite",
    )


@pytest.mark.parametrize(
    ("what", "build"),
    [
        ("weights of layer 1", lambda other: Network([Layer(W), Layer(other[:, :1].T)])),
        ("biases of layer 0", lambda other: Network([Layer(W, other[:, 0])])),
        ("inputs", lambda other: Problem(WIDE, other, W)),
        ("targets", lambda other: Problem(WIDE, W, np.ones((3, 3), other.dtype))),
    ],
)
def test_mixed_dtypes(what: str, build: Callable[[Any], Any]) -> None:
    """An array of another dtype is named, with both dtypes and the remedy."""
    words = (
        f"{what} are float32, what came before is float64: convert one of them, a problem has one "
        "dtype"
    )

    refused(lambda: build(W.astype(np.float32)), ValueError, words)


# ── layers and networks ──


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([], "the network has no layers: it needs at least one"),
        (
            [Layer(W), Layer(np.ones((1, 4)))],
            "weights of layer 1 have shape (1, 4); layer 0 has 3 units, so (1, 3) fits",
        ),
        (
            [Layer(W), Layer(np.ones((4, 3))), Layer(np.ones((2, 3)))],
            "weights of layer 2 have shape (2, 3); layer 1 has 4 units, so (2, 4) fits",
        ),
        (
            [Layer(W), Layer(np.ones((3, 1)))],
            "weights of layer 1 have shape (3, 1); layer 0 has 3 units, so (3, 3) fits; "
            "transposed? They are (n_out, n_in)",
        ),
        ([Layer([1.0, 2.0])], "weights of layer 0 have shape (2,); a matrix (n_out, n_in)"),
        ([Layer(2.0)], "weights of layer 0 have shape (); a matrix (n_out, n_in)"),
        ([Layer([W])], "weights of layer 0 have shape (1, 3, 2); a matrix (n_out, n_in)"),
        ([Layer(np.ones((0, 2)))], "weights of layer 0 have shape (0, 2): a layer needs units"),
        ([Layer(np.ones((2, 0)))], "weights of layer 0 have shape (2, 0): a layer needs units"),
        (
            [Layer(W, [1.0, 1.0])],
            "biases of layer 0 have shape (2,); the layer has 3 units, so (3,) fits",
        ),
        (
            [Layer(W, np.ones((3, 1)))],
            "biases of layer 0 have shape (3, 1); the layer has 3 units, so (3,) fits",
        ),
        ([Layer(W, 1.0)], "biases of layer 0 have shape (); the layer has 3 units, so (3,) fits"),
    ],
)
def test_layers_that_do_not_fit(layers: list[Layer], words: str) -> None:
    """Shapes that do not fit are named by layer, with what was found and what fits."""
    refused(lambda: Network(layers), ValueError, words)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("tanh", "layers is a str; a list of Layer is expected"),
        (None, "layers is a NoneType; a list of Layer is expected"),
        (Layer(W), "layers is a Layer; a list of Layer is expected"),
        ([(W, None, "tanh")], "layer 0 is a tuple; Layer(weights, biases, activation) is expected"),
        ([Layer(W), W], "layer 1 is a ndarray; Layer(weights, biases, activation) is expected"),
        (W, "layer 0 is a ndarray; Layer(weights, biases, activation) is expected"),
    ],
)
def test_what_is_no_list_of_layers(layers: Any, words: str) -> None:
    """Tuples, arrays or one layer in place of a list of layers are named for what they are."""
    refused(lambda: Network(layers), TypeError, words)


def test_an_activation_in_the_place_of_biases() -> None:
    """`Layer(weights, "tanh")`, which forgets the biases, says that biases are text."""
    refused(lambda: Layer(W, "tanh"), ValueError, "biases are text (<U4)")


# ── problems ──


@pytest.mark.parametrize(
    ("network", "inputs", "targets", "words"),
    [
        (
            WIDE,
            np.ones((2, 5)),
            np.ones((5, 3)),
            "inputs have shape (2, 5); the network's widths are (2, 3), so (samples, 2) fits, "
            "or (2,) for one sample",
        ),
        (WIDE, np.ones(5), np.ones(3), "inputs have shape (5,); the network's widths"),
        (WIDE, 1.0, np.ones(3), "inputs have shape (); the network's widths"),
        (WIDE, np.ones((1, 4, 2)), np.ones((4, 3)), "inputs have shape (1, 4, 2); the network's"),
        (
            WIDE,
            np.ones((4, 2)),
            np.ones((4, 2)),
            "targets have shape (4, 2); the network's widths are (2, 3), so (samples, 3) fits, "
            "or (3,) for one sample",
        ),
        (
            ONE,
            np.ones((4, 2)),
            np.ones(4),
            "targets have shape (4,); the network's widths are (2, 1), so (samples, 1) fits, "
            "or (1,) for one sample; for one number a sample: targets[:, None]",
        ),
        (
            Network([Layer([[1.0]])]),
            np.ones(4),
            np.ones((4, 1)),
            "inputs have shape (4,); the network's widths are (1, 1), so (samples, 1) fits, "
            "or (1,) for one sample; for one number a sample: inputs[:, None]",
        ),
        (
            WIDE,
            np.ones((4, 2)),
            np.ones((5, 3)),
            "inputs hold 4 samples, targets 5: one row of each a sample",
        ),
        (
            WIDE,
            np.ones((3, 2)),
            np.ones(3),
            "inputs hold 3 samples, targets 1: one row of each a sample",
        ),
        (WIDE, W, None, "targets are missing: half_squared_error compares the outputs with them"),
    ],
)
def test_samples_that_do_not_fit(network: Network, inputs: Any, targets: Any, words: str) -> None:
    """Samples of the wrong shape are named as they were given, with the shape that fits."""
    refused(lambda: Problem(network, inputs, targets), ValueError, words)


def test_class_numbers_for_softmax() -> None:
    """Class numbers, which PyTorch's call also takes, are refused with the rows that fit."""
    refused(
        lambda: Problem(WIDE, np.ones((4, 2)), np.ones(4), "softmax_cross_entropy"),
        ValueError,
        "targets have shape (4,); the network's widths are (2, 3), so (samples, 3) fits, "
        "or (3,) for one sample; for class numbers: np.eye(3)[targets]",
    )


@pytest.mark.parametrize("network", [[Layer(W)], W, None])
def test_what_is_no_network(network: Any) -> None:
    """A list of layers in place of a network is told how to become one."""
    words = f"network is a {type(network).__name__}; Network([layer, …]) is expected"

    refused(lambda: Problem(network, np.ones(2), np.ones(3)), TypeError, words)


@pytest.mark.parametrize("reduction", ["average", "Mean", None, 1])
def test_unknown_reductions(reduction: Any) -> None:
    """A reduction is "mean" or "sum", and the nearest is offered."""
    near = {"average": "known are mean, sum", "Mean": "did you mean 'mean'?"}
    words = f"unknown reduction {reduction!r}: {near.get(reduction, 'known are mean, sum')}"

    refused(lambda: Problem(ONE, np.ones(2), np.ones(1), reduction=reduction), ValueError, words)


def test_the_mean_of_no_samples() -> None:
    """The mean of no samples is refused; the sum is offered."""
    refused(
        lambda: Problem(ONE, np.ones((0, 2)), np.ones((0, 1))),
        ValueError,
        'the mean of no samples is undefined: give samples, or reduction="sum"',
    )


@pytest.mark.parametrize(
    ("name", "targets", "words"),
    [
        (
            "binary_cross_entropy_with_logits",
            [[1.0, 0.0, -0.5]],
            "targets[0][2]: -0.5; binary_cross_entropy_with_logits takes targets in [0, 1]",
        ),
        ("hinge", [[1.0, -1.0, 0.0]], "targets[0][2]: 0.0; hinge takes targets 1 or -1"),
        (
            "softmax_cross_entropy",
            [[1.5, -0.5, 0.0]],
            "targets[0][1]: -0.5; softmax_cross_entropy takes targets ≥ 0 whose rows sum "
            "to 1 exactly",
        ),
        (
            "softmax_cross_entropy",
            [[0.25, 0.75, 0.0], [0.5, 0.25, 0.0]],
            "targets[1]: the row sums to 0.75, -0.25 off; softmax_cross_entropy takes targets ≥ 0 "
            "whose rows sum to 1 exactly, as k/2ⁿ entries can",
        ),
        (
            "softmax_cross_entropy",
            [[0.1, 0.2, 0.7]],
            "targets[0]: the row sums to 1.0, -2.78e-17 off",
        ),
    ],
)
def test_targets_outside_the_domain(name: str, targets: Any, words: str) -> None:
    """A target that the loss is not defined for is named with its place and what fits."""
    inputs = np.ones((len(targets), 2))

    refused(lambda: Problem(WIDE, inputs, targets, name), ValueError, words)


# ── names ──


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: activation("sigmod"), "unknown activation 'sigmod': did you mean 'sigmoid'?"),
        (
            lambda: Layer(W, None, "LeakyReLU"),
            "unknown activation 'LeakyReLU': did you mean 'leaky_",
        ),
        (lambda: activation("ReLU"), "unknown activation 'ReLU': did you mean 'relu'?"),
        (lambda: activation(""), "unknown activation '': known are identity, sigmoid, tanh, relu,"),
        (lambda: activation("xyz"), "(manual_backprop.ACTIVATIONS lists them all)"),
        (lambda: loss("hubber"), "unknown loss 'hubber': did you mean 'huber'?"),
        (lambda: loss("cross_entropy"), "did you mean 'softmax_cross_entropy'?"),
        (lambda: loss("mse"), "unknown loss 'mse': known are half_squared_error, squared_error,"),
        (lambda: loss("xyz"), "(manual_backprop.LOSSES lists them all)"),
        (lambda: Problem(ONE, np.ones(2), np.ones(1), "huger"), "unknown loss 'huger': did you"),
        (
            lambda: Network.random((2, 1), dtype="float33"),
            "unknown dtype 'float33': did you mean 'float32'?",
        ),
        (
            lambda: Problem.random((2, 1), dtype=np.int32),
            "dtype int32 does not fit: float16, float32, float64, longdouble, object do",
        ),
    ],
)
def test_unknown_names(call: Callable[[], Any], words: str) -> None:
    """An unknown name is answered with the nearest one, or with all of them."""
    refused(call, ValueError, words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Layer(W, None, None), "activation is None (NoneType): a name is expected"),
        (lambda: Layer(W, None, np.tanh), "activation is <ufunc 'tanh'> (ufunc): a name is"),
        (lambda: Layer(W, None, ["tanh"]), "activation is ['tanh'] (list): a name is expected"),
        (lambda: Problem(ONE, np.ones(2), np.ones(1), 2), "loss is 2 (int): a name is expected"),
        (lambda: Network.random((2, 1), None), "activation is None (NoneType): a name is"),
    ],
)
def test_what_is_no_name(call: Callable[[], Any], words: str) -> None:
    """A function or a list in place of a name is a TypeError that shows it."""
    refused(call, TypeError, words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Network.random(3), "widths are 3: whole numbers ≥ 1 are expected"),
        (lambda: Network.random((3,)), "widths are (3,): whole numbers ≥ 1 are expected"),
        (lambda: Network.random((3, 0, 1)), "widths are (3, 0, 1): whole numbers ≥ 1"),
        (lambda: Network.random((3, -1)), "widths are (3, -1): whole numbers ≥ 1"),
        (lambda: Network.random((3, 2.0)), "widths are (3, 2.0): whole numbers ≥ 1"),
        (
            lambda: Network.random((2, 1), ["relu"] * 2),
            "2 activations for 1 layers: give one, or 1",
        ),
        (lambda: Problem.random((2, 1), samples=-1), "samples is -1: a whole number from 0 up"),
        (lambda: Problem.random((2, 1), samples=0), "the mean of no samples is undefined"),
        (lambda: Problem.random((2, 1), dtype=object), "activation 'tanh' of layer 0 is transc"),
    ],
)
def test_random_problems_that_cannot_be(call: Callable[[], Any], words: str) -> None:
    """Widths, counts and activations that make no network say what would."""
    refused(call, ValueError, words)


# ── exact rationals, and functions of one's own ──


def test_transcendental_functions_on_fractions() -> None:
    """An activation or a loss without exact values is named, with its layer, and what to do."""
    exact = Layer([[Fraction(1)]], None, "relu")
    tail = "is transcendental: Fractions have no exact value there; use floats, whose exact"

    refused(
        lambda: Problem(
            Network([exact, Layer([[Fraction(1)]], None, "gelu")]), [Fraction(1)], [Fraction(1)]
        ),
        ValueError,
        f"activation 'gelu' of layer 1 {tail}",
    )
    refused(
        lambda: Problem(Network([exact]), [Fraction(1)], [Fraction(1)], "log_cosh"),
        ValueError,
        f"loss 'log_cosh' {tail}",
    )


def one_number(number: Any, activation: str | Activation, loss: str | Loss) -> Problem:
    """The smallest problem with that activation and that loss."""
    return Problem(Network([Layer([[number]], None, activation)]), [number], [number], loss)


OWN = [
    (
        1.0,
        Activation("flat", lambda p: p, lambda p: 1.0),
        "half_squared_error",
        ValueError,
        "derivatives of activation 'flat' have shape (); the arguments ask for (1, 1)",
    ),
    (
        1.0,
        Activation("total", np.sum, np.ones_like),
        "half_squared_error",
        ValueError,
        "values of activation 'total' have shape (); the arguments ask for (1, 1)",
    ),
    (
        Fraction(1, 2),
        Activation("half", lambda p: p * 0.5, lambda p: 0 * p),
        "half_squared_error",
        ValueError,
        f"values of activation 'half' hold 0.125 (float) at [0, 0]: {OBJECTS}",
    ),
    (
        Fraction(1, 2),
        Activation("my_exp", np.exp, np.exp),
        "half_squared_error",
        TypeError,
        "values of activation 'my_exp' cannot be computed on Fractions: ",
    ),
    (
        1.0,
        "relu",
        Loss("mean", lambda x, y: np.mean(x - y), lambda x, y: x),
        ValueError,
        "values of loss 'mean' have shape (); the arguments ask for (1,)",
    ),
    (
        1.0,
        "relu",
        Loss("row", lambda x, y: x[:, 0], lambda x, y: x[:, 0]),
        ValueError,
        "gradients of loss 'row' have shape (1,); the arguments ask for (1, 1)",
    ),
    (
        1.0,
        "relu",
        Loss("odd", lambda x, y: x[:, 0], lambda x, y: x, targets="signs"),  # type: ignore[arg-type]
        ValueError,
        "loss 'odd' takes unknown targets 'signs': did you mean 'sign'?",
    ),
]


@pytest.mark.parametrize(("number", "activation", "loss", "error", "words"), OWN)
def test_functions_of_ones_own(
    number: Any, activation: Any, loss: Any, error: type[Exception], words: str
) -> None:
    """A user's own function that returns another shape or arithmetic is named, with both."""
    refused(lambda: gradient(one_number(number, activation, loss)), error, words)


def test_mistakes_in_ones_own_function_pass_through() -> None:
    """An error inside a user's own function on floats is left as it is."""
    broken = Activation("broken", lambda p: p.nothing, lambda p: p)

    refused(lambda: gradient(one_number(1.0, broken, "huber")), AttributeError, "nothing")
