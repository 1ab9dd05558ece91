"""The command line, `manual-backprop` or `python -m conformance`: what it takes, and how it ends.

Each command imports its own work when it runs, so that `--help` answers at once. Exit status: 0
nothing is wrong and something conforms, 1 a finding, 2 misuse or bad input, 3 nothing could be
decided, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Parameter, Token, UnusedCliTokensError

from conformance.errors import Misuse
from conformance.render.console import Console, abandon, escape_unknown_characters

MISUSE, INTERRUPTED = 2, 130


def _version() -> str:
    from manual_backprop import __version__

    return f"manual-backprop {__version__}"


def _whole_number(kind: type[int], tokens: Sequence[Token]) -> int:
    """The number; the library's own conversion would round 1.5 to 2."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"a whole number is needed, found {tokens[0].value!r}") from None


WholeNumber = Annotated[int, Parameter(converter=_whole_number)]
Names = Annotated[str, Parameter(show_default=False)]
File = Annotated[Path | None, Parameter(show_default=False)]
Folder = Annotated[Path | None, Parameter(show_default=False)]

app = App(
    name="manual-backprop",
    help=(
        "Judges gradients of fully connected networks, entry by entry, against bounds that are "
        "derived, not chosen: an entry is called wrong only if that is proved.\n\n"
        "To start: manual-backprop conform, or manual-backprop check your_file.py:your_function"
    ),
    help_epilogue=(
        "Exit status: 0 nothing is wrong and something conforms; 1 something is wrong; 2 misuse "
        "or bad input; 3 nothing could be decided; 130 interrupted."
    ),
    help_format="markdown",
    version=_version,
    suppress_keyboard_interrupt=False,
)


@app.command
def conform(
    *,
    networks: Annotated[WholeNumber, Parameter(name=["-n", "--networks"])] = 1000,
    seed: WholeNumber = 0,
    dtype: str = "float64",
    backend: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, consume_multiple=False)
    ] = (),
    processes: Annotated[int | None, Parameter(converter=_whole_number, show_default=False)] = None,
    json: File = None,
    junit: File = None,
    report: Folder = None,
) -> int:
    """Draw random networks and judge the gradients of every backend on them.

    The backends are the two hand-written ones, recursion and backprop, and what is installed of
    PyTorch (torch_autograd, torch_func_grad) and JAX (jax_grad, jax_grad_jit). Each network's
    gradient is compared, entry by entry, with the set of all values that a sound implementation
    may return. What is wrong is shown with the smallest network that shows it, as code to paste
    and as a file for `manual-backprop replay`.

    Args:
        networks: How many networks to draw, from 1 to 100,000. 1,000 take a minute or two.
        seed: A whole number; the same seed gives the same networks and the same verdicts.
        dtype: float64 or float32: the numbers that the networks and the gradients are made of.
        backend: Judge this backend only; may be given several times. Without it, all of them.
        processes: How many processes judge; the report is the same. Without it as many as there
            are cores, but 4 at most, one for every 250 networks, and one for every 3 GB of memory:
            with all backends each takes half of that.
        json: Write the whole report to this file, as JSON.
        junit: Write it to this file as JUnit XML, which CI systems read.
        report: Write it to index.html in this folder: one page that needs nothing else.
    """
    from conformance.conform import conform as run
    from conformance.publishing import Files

    return run(networks, seed, dtype, backend, Files(json, junit, report), processes)


