"""`manual-backprop gradient`: what it prints, what it writes, and how it ends."""

import json
import math
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance import cli
from conformance import gradient as module
from conformance.errors import Misuse
from conformance.gradient import gradient as command
from conformance.gradient import working
from manual_backprop import (
    Layer,
    Network,
    Problem,
    correctly_rounded,
    gradient,
)
from manual_backprop.files import save

pytestmark = pytest.mark.usefixtures("plain_terminal")

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
CHECKER = ROOT / "tools" / "check_certificate.py"

PROBLEM = Path("problem.json")
OUTPUT = Path("out.json")


def saved(problem: Problem, dtype: str | None = None) -> Problem:
    """The problem, which is now in the file."""
    save(problem, PROBLEM, dtype)
    return problem


def small(dtype: Any = np.float64) -> Problem:
    """A small problem, which is now in the file."""
    return saved(Problem.random((2, 3, 1), ["tanh", "identity"], seed=7, dtype=dtype))


def on_a_kink() -> Problem:
    """A relu exactly at 0, in the file."""
    layers = [Layer([[1.0, -1.0]], [0.0], "relu"), Layer([[2.0]])]
    return saved(Problem(Network(layers), [[3.0, 3.0]], [[1.0]]))


def beside_a_kink() -> Problem:
    """A relu at 0, which no precision shows, in the file."""
    layers = [
        Layer([[1.0], [1.0]], None, "tanh"),
        Layer([[1.0, -1.0]], None, "relu"),
        Layer([[1.0]]),
    ]
    return saved(Problem(Network(layers), [[0.5]], [[1.0]]))


def numbers(text: str) -> list[float]:
    """The numbers in the lines of arrays and of the loss."""
    lines = [each for each in text.splitlines() if re.match(r" *\[|loss ", each)]
    return [float(each) for line in lines for each in re.findall(r"-?\d\.[\d]*(?:e[-+]\d+)?", line)]


def flat(g: Any) -> list[float]:
    """Every number of a gradient, in the order of the text."""
    pairs = zip(g.weights, g.biases, strict=True)
    arrays = [each for pair in pairs for each in pair if each is not None]
    return [float(x) for each in (g.loss, *arrays, g.inputs) for x in np.ravel(each)]


# ── floats ──


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_gradient_is_printed(dtype: str, capsys: Capture) -> None:
    """Without options every number of the float gradient is printed, to its last bit."""
    problem = small(dtype)

    assert command(PROBLEM) == 0
    output = capsys.readouterr()
    read = np.array(numbers(output.out), dtype)
    np.testing.assert_array_equal(read, np.array(flat(gradient(problem)), dtype))
    assert output.err == ""
    assert f"Computed by backpropagation in {dtype}; --round {dtype} proves" in output.out


def test_the_first_line_says_what_it_is(capsys: Capture) -> None:
    """The first line names file, widths, activations, loss, reduction, samples and dtype."""
    saved(Problem.random((2, 3, 3, 1), ["tanh", "tanh", "identity"], samples=1, reduction="sum"))

    command(PROBLEM)

    first, _, *rest = capsys.readouterr().out.split("\n")
    assert first == (
        "problem.json: 2-3-3-1, tanh×2 identity, half_squared_error, sum over 1 sample,"
    )
    assert rest[0].startswith("loss") or rest[0] == ""


@pytest.mark.parametrize("widths", [(2, 3, 1), (40, 30, 10), (1000, 2), (2, 1000)])
def test_lines_fit_the_screen(widths: tuple[int, ...], capsys: Capture) -> None:
    """No line is longer than 80 columns, and large arrays are abbreviated."""
    saved(Problem.random(widths, samples=30))

    for options in ((False, None), (True, "float32")):
        command(PROBLEM, *options)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) < 80
        assert len(lines) < 250


def test_bfloat16_is_named(capsys: Capture) -> None:
    """A file of bfloat16 numbers is computed in float32, rounded to bfloat16, and says both."""
    saved(
        Problem(
            Network([Layer(np.ones((1, 2), "f4"), None, "tanh")]),
            np.ones((1, 2), "f4"),
            np.ones((1, 1), "f4"),
        ),
        "bfloat16",
    )

    assert command(PROBLEM) == 0
    assert "in float32; --round bfloat16 proves" in capsys.readouterr().out
    assert command(PROBLEM, target="bfloat16") == 0


def test_overflow_is_counted(capsys: Capture) -> None:
    """Entries that left the dtype's range are printed as they are, and counted; no warning."""
    saved(Problem(Network([Layer([[1e300]]), Layer([[1e300]])]), [[1.0]], [[0.0]]))

    assert command(PROBLEM) == 0
    output = capsys.readouterr()
    assert "loss inf" in output.out
    assert "The range of float64 was left on the way: 4 entries of nan, inf." in output.out
    assert output.err == ""


# ── rounded ──


