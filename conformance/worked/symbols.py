"""The derivation's vectors and matrices, by the names that it has for them."""

from __future__ import annotations

from conformance.worked.notation import Index, Sym

ETA = Sym("η")
"""The learning rate."""


def W_(k: Index) -> Sym:
    """W_k."""
    return Sym("W", (k,))


def b_(k: Index) -> Sym:
    """b^(k)."""
    return Sym("b", (), k)


def p_(m: Index) -> Sym:
    """p^(m)."""
    return Sym("p", (), m)


def x_(m: Index) -> Sym:
    """x^(m)."""
    return Sym("x", (), m)


def delta_(m: Index) -> Sym:
    """δ^(m)."""
    return Sym("δ", (), m)
