"""JAX on the CPU, with float64."""

from typing import Any

import jax

configure: Any = jax.config.update
configure("jax_enable_x64", True)
configure("jax_platforms", "cpu")
