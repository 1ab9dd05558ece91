"""Backpropagation on plain Python lists, as a program under test.

It reads one JSON object a line and answers each with one, as docs/protocol.md has it. Equation
numbers are those of docs/derivation.md. All numbers are Python floats, that is float64; the
result of a float32 problem is rounded once, by whoever reads it.

    manual-backprop check --exec "python examples/programs/backprop.py"
"""

import json
import math
import sys


def sigmoid(p):
    """1 / (1 + e⁻ᵖ), from the exponential that does not overflow."""
    e = math.exp(-abs(p))
    return 1 / (1 + e) if p >= 0 else e / (1 + e)


# Each activation: f(p), and f'(p) in terms of x = f(p), so that only the outputs are kept.
ACTIVATIONS = {
    "identity": (lambda p: p, lambda x: 1.0),
    "tanh": (math.tanh, lambda x: 1 - x * x),
    "sigmoid": (sigmoid, lambda x: x * (1 - x)),
    "relu": (lambda p: max(p, 0.0), lambda x: 1.0 if x > 0 else 0.0),
}


def half_squared_error(x, y):
    """∇L = x − y, of L = ½‖x − y‖²."""
    return [x[i] - y[i] for i in range(len(x))]


def softmax_cross_entropy(x, y):
    """∇L = softmax(x) − y, of L = −Σ y_i log softmax(x)_i with Σ y_i = 1.

    softmax(x)_i = exp(x_i) / Σ_j exp(x_j); the largest x is subtracted first, which changes
    nothing but that no exponential overflows.
    """
    largest = max(x)
    e = [math.exp(x_i - largest) for x_i in x]
    total = sum(e)
    return [e[i] / total - y[i] for i in range(len(x))]


LOSSES = {
    "half_squared_error": half_squared_error,
    "softmax_cross_entropy": softmax_cross_entropy,
}


def forward(layers, x):
    """The outputs x^(0), …, x^(N) of every layer, for one sample: (1.1)."""
    outputs = [x]
    for layer in layers:
        f, _ = ACTIVATIONS[layer["activation"]]
        W, x = layer["weights"], outputs[-1]
        b = layer["biases"] or [0.0] * len(W)
        p = [b[i] + sum(W[i][j] * x[j] for j in range(len(x))) for i in range(len(W))]
        outputs.append([f(p_i) for p_i in p])
    return outputs


def backward(layers, outputs, x_bar):
    """k, ∂L/∂W_k and ∂L/∂b^(k) of one sample, from the last layer to the first.

    x_bar is ∂L/∂x^(k+1), which begins as ∇L(x^(N)).
    """
    for k in reversed(range(len(layers))):
        W, x, x_above = layers[k]["weights"], outputs[k], outputs[k + 1]
        _, df = ACTIVATIONS[layers[k]["activation"]]
        delta = [df(x_above[i]) * x_bar[i] for i in range(len(W))]  # (5.1), (5.2)
        yield k, [[delta_i * x_j for x_j in x] for delta_i in delta], delta  # (5.3): δ xᵀ, and δ
        x_bar = [sum(W[i][j] * delta[i] for i in range(len(W))) for j in range(len(x))]  # Wᵀ δ


def gradient(layers, loss, inputs, targets):
    """The gradient of the mean loss over the samples, (1.2): weights and biases, by layer."""
    weights = [[[0.0] * len(row) for row in layer["weights"]] for layer in layers]
    biases = [[0.0] * len(layer["weights"]) for layer in layers]
    for x, y in zip(inputs, targets, strict=True):
        outputs = forward(layers, x)
        x_bar = [each / len(inputs) for each in LOSSES[loss](outputs[-1], y)]
        for k, dW, db in backward(layers, outputs, x_bar):
            for i in range(len(db)):
                biases[k][i] += db[i]
                for j in range(len(dW[i])):
                    weights[k][i][j] += dW[i][j]
    return weights, biases


# ── the protocol ──


def jsonable(value):
    """The nested lists, with a string for nan and inf, for which JSON has no number."""
    if isinstance(value, list):
        return [jsonable(each) for each in value]
    return value if math.isfinite(value) else str(value)


GREETING = {
    "protocol": 1,
    "activations": list(ACTIVATIONS),
    "losses": list(LOSSES),
    "dtypes": ["float64", "float32"],
    "order": "reverse",
}


def answer(message):
    """The answer to one line."""
    if "protocol" in message:
        return GREETING
    problem = message["problem"]
    layers, loss = problem["layers"], problem["loss"]
    for layer in layers:
        if layer["activation"] not in ACTIVATIONS:
            return {"id": message["id"], "unsupported": f"activation {layer['activation']}"}
    if loss not in LOSSES:
        return {"id": message["id"], "unsupported": f"loss {loss}"}
    weights, biases = gradient(layers, loss, problem["inputs"], problem["targets"])
    return {"id": message["id"], "weights": jsonable(weights), "biases": jsonable(biases)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
