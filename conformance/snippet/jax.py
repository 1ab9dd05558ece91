"""A problem as source for JAX alone."""

from __future__ import annotations

from textwrap import indent

from conformance.snippet.arrays import assembled, parameters_source
from conformance.snippet.words import forward_lines
from manual_backprop import Problem


def snippet(problem: Problem, entry: str, path: str) -> str:
    """Source that prints an entry of what `jax.grad` returns.

    >>> from manual_backprop import Layer, Network
    >>> network = Network([Layer([[0.5]], [0.0], "tanh")])
    >>> print(snippet(Problem(network, [1.0], [2.0]), "weights[0][0, 0]", ""))
    import jax
    import jax.numpy as jnp
    <BLANKLINE>
    jax.config.update("jax_enable_x64", True)
    W = [jnp.array([[0.5]], dtype=jnp.float64)]
    b = [jnp.array([0.0], dtype=jnp.float64)]
    inputs = jnp.array([[1.0]], dtype=jnp.float64)
    targets = jnp.array([[2.0]], dtype=jnp.float64)
    def objective(W, b):
        x = inputs
        p = x @ W[0].T + b[0]
        x = jnp.tanh(p)
        y = targets
        terms = jnp.square(x - y) / 2
        loss = jnp.sum(terms) / 1
        return loss
    weights, biases = jax.grad(objective, argnums=(0, 1))(W, b)
    print(weights[0][0, 0])
    """
    imports = ["import jax", "import jax.numpy as jnp"]
    dtype = f"jnp.{problem.dtype}"
    arrays = parameters_source(problem, path, "jnp.array", dtype)
    lines = forward_lines(problem, "jax", "x @ W[{k}].T + b[{k}]", "jnp.sum(terms)")
    body = [
        'jax.config.update("jax_enable_x64", True)',
        *arrays,
        "def objective(W, b):",
        *(indent(line, 4 * " ") for line in [*lines, "return loss"]),
        "weights, biases = jax.grad(objective, argnums=(0, 1))(W, b)",
        f"print({entry})",
    ]
    return assembled(imports, body)
