"""The parameter whose derivative is explained: a weight or a bias, and where it is."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import Misuse
from conformance.worked.notation import Sym
from manual_backprop import Network


@dataclass(frozen=True)
class Entry:
    """One parameter.

    Attributes:
        k: its layer.
        i: the unit that it leads to.
        j: the unit that a weight comes from; None for a bias.
    """

    k: int
    i: int
    j: int | None = None

    @property
    def symbol(self) -> Sym:
        """w_ij^(k) or b_i^(k)."""
        if self.j is None:
            return Sym("b", (self.i,), self.k)
        return Sym("w", (self.i, self.j), self.k)

    @property
    def in_python(self) -> str:
        """As Python indexes it in a gradient.

        >>> Entry(0, 2, 1).in_python, Entry(1, 0).in_python
        ('weights[0][2, 1]', 'biases[1][0]')
        """
        if self.j is None:
            return f"biases[{self.k}][{self.i}]"
        return f"weights[{self.k}][{self.i}, {self.j}]"


def entry_at(weight: str | None, bias: str | None, network: Network) -> Entry:
    """The parameter that `--weight K,I,J` or `--bias K,I` names.

    Raises:
        Misuse: if both or neither are given, or there is no such parameter; it says what fits.

    >>> entry_at("0,2,1", None, Network.random((2, 3, 1)))
    Entry(k=0, i=2, j=1)
    >>> entry_at("0,1,2", None, Network.random((2, 3, 1)))
    Traceback (most recent call last):
    conformance.errors.Misuse: --weight 0,1,2: there is no unit J = 2; W_0 has J from 0 to 1
    """
    if (weight is None) == (bias is None):
        found = "neither was" if weight is None else "both were"
        raise Misuse(f"--weight K,I,J or --bias K,I: one of the two is needed, {found} given")
    if weight is not None:
        k, i, j = _numbers("--weight", weight, "KIJ")
        _check_place(f"--weight {weight}", network, k, i, j)
        return Entry(k, i, j)
    k, i = _numbers("--bias", bias or "", "KI")
    _check_place(f"--bias {bias}", network, k, i)
    if network.layers[k].biases is None:
        raise Misuse(f"--bias {bias}: layer {k} has no biases")
    return Entry(k, i)


def _numbers(option: str, text: str, letters: str) -> list[int]:
    """The whole numbers that the text lists."""
    parts = text.split(",")
    if len(parts) == len(letters) and all(part.strip().isdecimal() for part in parts):
        return list(map(int, parts))
    wanted = ",".join(letters)
    example = ",".join("0" * len(letters))
    raise Misuse(f"{option} {text}: {wanted} are whole numbers from 0 up, {example} say")


def _check_place(what: str, network: Network, k: int, i: int, j: int = 0) -> None:
    """Raise Misuse unless the network has that layer, and the layer those units."""
    if k >= network.depth:
        last = network.depth - 1
        raise Misuse(f"{what}: there is no layer K = {k}; the network has layers 0 to {last}")
    for letter, index, size in zip("IJ", (i, j), network.layers[k].weights.shape, strict=True):
        if index >= size:
            fits = f"{letter} from 0 to {size - 1}"
            raise Misuse(f"{what}: there is no unit {letter} = {index}; W_{k} has {fits}")