@pytest.mark.parametrize("target", ["float16", "bfloat16", "float32", "float64"])
def test_the_rounded_gradient_is_printed(target: str, capsys: Capture) -> None:
    """With --round every number is the correctly rounded one, and the precision is stated."""
    rounded = correctly_rounded(small(), target)

    assert command(PROBLEM, target=target) == 0
    output = capsys.readouterr().out
    read = np.array(numbers(output), rounded.loss.dtype)
    np.testing.assert_array_equal(read, np.array(flat(rounded), rounded.loss.dtype))
    assert f"Correctly rounded to {target}: 22 of 22 entries." in output
    assert "within half an ulp of the truth, proved with 128 bits" in output


def test_undecided_entries_are_listed(capsys: Capture) -> None:
    """Entries that depend on a choice at a kink are nan, listed with reason and bits; status 3."""
    on_a_kink()

    assert command(PROBLEM, target="float32") == 3
    output = capsys.readouterr().out
    assert "[[nan  nan]]" in output
    assert "2 of 7 entries" in output
    assert "  weights[0][0, 1]: depends on the choice at a kink, with 256 bits" in output


def test_zeros_that_only_cancellation_makes_are_rounded(capsys: Capture) -> None:
    """What is below every float is correctly rounded to 0, with the bits that it takes."""
    layers = [Layer([[1.0], [1.0]], None, "tanh"), Layer([[1.0, -1.0]])]
    saved(Problem(Network(layers), [[0.5]], [[0.0]]))

    assert command(PROBLEM, target="float64") == 0
    output = capsys.readouterr().out
    assert "6 of 6 entries" in output
    assert "proved with 2048 bits" in output


def test_what_no_precision_decides_is_bounded(capsys: Capture) -> None:
    """Beside a kink that no precision tells from it, the bound reached is listed; status 3."""
    beside_a_kink()

    assert command(PROBLEM, target="float64") == 3
    output = capsys.readouterr().out
    assert re.search(r"weights\[0\]\[0, 0\]: (\|entry\| < 2\^|depends on).* 4096 bits", output)


def test_a_long_list_is_cut(capsys: Capture) -> None:
    """Of more than twenty undecided entries twenty are listed, and the rest counted."""
    layers = [Layer(np.ones((1, 30)), [0.0], "relu"), Layer([[2.0]])]
    saved(Problem(Network(layers), [[1.0, -1.0] * 15], [[1.0]]))

    assert command(PROBLEM, target="float32") == 3
    output = capsys.readouterr().out
    assert output.count("depends on the choice") == 20
    assert "  … and 41 more" in output


# ── certified ──


def test_an_enclosure_is_summed_up(capsys: Capture) -> None:
    """With --certify: bits, the largest radius of each array, the witness; status 0."""
    small()

    assert command(PROBLEM, certified=True) == 0
    output = capsys.readouterr().out
    assert "Enclosed with 128 bits" in output
    for name in ("loss", "weights of layer 0", "biases of layer 1", "inputs"):
        assert re.search(rf"^  {name} +(2\^-\d\d|exact)$", output, re.MULTILINE)
    assert "Every entry is known within 2^-20 ulp." in output
    assert "the power series of the objective along a random direction v agrees" in " ".join(
        output.split()
    )
    assert "kink" not in output


def test_kinks_are_named(capsys: Capture) -> None:
    """Units on a kink are named, and how many entries depend on them; proved, so status 0."""
    on_a_kink()

    assert command(PROBLEM, certified=True) == 0
    output = capsys.readouterr().out
    assert "weights of layer 0      2 of 2 depend on a kink" in output
    assert "biases of layer 0       1 of 1 depends on a kink" in output
    assert "On a kink, 1 unit:\n  layer 0 (relu), sample 0, unit 0\n" in output


def test_kinks_of_the_loss_are_named(capsys: Capture) -> None:
    """An output on a kink of the loss is named as such."""
    saved(Problem(Network([Layer([[1.0]])]), [[2.0]], [[2.0]], "absolute_error"))

    assert command(PROBLEM, certified=True) == 0
    assert "  loss (absolute_error), sample 0, unit 0\n" in capsys.readouterr().out


def test_the_cap_is_status_3(capsys: Capture) -> None:
    """Where no precision suffices the cap is stated, with what was reached, and status 3."""
    beside_a_kink()

    assert command(PROBLEM, certified=True) == 3
    output = capsys.readouterr().out
    assert "Enclosed with 4096 bits" in output
    assert "The cap of 4096 bits was reached" in output
    assert "layer 1 (relu), sample 0, unit 0: not told from the kink" in output
    assert re.search(r"weights of layer 0 +2 of 2 wider, 2\^", output)


def test_what_is_not_bounded_is_said(capsys: Capture) -> None:
    """Where there is no bound at all, neither radius nor witness claim one."""
    layers = [Layer([[1e300]], None, "exp"), Layer([[1.0]], None, "exp")]
    saved(Problem(Network(layers), [[1.0]], [[1.0]]))

    assert command(PROBLEM, certified=True) == 3
    output = capsys.readouterr().out
    assert re.search(r"loss +1 of 1 wider, not bounded", output)
    assert "Witness: nothing to compare" in output


