"""Network, problem, gradients: frozen data, checked once, in the notation of derivation, section 1.

`layers[k]` holds W_k, b^(k) and the activation f_{k+1} that follows it, k = 0..N−1; `widths[k]` is
l_k, k = 0..N. Samples are rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Integral
from typing import Any, Literal, NamedTuple

import numpy as np

from manual_backprop.activations import Activation, activation
from manual_backprop.arrays import FLOATS, Array, as_array, require_finite
from manual_backprop.losses import Loss, check_targets
from manual_backprop.losses import loss as loss_named
from manual_backprop.names import nearest

Reduction = Literal["mean", "sum"]


@dataclass(frozen=True, eq=False, init=False)
class Layer:
    """One layer, x ↦ f(W x + b).

    Attributes:
        weights: W_k, shape (n_out, n_in).
        biases: b^(k), shape (n_out,), or None for none.
        activation: f_{k+1}; the constructor takes a name of the catalogue or an `Activation`.

    >>> Layer([[0.5, -0.25]], [1.0], "tanh").weights.shape
    (1, 2)
    """

    weights: Array
    biases: Array | None
    activation: Activation

    def __init__(
        self, weights: Any, biases: Any = None, activation: str | Activation = "identity"
    ) -> None:
        object.__setattr__(self, "weights", as_array(weights, "weights"))
        object.__setattr__(self, "biases", None if biases is None else as_array(biases, "biases"))
        object.__setattr__(self, "activation", _activation(activation))

    @cached_property
    def for_rows(self) -> tuple[Array, Array | None]:
        """W_kᵀ and b^(k) as a row, as in P = X W_kᵀ + 1 b^(k)ᵀ: views, made when first read."""
        return self.weights.T, None if self.biases is None else self.biases[None, :]


_activation = activation  # the class above has a field of that name


@dataclass(frozen=True, eq=False, init=False)
class Network:
    """N affine maps, each followed by its activation.

    Attributes:
        layers: N ≥ 1 of them, first to last.

    Raises:
        ValueError: if a layer does not fit the one before it, mixes dtypes, has no units, or holds
            a number that is not finite; the message says which layer, what was found, what fits.
        TypeError: if what is given is not a list of layers.

    >>> network = Network([Layer(np.ones((3, 2)), None, "tanh"), Layer(np.ones((1, 3)), [0.5])])
    >>> network.depth, network.widths, network.dtype
    (2, (2, 3, 1), dtype('float64'))
    >>> Network([Layer(np.ones((3, 2))), Layer(np.ones((1, 4)))])
    Traceback (most recent call last):
        ...
    ValueError: weights of layer 1 have shape (1, 4); layer 0 has 3 units, so (1, 3) fits
    """

    layers: tuple[Layer, ...]

    def __init__(self, layers: Iterable[Layer]) -> None:
        if not isinstance(layers, Iterable) or isinstance(layers, str):
            raise TypeError(f"layers is a {_kind(layers)}; a list of Layer is expected")
        object.__setattr__(self, "layers", tuple(layers))
        if not self.layers:
            raise ValueError("the network has no layers: it needs at least one")
        for k, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"layer {k} is a {_kind(layer)}; Layer(weights, biases, activation) is expected"
                )
            _check_layer(k, layer, self.layers[k - 1] if k else None)

    @property
    def depth(self) -> int:
        """N, the number of affine maps."""
        return len(self.layers)

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """(l_0, …, l_N), the number of inputs and of each layer's units."""
        first = self.layers[0].weights.shape[1]
        return (first, *(layer.weights.shape[0] for layer in self.layers))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that all of its arrays share."""
        dtype: np.dtype[Any] = self.layers[0].weights.dtype
        return dtype

    @classmethod
    def random(
        cls,
        widths: Sequence[int],
        activations: str | Activation | Sequence[str | Activation] = "tanh",
        seed: int = 0,
        dtype: Any = np.float64,
        biases: bool = True,
    ) -> Network:
        """A network to play with: weights N(0, 1/fan-in), biases N(0, 1/4).

        Args:
            widths: (l_0, …, l_N).
            activations: one name for every layer, or N of them.
            seed: the same seed gives the same network.
            dtype: a float dtype, or `object` for `Fraction`s with small denominators.
            biases: whether the layers have them.

        >>> Network.random((2, 3, 1), seed=7).widths
        (2, 3, 1)
        """
        widths = _checked_widths(widths)
        depth = len(widths) - 1
        single = isinstance(activations, (str, Activation)) or not isinstance(activations, Iterable)
        names = [activations] * depth if single else list(activations)  # type: ignore[arg-type]
        if len(names) != depth:
            raise ValueError(f"{len(names)} activations for {depth} layers: give one, or {depth}")
        draw = Draw(seed, dtype)
        return cls(
            Layer(
                draw.normal((n_out, n_in), n_in**-0.5),
                draw.normal((n_out,), 0.5) if biases else None,
                name,  # type: ignore[arg-type]
            )
            for n_in, n_out, name in zip(widths[:-1], widths[1:], names, strict=True)
        )


def _kind(value: object) -> str:
    """The name of a value's type, for messages."""
    return type(value).__name__


