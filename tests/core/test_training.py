"""Gradient descent is (6.1), exactly: on fractions nothing is left to a tolerance."""

from collections.abc import Callable
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest

from manual_backprop import (
    Gradients,
    Layer,
    Network,
    Problem,
    bias_derivative,
    gradient,
    weight_derivative,
)
from manual_backprop.arrays import Array
from manual_backprop.forward import forward
from manual_backprop.training import batches, descent, step, train

ETA = Fraction(1, 8)
RATIONAL = ("identity", "relu", "leaky_relu", "abs", "square", "hardtanh", "softsign")


def exact_problem(activation: str = "square", **choices: Any) -> Problem:
    """Three layers of fractions: the last, one before it, and one before that."""
    return Problem.random((2, 3, 2, 1), activation, samples=4, dtype=object, **choices)


def at(problem: Problem, network: Network, rows: Any = slice(None)) -> Problem:
    """The problem at another network, through the constructor and all its checks."""
    X, Y = problem.inputs[rows], problem.targets[rows]
    return Problem(network, X, Y, problem.loss, problem.reduction)


def numbers(network: Network) -> list[Any]:
    """Every weight and bias, layer by layer."""
    arrays = [a for layer in network.layers for a in (layer.weights, layer.biases) if a is not None]
    return [entry for array in arrays for entry in array.ravel().tolist()]


# ── one step ──


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("activation", RATIONAL)
def test_step_is_the_update_of_the_derivation(activation: str, biases: bool) -> None:
    """Each weight and bias moves by exactly η times its derivative, found one at a time (6.1)."""
    problem = exact_problem(activation, biases=biases)
    layers = problem.network.layers
    expected = []
    for k, layer in enumerate(layers):
        W, b = layer.weights, layer.biases
        expected += [
            W[i, j] - ETA * weight_derivative(problem, k, i, j) for i, j in np.ndindex(W.shape)
        ]
        if b is not None:
            expected += [b[i] - ETA * bias_derivative(problem, k, i) for i in range(len(b))]

    moved = step(problem.network, gradient(problem), ETA)

    assert expected == numbers(moved)
    assert [layer.activation for layer in layers] == [layer.activation for layer in moved.layers]


def update_on_the_way_back(problem: Problem, eta: Fraction) -> Network:
    """The mistake: one backward pass, in which (5.2) reads a W that has been changed already."""
    layers = list(problem.network.layers)
    trace = forward(layers, problem.inputs)
    x_bar = problem.loss.gradient(trace.outputs[-1], problem.targets) / problem.samples
    for k in reversed(range(len(layers))):
        f, W, b = layers[k].activation, layers[k].weights, layers[k].biases
        delta = f.derivative(trace.pre_activations[k + 1]) * x_bar
        W = W - eta * (delta.T @ trace.outputs[k])
        layers[k] = Layer(W, b - eta * delta.sum(axis=0), f)
        x_bar = delta @ W
    return Network(layers)


def update_layer_after_layer(problem: Problem, eta: Fraction) -> Network:
    """The mistake: a pass for each layer, last to first, through the layers changed so far."""
    layers = list(problem.network.layers)
    for k in reversed(range(len(layers))):
        moved = step(Network(layers), gradient(at(problem, Network(layers))), eta)
        layers[k] = moved.layers[k]
    return Network(layers)


@pytest.mark.parametrize("mistake", [update_on_the_way_back, update_layer_after_layer])
def test_a_weight_changed_too_early_is_seen_in_the_earlier_layers(
    mistake: Callable[[Problem, Fraction], Network],
) -> None:
    """Using weights already updated leaves the last layer right and each earlier layer wrong."""
    problem = exact_problem()

    right = step(problem.network, gradient(problem), ETA)
    wrong = mistake(problem, ETA)

    expected = [False, False, True]
    agree = [
        bool((one.weights == other.weights).all() and (one.biases == other.biases).all())
        for one, other in zip(right.layers, wrong.layers, strict=True)
    ]
    assert expected == agree