@app.command(usage='Usage: manual-backprop check TARGET | --exec "COMMAND" [OPTIONS]')
def check(
    target: str | None = None,
    /,
    *,
    exec: Annotated[str | None, Parameter(show_default=False)] = None,
    networks: Annotated[WholeNumber, Parameter(name=["-n", "--networks"])] = 200,
    seed: WholeNumber = 0,
    dtype: str = "float64",
    activations: Names = "",
    losses: Names = "",
    max_depth: WholeNumber = 8,
    max_width: WholeNumber = 16,
    max_batch: WholeNumber = 33,
    order: Annotated[str | None, Parameter(show_default=False)] = None,
    timeout: float = 10.0,
    hide_values: Annotated[bool, Parameter(negative=())] = False,
    json: File = None,
    junit: File = None,
    report: Folder = None,
    gradescope: File = None,
) -> int:
    """Judge your own backpropagation on random networks, and say what is wrong with it.

    TARGET is a Python function, path/to/file.py:function or package.module:function, or a
    backend's name. The function is called by position,

        function(weights, biases, activations, loss, inputs, targets)

    and returns (weight_gradients, bias_gradients) of the mean loss over the samples, two lists of
    NumPy arrays like weights and biases. What it does not support it says by NotImplementedError.
    It runs in a process of its own. With --exec a program in any language is judged, which reads
    one JSON object a line and answers each with one line (docs/protocol.md).

    Args:
        target: A function or a backend.
        exec: Judge the program that this command starts.
        networks: How many networks to judge, from 1 to 100,000.
        seed: A whole number; the same seed gives the same networks and the same verdicts.
        dtype: float64 or float32: the numbers that the networks and the gradients are made of.
        activations: Only these, separated by commas; without it all that the target supports.
        losses: Only these, likewise.
        max_depth: Layers at most.
        max_width: Units of a layer at most.
        max_batch: Samples at most.
        order: reverse or forward, the class that the target is judged by: backpropagation, or one
            tangent a parameter.
        timeout: Seconds that a call may take.
        hide_values: Name the kind of mistake, never the expected numbers: for graders.
        json: Write the whole report to this file, as JSON.
        junit: Write it to this file as JUnit XML, which CI systems read.
        report: Write it to index.html in this folder: one page that needs nothing else.
        gradescope: Write a results.json for Gradescope, with partial credit for each kind of
            network.
    """
    from conformance.check_command import check as run
    from conformance.checking import Options
    from conformance.publishing import Files

    options = Options(
        networks,
        seed,
        dtype,
        _names(activations),
        _names(losses),
        max_depth,
        max_width,
        max_batch,
        hide_values,
    )
    return run(target, exec, options, Files(json, junit, report, gradescope), order, timeout)


@app.command
def kinks(
    *targets: str,
    backend: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, consume_multiple=False)
    ] = (),
    timeout: float = 10.0,
    json: File = None,
) -> int:
    """Show which value each target takes where a derivative jumps, beside PyTorch and JAX.

    At each breakpoint of each activation, exactly there and one ulp to each side. A value outside
    the interval of the one-sided derivatives is wrong.

    Args:
        targets: Functions, path/to/file.py:function or package.module:function, or backends.
        backend: One more backend; may be given several times.
        timeout: Seconds that a call of a function may take.
        json: Write the values to this file, as JSON.
    """
    from conformance.kinks_command import kinks as run

    return run((*targets, *backend), timeout, json)


@app.command
def mistakes(
    *,
    seeds: WholeNumber = 5,
    mistake: Annotated[
        tuple[str, ...], Parameter(negative=(), show_default=False, consume_multiple=False)
    ] = (),
    checkers: bool = True,
    json: File = None,
) -> int:
    """Plant each mistake of the catalogue, and count the networks until it is caught.

    The kill matrix: mistakes × dtype, beside what finite-difference checkers see of them
    (torch.autograd.gradcheck, jax.test_util.check_grads, HIPS autograd's check_grads, and a
    two-sided difference). It takes some minutes. Exit status 1 says that a mistake survives.

    Args:
        seeds: How many runs each mistake is judged in.
        mistake: Only this one; may be given several times.
        checkers: Measure the checkers of others, too, which takes most of the time.
        json: Write the matrix to this file, as JSON.
    """
    from conformance.mistakes_command import mistakes as run

    return run(seeds, json, mistake, checkers)


@app.command(usage='Usage: manual-backprop replay CASE.json [TARGET | --exec "COMMAND"]')
def replay(
    case: Path,
    target: str | None = None,
    /,
    *,
    exec: Annotated[str | None, Parameter(show_default=False)] = None,
    order: Annotated[str | None, Parameter(show_default=False)] = None,
    timeout: float = 10.0,
) -> int:
    """Judge one gradient on the network in a problem file, and show its entries.

    For each entry: what was returned, the midpoint of the set of values that are allowed there,
    the bound (the set's radius), error / bound, and the verdict.

    Args:
        case: A problem file, as `manual-backprop conform` saves one for whatever it finds wrong.
        target: What to judge, a backend's name, path/to/file.py:function or
            package.module:function; without it the hand-written gradient, backprop.
        exec: The program that this command starts, in place of a TARGET.
        order: reverse or forward, the class that the target is judged by, unless its own.
        timeout: Seconds that a call may take.
    """
    from conformance.replay import replay as run

    return run(case, target, exec, order, timeout)


@app.command(usage="Usage: manual-backprop gradient PROBLEM.json [OPTIONS]")
def gradient(
    problem: Path,
    /,
    *,
    certify: Annotated[bool, Parameter(negative=())] = False,
    round: Annotated[str | None, Parameter(show_default=False)] = None,
    json: Annotated[Path | None, Parameter(show_default=False)] = None,
) -> int:
    """Print the gradient of the problem in a file, in floats, correctly rounded, or certified.

    The loss and its derivative at every weight, bias and input. Exit status 3 says that an entry
    could not be decided (--round), or that the precision came to its cap (--certify).

    Args:
        problem: A problem file.
        certify: Prove it: enclose every entry, and say how narrowly; name the units on a kink.
        round: Print the float nearest to the truth, proved, in place of what backpropagation
            computes: float16, bfloat16, float32 or float64.
        json: Write the gradient to this file; with --certify the certificate, which
            tools/check_certificate.py verifies.
    """
    from conformance.gradient import gradient as run

    return run(problem, certify, round, json)


