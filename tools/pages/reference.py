"""The reference, from the docstrings: which modules stand on which page."""

from collections.abc import Sequence

CORE = (
    "manual_backprop.network",
    "manual_backprop.forward",
    "manual_backprop.objective",
    "manual_backprop.recursion",
    "manual_backprop.backprop",
    "manual_backprop.training",
    "manual_backprop.activations.base",
    "manual_backprop.activations",
    "manual_backprop.losses",
    "manual_backprop.files",
)

ORACLE = (
    "manual_backprop.oracle.enclosure",
    "manual_backprop.oracle.rounding",
    "manual_backprop.oracle.judging",
    "manual_backprop.oracle.verdict",
    "manual_backprop.oracle.admissible",
    "manual_backprop.oracle.accuracy",
    "manual_backprop.oracle.witness",
    "manual_backprop.oracle.certificate",
    "manual_backprop.arithmetic.balls",
    "manual_backprop.arithmetic.rounded",
    "manual_backprop.arithmetic.formats",
)

SUITE = (
    "conformance.testing",
    "conformance.backends.base",
    "conformance.backends",
    "conformance.departures",
    "conformance.mistakes.mistake",
    "conformance.mistakes.seams",
)


def core() -> str:
    """Network, derivation and catalogue."""
    return _page("The core", CORE)


def oracle() -> str:
    """The oracle, and the arithmetics that it works in."""
    return _page("The oracle", ORACLE)


def suite() -> str:
    """The conformance suite, as far as others build on it."""
    return _page("The suite", SUITE)


def _page(title: str, modules: Sequence[str]) -> str:
    return "\n".join([f"# {title}\n", *map(_section, modules)])


def _section(module: str) -> str:
    return f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n   :members:\n```\n"
