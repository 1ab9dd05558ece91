"""scikit-learn's hand-written backpropagation, `BaseMultilayerPerceptron._backprop`.

It is what `MLPRegressor` and `MLPClassifier` are trained with. Hidden layers share one activation,
and the output layer is linear under a loss that is fused with what scikit-learn puts on top of it.
`_backprop` is private, but it is the gradient itself; a step of `partial_fit` would show it rounded
once more, in the difference of two weights. The loss that scikit-learn reports for several outputs
is their mean, though it trains with the gradient of their sum: here the gradient counts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from conformance.backends.base import (
    Array,
    Backend,
    Declared,
    Gradients,
    importing,
    supported,
    supported_dtype,
)

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""Of hidden layers: scikit-learn's name for each."""

LOSSES = {
    "half_squared_error": ("squared_error", "identity"),
    "poisson": ("poisson", "exp"),
    "binary_cross_entropy_with_logits": ("log_loss", "logistic"),
    "softmax_cross_entropy": ("log_loss", "softmax"),
}
"""Of each loss of a linear output layer: scikit-learn's, and its output activation."""


def backend() -> Backend:
    """scikit-learn's `_backprop`, without weight decay.

    Raises:
        NotInstalled: if scikit-learn is missing.
    """
    with importing("sklearn", extra="peers"):
        import sklearn  # type: ignore[import-untyped]
        from sklearn.neural_network import MLPRegressor  # type: ignore[import-untyped]

    def backprop(
        weights: Sequence[Array],
        biases: Sequence[Array],
        activations: Sequence[str],
        loss: str,
        inputs: Array,
        targets: Array,
    ) -> Gradients:
        supported_dtype(inputs)
        network: Any = MLPRegressor(activation=hidden_activation(activations), alpha=0.0)
        network.loss, network.out_activation_ = supported("loss", loss, LOSSES)
        network.coefs_ = [W.T for W in weights]
        network.intercepts_ = list(biases)
        network.n_layers_ = 1 + len(weights)
        blank: list[Any] = [None] * len(weights)  # for the call to fill in
        x, deltas, by_weights, by_biases = [inputs, *blank], [*blank], [*blank], [*blank]
        network._backprop(inputs, targets, None, x, deltas, by_weights, by_biases)
        return [np.ascontiguousarray(W.T) for W in by_weights], by_biases

    words = Declared(tuple(ACTIVATIONS), tuple(LOSSES))
    return Backend("sklearn_mlp", "reverse", sklearn.__version__, backprop, words)


def hidden_activation(activations: Sequence[str]) -> str:
    """scikit-learn's name for what all hidden layers have in common.

    >>> hidden_activation(["sigmoid", "sigmoid", "identity"])
    'logistic'

    Raises:
        NotImplementedError: if they have nothing in common, or the output layer is not linear.
    """
    *hidden, output = activations
    names = {supported("activation", name, ACTIVATIONS) for name in hidden or ["identity"]}
    if output != "identity":
        raise NotImplementedError(f"activation {output!r} of the output layer")
    if len(names) > 1:
        raise NotImplementedError("hidden layers of different activations")
    return names.pop()