def _checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    """(l_0, …, l_N) as a tuple; raise ValueError unless they are N + 1 ≥ 2 whole numbers ≥ 1."""
    counts = tuple(widths) if isinstance(widths, Iterable) else ()
    if len(counts) < 2 or not all(isinstance(each, Integral) and each > 0 for each in counts):
        raise ValueError(
            f"widths are {widths!r}: whole numbers ≥ 1 are expected, those of the inputs and of "
            "each layer, (2, 3, 1) say"
        )
    return counts


def _check_layer(k: int, layer: Layer, before: Layer | None) -> None:
    """Raise ValueError unless layer k is sound in itself and fits the one before it."""
    W, b = layer.weights, layer.biases
    if W.ndim != 2:
        raise ValueError(
            f"weights of layer {k} have shape {W.shape}; a matrix (n_out, n_in) is expected"
        )
    if 0 in W.shape:
        raise ValueError(f"weights of layer {k} have shape {W.shape}: a layer needs units")
    if before is not None and W.shape[1] != before.weights.shape[0]:
        raise ValueError(
            f"weights of layer {k} have shape {W.shape}; layer {k - 1} has "
            f"{before.weights.shape[0]} units, so {(W.shape[0], before.weights.shape[0])} fits"
            + ("; transposed? They are (n_out, n_in)" * (W.shape[0] == before.weights.shape[0]))
        )
    if b is not None and b.shape != W.shape[:1]:
        raise ValueError(
            f"biases of layer {k} have shape {b.shape}; the layer has {W.shape[0]} units, "
            f"so {W.shape[:1]} fits"
        )
    first = W.dtype if before is None else before.weights.dtype
    _check_numbers(W, f"weights of layer {k}", first)
    if b is not None:
        _check_numbers(b, f"biases of layer {k}", first)


def _check_numbers(array: Array, what: str, dtype: np.dtype[Any]) -> None:
    """Raise ValueError unless the array is finite and of the dtype."""
    if array.dtype != dtype:
        raise ValueError(
            f"{what} are {array.dtype}, what came before is {dtype}: convert one of them, a "
            "problem has one dtype"
        )
    require_finite(array, what)