def test_step_leaves_the_old_network_as_it_was() -> None:
    """A step makes a new network and changes no number of the old one."""
    problem = exact_problem()
    before = numbers(problem.network)

    step(problem.network, gradient(problem), ETA)

    assert before == numbers(problem.network)


@pytest.mark.parametrize("rate", [0.125, np.float64(0.125), np.float32(0.125), Fraction(1, 8)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_step_and_history_keep_the_dtype(dtype: type, rate: Any) -> None:
    """Network and history have the problem's dtype, whatever kind of number the rate is."""
    problem = Problem.random((2, 3, 1), samples=5, dtype=dtype)

    training = train(problem, rate, epochs=2, batch_size=2)

    assert dtype == training.network.dtype == training.losses.dtype
    assert numbers(train(problem, 0.125, 2, 2).network) == numbers(training.network)


# ── descent ──


@pytest.mark.parametrize("seed", range(8))
def test_a_small_step_lowers_a_convex_loss_by_what_theory_promises(seed: int) -> None:
    """On least squares with η ≤ 1/λ, each step lowers the loss by at least η/2·‖∇‖², exactly."""
    problem = Problem.random((3, 2), "identity", samples=4, seed=seed, dtype=object)
    # The Hessian is Σ_s (x_s, 1)(x_s, 1)ᵀ / S for each output; its trace is at least λ, its largest
    # eigenvalue.
    eta = problem.samples / ((problem.inputs**2).sum() + problem.samples)

    reached = list(islice(descent(problem, eta), 4))

    for (network, before), (_, after) in pairwise(reached):
        g = gradient(at(problem, network))
        squares = sum((a**2).sum() for a in (*g.weights, *g.biases) if a is not None)
        assert squares > 0
        assert after <= before - eta / 2 * squares


def test_too_large_a_step_raises_a_convex_loss() -> None:
    """Beyond η = 2/λ the loss of one weight rises, so that falling is no foregone conclusion."""
    one = [Fraction(1)]
    problem = Problem(Network([Layer([one])]), one, [Fraction(0)])  # ½w², λ = 1

    assert [Fraction(1, 2), Fraction(2)] == train(problem, 3, epochs=1).losses.tolist()
    assert [Fraction(1, 2), Fraction(1, 2)] == train(problem, 2, epochs=1).losses.tolist()


def test_full_batch_training_is_the_step_repeated() -> None:
    """Without mini-batches an epoch is one step, and losses[e] is the objective after e epochs."""
    problem = exact_problem("leaky_relu")
    network, losses = problem.network, []
    for _ in range(2):
        g = gradient(at(problem, network))
        losses.append(g.loss)
        network = step(network, g, ETA)
    losses.append(gradient(at(problem, network)).loss)

    training = train(problem, ETA, epochs=2)

    assert numbers(network) == numbers(training.network)
    assert losses == training.losses.tolist()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_mini_batch_training_is_a_step_for_each_batch(reduction: str) -> None:
    """An epoch takes one step on each batch's own mean or sum; the history is of all samples."""
    problem = exact_problem("leaky_relu", reduction=reduction)
    network, losses = problem.network, [gradient(problem).loss]
    for epoch in range(2):
        for rows in batches(4, 3, seed=5, epoch=epoch):
            network = step(network, gradient(at(problem, network, rows)), ETA)
        losses.append(gradient(at(problem, network)).loss)

    training = train(problem, ETA, epochs=2, batch_size=3, seed=5)

    assert numbers(network) == numbers(training.network)
    assert losses == training.losses.tolist()


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    """Training is a function of its arguments: equal seeds agree in every bit, others do not."""
    problem = Problem.random((3, 4, 2), samples=20)

    first, again, other = (numbers(train(problem, 0.1, 3, 4, seed).network) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_training_leaves_the_problem_as_it_was() -> None:
    """Training changes neither the problem's network nor its samples."""
    problem = exact_problem()
    before = numbers(problem.network), problem.inputs.tolist(), problem.targets.tolist()

    train(problem, ETA, epochs=1, batch_size=2)

    assert before == (numbers(problem.network), problem.inputs.tolist(), problem.targets.tolist())


def test_no_epochs_is_where_it_started() -> None:
    """Zero epochs return the problem's own network and its one loss."""
    problem = exact_problem()

    training = train(problem, ETA, epochs=0)

    assert problem.network is training.network
    assert [gradient(problem).loss] == training.losses.tolist()


@pytest.mark.parametrize("dtype", [np.float64, object])
def test_no_samples_move_nothing(dtype: type) -> None:
    """The sum over no samples is zero and leaves every weight where it is."""
    problem = Problem.random((2, 3, 1), "square", samples=0, dtype=dtype, reduction="sum")

    expected = [0, 0, 0]

    training = train(problem, 1, epochs=2)

    assert numbers(problem.network) == numbers(training.network)
    assert expected == training.losses.tolist()


def test_one_sample_as_vectors_trains_like_rows() -> None:
    """A problem given as two vectors trains to the same network as one row of samples."""
    vectors = Problem.random((2, 3, 1), samples=1)
    vectors = Problem(vectors.network, vectors.inputs[0], vectors.targets[0])
    rows = Problem(vectors.network, vectors.inputs, vectors.targets)

    assert numbers(train(rows, 0.1, 3).network) == numbers(train(vectors, 0.1, 3, 1).network)


def test_an_interrupted_descent_keeps_what_it_reached() -> None:
    """After Ctrl-C in a loop over `descent` the last network is that of the last whole epoch."""
    problem = Problem.random((2, 3, 1), samples=5)
    kept = []

    def interrupted_loop() -> None:
        for epoch, pair in enumerate(descent(problem, 0.1, batch_size=2)):
            kept[:] = pair
            if epoch == 3:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_loop()

    assert numbers(train(problem, 0.1, epochs=3, batch_size=2).network) == numbers(kept[0])


# ── mini-batches ──


def is_partition(parts: list[Array], samples: int, size: int) -> bool:
    """Whether each sample is in one batch, and all batches but the last are full."""
    full = all(len(rows) == size for rows in parts[:-1]) and 1 <= len(parts[-1]) <= size
    return full and sorted(np.concatenate(parts).tolist()) == list(range(samples))


@pytest.mark.parametrize(("samples", "size"), [(1, 1), (5, 1), (5, 2), (6, 2), (7, 6), (7, 7)])
def test_mini_batches_are_a_partition(samples: int, size: int) -> None:
    """In each epoch each sample is in exactly one batch, and only the last batch may be short."""
    for seed, epoch in np.ndindex(4, 4):
        assert is_partition(batches(samples, size, seed, epoch), samples, size)


def test_batches_that_are_no_partition_are_seen() -> None:
    """Leaving out the short batch, or drawing with replacement, fails the check for partitions."""
    parts = batches(5, 2, seed=0, epoch=0)
    replaced = [*parts[:-1], parts[0][:1]]

    assert not is_partition(parts[:-1], 5, 2)
    assert not is_partition(replaced, 5, 2)


def test_mini_batches_are_shuffled_anew_by_seed_and_epoch() -> None:
    """Seed and epoch determine the shuffle, and each pair of them has its own."""
    pairs = list(np.ndindex(5, 5))

    orders = [np.concatenate(batches(50, 8, *pair)).tolist() for pair in pairs]

    assert orders == [np.concatenate(batches(50, 8, *pair)).tolist() for pair in pairs]
    assert len(pairs) == len(set(map(tuple, orders)))


def test_the_full_batch_is_in_order() -> None:
    """Without a batch size there is one batch of all samples as they come."""
    expected = [[0, 1, 2, 3]]

    assert expected == [rows.tolist() for rows in batches(4, None, seed=3, epoch=2)]


# ── what cannot be ──


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"learning_rate": 0.0}, "learning rate 0.0 is 0.0 in float64: a positive, finite one"),
        ({"learning_rate": -0.5}, "learning rate -0.5 is -0.5 in float64"),
        ({"learning_rate": float("nan")}, "learning rate nan is nan"),
        ({"learning_rate": float("inf")}, "learning rate inf is inf"),
        ({"learning_rate": "fast"}, "learning rate 'fast' is not a number: try 0.1"),
        ({"epochs": -1}, "epochs is -1: a whole number from 0 up fits"),
        ({"epochs": 1.5}, "epochs is 1.5: a whole number"),
        ({"batch_size": 0}, "batch size is 0: there are 4 samples, so a whole number from 1 to 4"),
        ({"batch_size": 5}, "batch size is 5: there are 4 samples"),
        ({"batch_size": 2.0}, "batch size is 2.0: there are 4 samples"),
    ],
)
def test_arguments_outside_their_range_are_refused(choices: dict[str, Any], words: str) -> None:
    """A message says what was found and what fits."""
    with pytest.raises(ValueError, match=words):
        train(Problem.random((2, 3, 1)), **({"learning_rate": 0.1, "epochs": 1} | choices))


