"""The results page, in Markdown, as `benchmarks/results/speed.md` has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.speed.contenders import OURS
from benchmarks.speed.results import Results
from benchmarks.speed.table import HEAD, blocks, in_short, in_units

INTRODUCTION = """\
# How fast the gradient is

Written by `python -m benchmarks.run`, which anyone can run. Each contender has a process of its
own, with as many cores as threads, for their thread pools disturb each other; rounds of all of them
alternate, on the same numbers, compiled and warmed up before anything is timed. Networks have
hidden layers of tanh or relu, a linear last layer and ½‖x − y‖². PyTorch is timed as
`torch.autograd.grad` (torch) and `torch.func.grad` (func.grad), JAX as `jax.jit(jax.grad)`
(jax.jit), HIPS autograd as `autograd.grad` (autograd), all on the CPU.

- *time*: one call of `manual_backprop.gradient`, whose checks were done with the problem.
- *limit*: that over the bare matrix products by the same BLAS into memory that is there already, in
  the faster of two layouts: three a layer, two for the first.
- *own*: that ratio over the best of the frameworks', each to the bare products in its own library:
  what is left when BLAS libraries are not compared.
- the rest: our time over that of the frameworks, of the readable recursion `backprop.backprop`, and
  of a textbook's backpropagation in NumPy (which takes no care of tails or of what it allocates).
"""


def page(results: Results) -> str:
    """The whole page."""
    parts = [INTRODUCTION, "![Ratios by size of network](speed.svg)\n", _machine(results)]
    for title, rows in blocks(results):
        parts.append(f"## {title[0].upper()}{title[1:]}\n\n{table(HEAD, rows)}\n")
    parts += [*_memory(results), *_growth(results)]
    return "\n".join(parts)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is words and whose others are numbers.

    >>> print(table(["a", "b"], [["x", "1"]]))
    | a | b |
    | --- | ---: |
    | x | 1 |
    """
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _machine(results: Results) -> str:
    return table(["measured on", ""], list(results.machine.items())).replace("---:", "---") + "\n"


def _memory(results: Results) -> Iterator[str]:
    """Peaks of resident memory, over those of PyTorch, where there is something to see."""
    threads = min(results.clocks)
    rows = []
    for case in results.cases(threads):
        timing = results.of(OURS.name, case, threads)
        ratio = results.memory("torch_autograd", case, threads)
        if timing and ratio and timing.peak > 2**20:
            rows.append([case.rung.name, case.kind, f"{timing.peak / 2**20:.1f}", in_short(ratio)])
    if rows:
        yield "## Memory\n"
        yield "The most resident memory that a call takes, results included, and over PyTorch's.\n"
        yield table(["network (samples)", "kind", "MiB", "over torch"], rows) + "\n"


def _growth(results: Results) -> Iterator[str]:
    """Quadratic against linear."""
    if results.growth is None:
        return
    recursion, one_pass = results.growth.exponents
    largest = (results.growth.recursion[-1], results.growth.backpropagation[-1])
    yield f"""\
## Growth

One recursion a parameter (derivation, section 3) against one pass for all (section 5), three layers
of equal width, 64 samples, one thread: the time grows with the number of parameters to the power of
**{recursion:.2f}** and **{one_pass:.2f}**. With {results.growth.parameters[-1]:,} parameters the
recursion would take {largest[0]:,.0f} s (timed on a few parameters of each layer; each of a layer's
takes the same), the pass takes {in_units(largest[1])}.

![Seconds against parameters](growth.svg)
"""