def test_a_contradicting_witness_is_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """If the power series contradicted the enclosure, that is a finding and no traceback."""
    small()

    def contradicted(*_: Any) -> None:
        raise ArithmeticError("one of them is wrong")

    monkeypatch.setattr(module, "certify", contradicted)

    assert command(PROBLEM, certified=True) == 1
    assert capsys.readouterr().err == "manual-backprop: one of them is wrong\n"


# ── JSON ──


def test_json_holds_the_gradient_twice() -> None:
    """The document has every number as hex string and as decimal, both exact."""
    g = gradient(small(np.float32))

    assert command(PROBLEM, output=OUTPUT) == 0
    document = json.loads(OUTPUT.read_text())
    assert document["format"] == "manual-backprop/gradient/1"
    assert (document["dtype"], document["correctly_rounded"]) == ("float32", False)
    assert document["decimal"]["weights"] == [each.tolist() for each in g.weights]
    assert document["decimal"]["biases"] == [each.tolist() for each in g.biases]
    assert document["decimal"]["inputs"] == g.inputs.tolist()
    assert float.fromhex(document["hex"]["loss"]) == document["decimal"]["loss"] == g.loss
    assert float.fromhex(document["hex"]["weights"][0][2][1]) == g.weights[0][2, 1]


def test_json_lists_what_is_undecided() -> None:
    """Undecided entries are "nan", and listed with bits, bound and reason."""
    on_a_kink()

    assert command(PROBLEM, target="float16", output=OUTPUT) == 3
    document = json.loads(OUTPUT.read_text())
    assert (document["dtype"], document["correctly_rounded"]) == ("float16", True)
    assert document["hex"]["weights"][0] == document["decimal"]["weights"][0] == [["nan", "nan"]]
    first = document["undecided"][0]
    assert (first["entry"], first["reason"]) == ("weights[0][0, 0]", "kink")
    assert math.isfinite(first["bits"])


@pytest.mark.parametrize("make", [small, on_a_kink])
def test_json_of_a_certificate_is_verified(make: Any) -> None:
    """With --certify the file is the certificate, and the stand-alone checker verifies it."""
    make()

    assert command(PROBLEM, certified=True, output=OUTPUT) == 0
    arguments = [sys.executable, "-I", str(CHECKER), str(OUTPUT)]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout[:9]) == (0, "verified:")


# ── misuse ──


def test_every_error_of_a_bad_file_is_named() -> None:
    """A bad file is misuse, and the message has every error with its path."""
    small()
    document = json.loads(PROBLEM.read_text())
    document["layers"][0]["activation"] = "tahn"
    document["inputs"][1][0] = "1.5"
    PROBLEM.write_text(json.dumps(document))

    with pytest.raises(Misuse) as caught:
        command(PROBLEM)
    assert "layers[0].activation: unknown activation 'tahn'" in str(caught.value)
    assert "inputs[1][0]" in str(caught.value)


def test_an_unknown_format_is_misuse() -> None:
    """A format that nothing is rounded to is misuse, and the nearest is offered."""
    small()

    with pytest.raises(Misuse, match="did you mean 'float32'"):
        command(PROBLEM, target="flaot32")


def test_a_file_that_cannot_be_written_is_found_first() -> None:
    """An output that cannot be written is misuse before anything is computed."""
    with pytest.raises(Misuse, match="there is no folder"):
        command(Path("not there either"), output=Path("/no/such/folder/out.json"))


@pytest.mark.parametrize("options", [{"certified": True}, {"target": "float64"}])
def test_no_samples_is_misuse(options: Any) -> None:
    """A file without samples has a float gradient, zeros, and nothing to enclose."""
    none = np.empty((0, 2)), np.empty((0, 1))
    saved(Problem(Network([Layer([[1.0, 2.0]])]), *none, reduction="sum"))

    assert command(PROBLEM) == 0
    with pytest.raises(Misuse, match=r"problem.json: there are no samples to enclose"):
        command(PROBLEM, **options)


# ── patience ──


def test_a_long_computation_says_so(capsys: Capture) -> None:
    """What takes longer than the patience is announced once, on standard error."""
    with working(patience=0.01):
        time.sleep(0.2)

    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "manual-backprop: working…\n")


def test_a_short_computation_is_silent(capsys: Capture) -> None:
    """What ends in time, or fails, is not announced, then or later."""
    with pytest.raises(KeyError), working(patience=0.05):
        raise KeyError
    time.sleep(0.1)

    assert capsys.readouterr().err == ""


# ── the command line ──


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["problem.json"], 0, "loss "),
        (["problem.json", "--certify", "--json", "out.json"], 0, "Enclosed with"),
        (["problem.json", "--round", "float32"], 0, "Correctly rounded to float32"),
        (["nothing.json"], 2, "nothing.json: cannot be read"),
        (["problem.json", "--round", "float31"], 2, "did you mean 'float32'"),
        ([], 2, "manual-backprop gradient --help"),
    ],
)
def test_the_command_line_passes_it_on(
    arguments: list[str], status: int, words: str, capsys: Capture
) -> None:
    """File, --certify, --round and --json reach the command, and its status comes back."""
    small()

    assert cli.main(["gradient", *arguments]) == status
    output = capsys.readouterr()
    assert words in output.out + output.err
