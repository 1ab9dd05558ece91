"""`manual-backprop exercise`: a problem sheet for paper and pencil, another one for each seed.

The same in Python:

>>> from fractions import Fraction
>>> from conformance.worked.forms import text
>>> from conformance.worked.short_problems import drawn
>>> from conformance.worked.entry import Entry
>>> from conformance.worked.sheet import sheet
>>> problem = drawn((2, 3, 1), (), "half_squared_error", Fraction(1, 2), seed=7)
>>> print(text.rendered(sheet(problem, Entry(0, 2, 1), Fraction(1, 2))).splitlines()[0])
Backpropagation by hand
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

from conformance.errors import Misuse
from conformance.explain import FINDING, deliver
from conformance.gradient import working
from conformance.outputs import check_writable
from conformance.worked.conversion import in_floats
from conformance.worked.entry import Entry
from conformance.worked.forms import FORMS, form_of
from conformance.worked.options import activations_of, loss_of, rate_of, widths_of
from conformance.worked.sheet import sheet
from conformance.worked.short_problems import KINK, drawn, fault
from conformance.worked.solution import check, solved
from conformance.worked.solution_sheet import solution_sheet
from manual_backprop import Problem
from manual_backprop.files import save


def exercise(
    widths: str,
    seed: int = 0,
    solution: bool = False,
    activations: Sequence[str] = (),
    loss: str = "half_squared_error",
    learning_rate: str = "1/2",
    form: str | None = None,
    output: Path | None = None,
    problem: Path | None = None,
) -> int:
    """Print a sheet that asks for every step of backpropagation on a small network.

    Args:
        widths: "2,3,3,1", the inputs and each layer's units.
        seed: the same seed gives the same sheet.
        solution: print the solution as well.
        activations: one for each layer; one for the hidden layers, with identity at the end; none,
            to have them drawn.
        loss: of the catalogue's rational ones.
        learning_rate: of the update, "1/2" or "0.1".
        form: text, markdown, latex or html; by the name of the output unless given.
        output: a file to write in place of printing.
        problem: a problem file to write, for `explain`, `gradient` and the like.
    Returns:
        The exit status: 0, or 1 if the solution does not pass its proof; then nothing is printed.
    Raises:
        Misuse: if no such sheet can be made, or a file cannot be written.
    """
    check_writable({"--output": output, "--problem": problem})
    chosen, rate = form_of(form, output), rate_of(learning_rate)
    sizes = widths_of(widths)
    names = activations_of(activations, len(sizes) - 1)
    with working():
        made = made_for(sizes, names, loss_of(loss), rate, seed)
    entry = entry_for(made, seed)
    answer = solved(made, rate)
    try:
        check(answer, entry)
    except ArithmeticError as error:
        print(f"manual-backprop: {error}; nothing is printed", file=sys.stderr)
        return FINDING
    if problem is not None:
        save(in_floats(made), problem)
    page = solution_sheet(answer, entry, seed) if solution else sheet(made, entry, rate)
    deliver(FORMS[chosen](page), output)
    return 0


def made_for(
    widths: Sequence[int], activations: Sequence[str], loss: str, rate: Fraction, seed: int
) -> Problem:
    """The problem of a seed.

    Raises:
        Misuse: if the search found none without kinks and with numbers short enough.
    """
    made = drawn(widths, activations, loss, rate, seed)
    if fault(made, rate) >= KINK:
        raise Misuse(
            f"seed {seed}: no network of these widths was found whose numbers stay short and whose "
            "units stay off the kinks: try another seed, fewer units, or --activations abs"
        )
    return made


def entry_for(problem: Problem, seed: int) -> Entry:
    """A weight of the first layer, the farthest from the loss."""
    random, (n_out, n_in) = Random(f"entry {seed}"), problem.network.layers[0].weights.shape
    return Entry(0, random.randrange(n_out), random.randrange(n_in))