@pytest.mark.parametrize(
    ("dtype", "rate", "words"),
    [
        (np.float16, 1e-9, "learning rate 1e-09 is 0.0 in float16"),
        (np.float32, 1e39, r"learning rate 1e\+39 is inf in float32"),
        (object, 0.1, r'learning rate 0.1 is a float, the problem is exact: write Fraction\("0.1"'),
        (object, Fraction(-1, 2), "is -1/2 in exact rationals: a positive, finite one fits"),
    ],
)
def test_a_rate_that_the_dtype_cannot_hold_is_refused(dtype: type, rate: Any, words: str) -> None:
    """The learning rate is judged in the problem's own arithmetic, so none silently becomes 0."""
    with pytest.raises(ValueError, match=words):
        train(Problem.random((2, 3, 1), "square", dtype=dtype), rate, epochs=1)


def test_gradients_of_another_network_are_refused() -> None:
    """Gradients of another depth, shape, dtype or set of biases name the layer that differs."""
    network = Network.random((2, 3, 1))

    def refused(widths: tuple[int, ...], **choices: Any) -> str:
        with pytest.raises(ValueError, match="gradient") as error:
            step(network, gradient(Problem.random(widths, **choices)), 0.1)
        return str(error.value)

    assert "gradients of 1 layers; the network has 2" in refused((2, 1))
    assert "weights of layer 1 is float64 of shape (2, 3); float64 of shape (1, 3)" in refused(
        (2, 3, 2)
    )
    assert "is float32 of shape (3, 2); float64" in refused((2, 3, 1), dtype=np.float32)
    assert "biases of layer 0 is None; float64 of shape (3,)" in refused((2, 3, 1), biases=False)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_divergence_ends_in_one_error(batch_size: int | None) -> None:
    """A learning rate that overflows stops the training with its epoch or layer, never a nan."""
    problem = Problem.random((2, 3, 1), ["square", "identity"], samples=6)

    with pytest.raises(FloatingPointError, match=r"diverged: .*; try a (smaller )?learning rate"):
        train(problem, 1e3, epochs=50, batch_size=batch_size)


def test_a_loss_that_overflows_says_where() -> None:
    """The message of a loss beyond the format gives the epoch and the format."""
    problem = Problem(Network([Layer(np.ones((1, 1), np.float16))]), *np.float16([[[400]], [[0]]]))

    with pytest.raises(FloatingPointError, match=r"the loss is inf after 0 epochs, .* of float16"):
        train(problem, 0.1, epochs=1)


def test_a_weight_that_overflows_says_where() -> None:
    """The message of a weight beyond the format gives its layer and the rate to stay below."""
    network = Network([Layer([[1.0]])])
    gradients = Gradients(0.0, (np.array([[-1e308]]),), (None,), lambda: np.zeros(1))

    words = r"weights of layer 0 hold inf at \[0, 0\].* try a learning rate below 10.0"
    with pytest.raises(FloatingPointError, match=words):
        step(network, gradients, 10.0)


def test_a_descent_is_refused_before_its_first_network() -> None:
    """An argument that cannot be stops `descent` before it yields anything."""
    for choices in ({"learning_rate": 0.0}, {"learning_rate": 0.1, "batch_size": 9}):
        with pytest.raises(ValueError, match="fits"):
            next(descent(Problem.random((2, 1)), **choices))  # type: ignore[arg-type]