@app.command(
    usage="Usage: manual-backprop explain PROBLEM.json --weight K,I,J | --bias K,I [OPTIONS]"
)
def explain(
    problem: Path,
    /,
    *,
    weight: Annotated[str | None, Parameter(show_default=False)] = None,
    bias: Annotated[str | None, Parameter(show_default=False)] = None,
    format: Annotated[str | None, Parameter(show_default=False)] = None,
    output: File = None,
    interactive: File = None,
) -> int:
    """Show how one derivative comes about: the recursion as a tree of terms, in numbers, proved.

    Base case, steps and end, (3.1) to (3.4) of docs/derivation.md, for each sample, then the sum or
    the mean. Exact fractions where they are short, else six correct digits. Exit status 3 says that
    a number could not be decided.

    Args:
        problem: A problem file.
        weight: The weight W_K[I, J]: from unit J of layer K to unit I of the next one.
        bias: The bias of unit I that layer K adds.
        format: text, markdown, latex or html; unless given, what the name of --output says.
        output: Write it to this file.
        interactive: Write a page that steps through the network, and lights up the paths that a
            derivative sums; it opens with the weight or the bias, if one is given.
    """
    from conformance.explain import explain as run

    return run(problem, weight, bias, format, output, interactive)


@app.command
def exercise(
    *,
    widths: str,
    seed: WholeNumber = 0,
    solution: Annotated[bool, Parameter(negative=())] = False,
    activations: Names = "",
    loss: str = "half_squared_error",
    learning_rate: str = "1/2",
    format: Annotated[str | None, Parameter(show_default=False)] = None,
    output: File = None,
    problem: File = None,
) -> int:
    """Make a problem sheet for paper and pencil, with short numbers; another one for each seed.

    A small network, one sample, and every step of backpropagation to compute. The solution is
    worked completely, and proved before it is printed. Keep the seeds to yourself: whoever has one
    has the solution.

    Args:
        widths: The inputs and the units of each layer, 2,3,3,1 say.
        seed: A whole number; the same seed gives the same sheet.
        solution: Print the solution, too.
        activations: One for each layer, or one for all hidden ones; only those that have exact
            values in fractions. Without it the seed draws them.
        loss: Likewise one that fractions have.
        learning_rate: Of the update that the sheet ends with.
        format: text, markdown, latex or html; unless given, what the name of --output says.
        output: Write it to this file.
        problem: Write the network and its sample to this problem file.
    """
    from conformance.exercise import exercise as run

    names = _names(activations)
    return run(widths, seed, solution, names, loss, learning_rate, format, output, problem)


@app.command
def cite(*, format: str = "bibtex") -> int:
    """Print how to cite this software.

    Args:
        format: bibtex, apa or cff.
    """
    from conformance.cite import cite as run

    return run(format)


def _names(text: str) -> tuple[str, ...]:
    """Names separated by commas, spaces allowed."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, `sys.argv` unless given, and return its exit status."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    escape_unknown_characters()
    try:
        return _run(tokens)
    except CycloptsError as error:
        return _complain(_in_words(error), error.command_chain)
    except Misuse as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("manual-backprop: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # of the terminal, or a full disk: files have messages of their own
        abandon(sys.stdout)
        return _complain(str(error))


def _run(tokens: list[str]) -> int:
    """The exit status of a command; without one the help is shown, which is no success."""
    settings: dict[str, Any] = {"exit_on_error": False, "print_error": False}
    status = app(tokens or ["--help"], console=Console(), result_action="return_value", **settings)
    return int(status or 0) if tokens else MISUSE


def _in_words(error: CycloptsError) -> str:
    """What the parser says, and for a word too many, which."""
    if isinstance(error, UnusedCliTokensError):
        return f"{' '.join(map(repr, error.unused_tokens or []))}: not expected there"
    return str(error)


def _complain(message: str, command: Sequence[str] | None = None) -> int:
    """One message on standard error, and where to read more if the command line was misspelt."""
    with contextlib.suppress(OSError):  # a full disk: there is nowhere left to tell it
        print(f"manual-backprop: {message}", file=sys.stderr, flush=True)
        if command is not None:
            print(f"Try: {' '.join(['manual-backprop', *command, '--help'])}", file=sys.stderr)
    return MISUSE