@dataclass(frozen=True, eq=False, init=False)
class Problem:
    """The objective: a network, samples, and a loss summed or averaged over them (1.2).

    Attributes:
        network: the network.
        inputs: X, one row a sample, shape (S, l_0).
        targets: Y, shape (S, l_N).
        loss: the loss of one sample; the constructor takes a name or a `Loss`.
        reduction: "mean" or "sum", over samples.
        one_sample: whether the constructor was given vectors in place of rows.

    >>> problem = Problem(Network([Layer([[2.0]])]), [3.0], [5.0])
    >>> problem.inputs, problem.loss.name
    (array([[3.]]), 'half_squared_error')
    """

    network: Network
    inputs: Array
    targets: Array
    loss: Loss
    reduction: Reduction
    one_sample: bool

    def __init__(
        self,
        network: Network,
        inputs: Any,
        targets: Any = None,
        loss: str | Loss = "half_squared_error",
        reduction: Reduction = "mean",
    ) -> None:
        x = as_array(inputs, "inputs")
        if not isinstance(network, Network):
            raise TypeError(f"network is a {_kind(network)}; Network([layer, …]) is expected")
        _check_samples(x, "inputs", network.widths[0], network)
        loss = loss_named(loss)
        if targets is None and loss.name != "identity_sum":  # which ignores them
            raise ValueError(f"targets are missing: {loss.name} compares the outputs with them")
        if targets is None:
            targets = np.zeros((*x.shape[:-1], network.widths[-1]), x.dtype)
        y = as_array(targets, "targets")
        _check_samples(y, "targets", network.widths[-1], network, loss.targets == "distribution")
        values = {
            "network": network,
            "inputs": _rows(x),
            "targets": _rows(y),
            "loss": loss,
            "reduction": reduction,
            "one_sample": x.ndim == 1,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        _check_problem(self)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that all of its arrays share, and its gradient too."""
        return self.network.dtype

    @property
    def samples(self) -> int:
        """S, the number of samples."""
        return int(self.inputs.shape[0])

    def with_biases(self) -> Problem:
        """The same problem with zeros where a layer has no biases.

        >>> Problem.random((2, 1), biases=False).with_biases().network.layers[0].biases
        array([0.])
        """
        if all(layer.biases is not None for layer in self.network.layers):
            return self
        layers = [
            Layer(
                layer.weights,
                np.zeros_like(layer.weights[:, 0]) if layer.biases is None else layer.biases,
                layer.activation,
            )
            for layer in self.network.layers
        ]
        return Problem(Network(layers), self.inputs, self.targets, self.loss, self.reduction)

    @classmethod
    def random(
        cls,
        widths: Sequence[int],
        activations: str | Activation | Sequence[str | Activation] = "tanh",
        loss: str | Loss = "half_squared_error",
        samples: int = 4,
        seed: int = 0,
        dtype: Any = np.float64,
        biases: bool = True,
        reduction: Reduction = "mean",
    ) -> Problem:
        """A problem to play with: a random network, inputs N(0, 1), targets that suit the loss.

        >>> Problem.random((2, 3, 1), seed=7).inputs.shape
        (4, 2)
        """
        if not isinstance(samples, Integral) or samples < 0:
            raise ValueError(f"samples is {samples!r}: a whole number from 0 up fits")
        network = Network.random(widths, activations, seed, dtype, biases)
        draw = Draw(seed + 1_000_003, dtype)  # not the stream that drew the weights
        loss = loss_named(loss)
        inputs = draw.normal((samples, widths[0]), 1.0)
        targets = draw.targets(loss.targets, (samples, widths[-1]))
        return cls(network, inputs, targets, loss, reduction)


def _rows(array: Array) -> Array:
    """One sample as one row."""
    return array[None, :] if array.ndim == 1 else array


def _check_samples(
    array: Array, what: str, width: int, network: Network, one_hot: bool = False
) -> None:
    """Raise ValueError unless the array is one sample, or rows of samples, of that width."""
    if array.ndim not in (1, 2) or array.shape[-1] != width:
        hint = f"; for one number a sample: {what}[:, None]" if array.ndim == width == 1 else ""
        hint = f"; for class numbers: np.eye({width})[{what}]" if one_hot else hint
        raise ValueError(
            f"{what} have shape {array.shape}; the network's widths are {network.widths}, "
            f"so (samples, {width}) fits, or ({width},) for one sample{hint}"
        )
    _check_numbers(array, what, network.dtype)


def _check_problem(problem: Problem) -> None:
    """Raise ValueError unless samples, network, loss and dtype fit each other."""
    network, loss = problem.network, problem.loss
    if problem.inputs.shape[0] != problem.targets.shape[0]:
        raise ValueError(
            f"inputs hold {problem.inputs.shape[0]} samples, targets {problem.targets.shape[0]}: "
            "one row of each a sample"
        )
    if problem.reduction not in ("mean", "sum"):
        raise ValueError(
            f"unknown reduction {problem.reduction!r}: "
            f"{nearest(problem.reduction, ['mean', 'sum'])}"
        )
    if problem.reduction == "mean" and problem.samples == 0:
        raise ValueError('the mean of no samples is undefined: give samples, or reduction="sum"')
    if isinstance(problem.targets, np.ndarray):
        check_targets(problem.targets, loss)
    if network.dtype == object:
        _check_rational(problem)


def _check_rational(problem: Problem) -> None:
    """Raise ValueError if an activation or the loss has no values in the rationals."""
    for k, layer in enumerate(problem.network.layers):
        if not layer.activation.rational and layer.activation.pieces:
            raise ValueError(
                f"activation {layer.activation.name!r} of layer {k} is transcendental: Fractions "
                "have no exact value there; use floats, whose exact values enclose() takes"
            )
    if not problem.loss.rational and (problem.loss.pieces or problem.loss.whole):
        raise ValueError(
            f"loss {problem.loss.name!r} is transcendental: Fractions have no exact value there; "
            "use floats, whose exact values enclose() takes"
        )


class ArrayName(NamedTuple):
    """Which array of a gradient.

    Attributes:
        name: "loss", "weights", "biases" or "inputs".
        layer: k; 0 for loss and inputs, which are of none.

    >>> str(ArrayName("weights", 2)), str(ArrayName("inputs"))
    ('weights of layer 2', 'inputs')
    """

    name: str
    layer: int = 0

    def __str__(self) -> str:
        of_layer = self.name in ("weights", "biases")
        return f"{self.name} of layer {self.layer}" if of_layer else self.name


@dataclass(frozen=True, eq=False, init=False)
class Gradients:
    """The objective's value and its gradient, in the dtype of the problem.

    Attributes:
        loss: the objective, a scalar.
        weights: ∂L/∂W_k for each layer, shape (n_out, n_in).
        biases: ∂L/∂b^(k), shape (n_out,); None where the layer has none.
        inputs: ∂L/∂X, the shape of the problem's inputs as they were given; computed when first
            read, since most users never do.
    """

    loss: Any
    weights: tuple[Array, ...]
    biases: tuple[Any, ...]
    compute_inputs: Callable[[], Array]

    def __init__(
        self,
        loss: Any,
        weights: tuple[Array, ...],
        biases: tuple[Any, ...],
        compute_inputs: Callable[[], Array],
    ) -> None:
        fields = self.__dict__  # a frozen class's own way takes as long as a small product
        fields["loss"], fields["weights"], fields["biases"] = loss, weights, biases
        fields["compute_inputs"] = compute_inputs

    @cached_property
    def inputs(self) -> Array:
        """∂L/∂x^(0) = W_0ᵀ δ^(1)                                                      (5.4)."""
        return self.compute_inputs()

    def parameters(self) -> Iterator[tuple[ArrayName, Any]]:
        """The arrays of weights and biases that there are, layer by layer, each with its name.

        >>> from manual_backprop import gradient
        >>> [tuple(name) for name, _ in gradient(Problem.random((2, 1))).parameters()]
        [('weights', 0), ('biases', 0)]
        """
        for k, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            yield ArrayName("weights", k), weights
            if biases is not None:
                yield ArrayName("biases", k), biases

    def arrays(self) -> Iterator[tuple[ArrayName, Any]]:
        """Every array, each with its name: the parameters', then ∂L/∂x^(0).

        >>> from manual_backprop import gradient
        >>> [str(name) for name, _ in gradient(Problem.random((2, 1), biases=False)).arrays()]
        ['weights of layer 0', 'inputs']
        """
        yield from self.parameters()
        yield ArrayName("inputs"), self.inputs


class Draw:
    """Random arrays of one dtype from one seed.

    Args:
        seed: of NumPy's default generator.
        dtype: a float dtype, or `object`: then multiples of 1/4.

    >>> Draw(0, np.float32).normal((2,), 1.0).dtype
    dtype('float32')
    """

    def __init__(self, seed: int, dtype: Any) -> None:
        self.generator = np.random.default_rng(seed)
        names = [*(each.__name__ for each in FLOATS), "object"]
        try:
            self.dtype = np.dtype(dtype)
        except TypeError as error:
            raise ValueError(f"unknown dtype {dtype!r}: {nearest(dtype, names)}") from error
        if self.dtype != object and self.dtype.type not in FLOATS:
            raise ValueError(f"dtype {self.dtype} does not fit: {', '.join(names)} do")

    def normal(self, shape: tuple[int, ...], scale: float) -> Array:
        """Normal deviates of mean 0 and standard deviation `scale`."""
        return self._converted(scale * self.generator.standard_normal(shape))

    def targets(self, domain: str, shape: tuple[int, ...]) -> Array:
        """Targets that suit a loss: one-hot rows, signs, probabilities, or normal deviates."""
        if domain == "distribution":
            return self._converted(np.eye(shape[1])[self.generator.integers(0, shape[1], shape[0])])
        if domain == "sign":
            return self._converted(self.generator.choice([-1.0, 1.0], shape))
        if domain == "unit interval":
            return self._converted(self.generator.random(shape))
        return self.normal(shape, 1.0)

    def _converted(self, array: Array) -> Array:
        if self.dtype != object:
            return array.astype(self.dtype)
        exact = np.empty(array.shape, dtype=object)
        for index, each in np.ndenumerate(array):
            exact[index] = Fraction(round(4 * each), 4)
        return exact
