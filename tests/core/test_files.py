"""Problem files: what is written reads back to the same bits, what is wrong is all said at once."""

from __future__ import annotations

import copy
import json
import math
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import manual_backprop.files
from manual_backprop import ACTIVATIONS, LOSSES, Activation, Layer, Loss, Network, Problem
from manual_backprop.files import (
    ProblemFileError,
    from_document,
    load,
    problem_schema,
    read,
    save,
    to_document,
)
from manual_backprop.files.errors import value_at
from manual_backprop.files.model import structure_errors
from manual_backprop.files.vocabulary import number, rounded

SCHEMA = Path(manual_backprop.files.__file__).with_name("problem.schema.json")
unhurried = settings(deadline=None)  # a busy machine is no finding
WIDTH: dict[str, Literal[16, 32, 64]] = {"float16": 16, "float32": 32, "float64": 64}


# ── good files ──


@st.composite
def problems(draw: st.DrawFn, dtype: str) -> Problem:
    """Any problem of the dtype: every activation and loss, every finite number."""
    widths = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    samples = draw(st.integers(0, 3))
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]
    numbers = st.floats(width=WIDTH[dtype], allow_nan=False, allow_infinity=False)

    def array(*shape: int) -> Any:
        size = math.prod(shape)
        values = draw(st.lists(numbers, min_size=size, max_size=size))
        return np.array(values, dtype).reshape(shape)

    def layer(n_in: int, n_out: int) -> Layer:
        biases = array(n_out) if draw(st.booleans()) else None
        return Layer(array(n_out, n_in), biases, draw(st.sampled_from(sorted(ACTIVATIONS))))

    network = Network(map(layer, widths, widths[1:]))
    if loss.targets == "real":
        targets = array(samples, widths[-1])
    else:
        random = Problem.random((1, widths[-1]), loss=loss, samples=samples, dtype=dtype,
                                reduction="sum")  # fmt: skip
        targets = random.targets
    reduction: Any = draw(st.sampled_from(["mean", "sum"] if samples else ["sum"]))
    return Problem(network, array(samples, widths[0]), targets, loss, reduction)


def bits(problem: Problem) -> list[Any]:
    """Everything that a problem file says about the problem, arrays as dtype, shape and bytes."""
    layers = problem.network.layers
    arrays = [array for layer in layers for array in (layer.weights, layer.biases)]
    return [
        [layer.activation for layer in layers],
        [
            None if array is None else (array.dtype.name, array.shape, array.tobytes())
            for array in [*arrays, problem.inputs, problem.targets]
        ],
        problem.loss,
        problem.reduction,
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that may be overwritten."""
    return tmp_path_factory.mktemp("files") / "problem.json"


@pytest.fixture
def document() -> dict[str, Any]:
    """A good document, to be spoilt."""
    return to_document(Problem.random((2, 3, 1), seed=1, samples=2))


@pytest.mark.parametrize("dtype", WIDTH)
@unhurried
@given(data=st.data())
def test_round_trip(dtype: str, path: Path, data: st.DataObject) -> None:
    """What is saved is loaded with the same bits, subnormals, −0 and largest numbers included."""
    problem = data.draw(problems(dtype))

    save(problem, path)

    assert bits(problem) == bits(load(path))
    assert dtype == read(path).dtype


@pytest.mark.parametrize("dtype", WIDTH)
def test_extreme_numbers(dtype: str, path: Path) -> None:
    """The numbers at the ends of each format are kept."""
    info = np.finfo(dtype)
    extremes = [info.max, info.min, info.tiny, info.smallest_subnormal, -0.0, info.eps]
    problem = Problem(Network([Layer(np.array([extremes], dtype))]), np.ones(6, dtype),
                      np.ones(1, dtype))  # fmt: skip

    save(problem, path)

    assert bits(problem) == bits(load(path))


def bfloat16(draw: int) -> np.float32:
    """The bfloat16 number with these 16 bits."""
    return np.uint32(draw << 16).view(np.float32)


FINITE_BFLOAT16 = sorted(float(bfloat16(n)) for n in range(2**16) if (n >> 7) & 0xFF != 0xFF)


def test_bfloat16_round_trip(path: Path) -> None:
    """Every bfloat16 number is saved as one, and comes back in a float32 array with its bits."""
    numbers = np.array([FINITE_BFLOAT16], np.float32)
    problem = Problem(Network([Layer(numbers)]), numbers, np.zeros((1, 1), np.float32))

    save(problem, path, dtype="bfloat16")

    assert read(path).dtype == "bfloat16"
    assert bits(problem) == bits(load(path))


@unhurried
@given(st.floats(-3.38e38, 3.38e38) | st.floats(-1e-37, 1e-37))
@example(1.00390625)  # a tie: to even is down
@example(1.01171875)  # a tie: to even is up
@example(2.0**-134)  # half the smallest
@example(5e-324)
def test_bfloat16_rounding(value: float) -> None:
    """A number becomes the nearest bfloat16, and of two the one whose last bit is 0."""
    after = int(np.searchsorted(FINITE_BFLOAT16, value))
    near = FINITE_BFLOAT16[max(after - 1, 0) : after + 1]

    def preference(candidate: float) -> tuple[Fraction, int]:
        last_bit = int(np.float32(candidate).view(np.uint32)) >> 16 & 1
        return abs(Fraction(candidate) - Fraction(value)), last_bit

    actual = float(rounded(np.array([value]), "bfloat16")[0])

    assert min(near, key=preference) == actual


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", 3.0),
        ("-0", -0.0),
        ("1e-400", 0.0),
        ('"0x1.8p+1"', 3.0),
        ('"-0X.8P0"', -0.5),
        ('"0x1.fffffffffffffp+1023"', sys.float_info.max),
        ("9007199254740993", 9007199254740992.0),
    ],
)
def test_number(written: str, value: float, path: Path, document: dict[str, Any]) -> None:
    """Integers, hex strings and long decimals are numbers too."""
    document["inputs"][0][0] = "here"
    path.write_text(json.dumps(document).replace('"here"', written))

    assert value.hex() == load(path).inputs[0, 0].item().hex()


@pytest.mark.parametrize(
    ("dtype", "tenth"),
    [
        ("float16", np.float16(0.1)),
        ("bfloat16", bfloat16(0x3DCD)),
        ("float32", np.float32(0.1)),
        ("float64", 0.1),
    ],
)
def test_decimal_becomes_nearest(dtype: str, tenth: Any, document: dict[str, Any]) -> None:
    """0.1 in a file of any dtype is the number of that dtype nearest to it."""
    document |= {"dtype": dtype, "inputs": [[0.1, 0.1], [0.1, 0.1]]}

    assert tenth == from_document(document).inputs[0, 0]


def test_no_samples(path: Path) -> None:
    """A sum over no samples is a problem with inputs of shape (0, l_0)."""
    problem = Problem(Network([Layer(np.ones((3, 2)))]), np.ones((0, 2)), np.ones((0, 3)),
                      reduction="sum")  # fmt: skip

    save(problem, path)

    assert load(path).inputs.shape == (0, 2)
    assert load(path).targets.shape == (0, 3)


def test_one_sample_becomes_a_row() -> None:
    """A sample given as vectors is written, and comes back, as one row."""
    problem = Problem(Network([Layer([[1.0, 2.0]])]), [3.0, 4.0], [5.0])

    assert to_document(problem)["inputs"] == [[3.0, 4.0]]
    assert not from_document(to_document(problem)).one_sample


def test_byte_order_mark(path: Path, document: dict[str, Any]) -> None:
    """A byte order mark, which some editors write, is no error."""
    path.write_text("\ufeff" + json.dumps(document), encoding="utf-8")

    assert load(path).network.widths == (2, 3, 1)


# ── bad files: every error at once, each with its path ──

Spoil = Callable[[dict[str, Any]], Any]
NUMBER = 'a number, or a hex string like "0x1.8p+1", is expected, found '
FINITE = (
    "every number must be finite, found inf or a number beyond float64, which ends at "
    "1.7976931348623157e+308"
)
ROWS = "a row of numbers (a matrix is a list of rows, [[...], ...]) is expected"


def put(place: str, value: Any) -> Spoil:
    """Writes the value at a place such as "layers 0 weights"."""
    *steps, last = [int(step) if step.isdigit() else step for step in place.split()]
    return lambda document: value_at(document, steps).__setitem__(last, value)


BAD: dict[str, tuple[Spoil, list[tuple[str, str]]]] = {
    "boolean": (
        put("layers 0 weights 0 1", True),
        [("layers[0].weights[0][1]", f"{NUMBER}true")],
    ),
    "null number": (put("layers 0 biases 2", None), [("layers[0].biases[2]", f"{NUMBER}null")]),
    "decimal string": (put("inputs 1 0", "0.5"), [("inputs[1][0]", f"{NUMBER}'0.5'")]),
    "nan string": (put("inputs 1 0", "nan"), [("inputs[1][0]", f"{NUMBER}'nan'")]),
    "nan": (put("inputs 1 0", math.nan), [("inputs[1][0]", "nan: every number must be finite")]),
    "inf": (put("inputs 1 0", -math.inf), [("inputs[1][0]", FINITE)]),
    "huge integer": (put("inputs 1 0", 10**400), [("inputs[1][0]", FINITE)]),
    "huge hex": (put("inputs 1 0", "0x1p+1024"), [("inputs[1][0]", FINITE)]),
    "nested number": (put("targets 0 0", [[1.0]]), [("targets[0][0]", f"{NUMBER}a list of 1")]),
    "vector as inputs": (
        put("inputs", [0.5, 2]),
        [("inputs[0]", f"{ROWS}, found 0.5"), ("inputs[1]", f"{ROWS}, found 2")],
    ),
    "matrix as biases": (
        put("layers 1 biases", [[1.0]]),
        [("layers[1].biases[0]", f"{NUMBER}a list of 1")],
    ),
    "ragged": (
        put("layers 1 weights", [[1, 2, 3], [1, 2], [1, 2, 3], []]),
        [
            ("layers[1].weights[3]", f"empty: {ROWS}, with at least one entry"),
        ],
    ),
    "ragged rows": (
        put("layers 1 weights", [[1, 2, 3], [1, 2], [1, 2, 3], [1]]),
        [
            ("layers[1].weights[1]", "the row has 2 entries, row 0 has 3"),
            ("layers[1].weights[3]", "the row has 1 entries, row 0 has 3"),
        ],
    ),
    "no layers": (
        put("layers", []),
        [("layers", "empty: a list of layers, [{...}, ...], is expected, with at least one entry")],
    ),
    "layer no object": (
        put("layers 1", "tanh"),
        [("layers[1]", "an object, {...}, is expected, found 'tanh'")],
    ),
    "unknown key": (
        put("layers 1 bias", [1.0]),
        [("layers[1].bias", "unknown key: did you mean 'biases'?")],
    ),
    "odd key": (
        put("input", {}),
        [("input", "unknown key: did you mean 'inputs'?")],
    ),
    "missing biases": (
        lambda document: document["layers"][1].pop("biases"),
        [("layers[1].biases", "missing; write null for none")],
    ),
    "missing loss": (lambda document: document.pop("loss"), [("loss", "missing")]),
    "activation": (
        put("layers 0 activation", "rellu"),
        [("layers[0].activation", "unknown activation 'rellu': did you mean 'relu'?")],
    ),
    "activation no name": (
        put("layers 0 activation", 3.0),
        [("layers[0].activation", "a name in quotes is expected, found 3")],
    ),
    "loss": (
        put("loss", "half_square_error"),
        [("loss", "unknown loss 'half_square_error': did you mean 'half_squared_error'?")],
    ),
    "dtype": (
        put("dtype", "flaot32"),
        [("dtype", "unknown dtype 'flaot32': did you mean 'float32'?")],
    ),
    "format": (
        put("format", "manual-backprop/problem/2"),
        [
            (
                "format",
                "unknown format 'manual-backprop/problem/2': did you mean "
                "'manual-backprop/problem/1'?",
            )
        ],
    ),
    "reduction": (
        put("reduction", "none"),
        [("reduction", "unknown reduction 'none': known are mean, sum")],
    ),
    "layer does not fit": (
        put("layers 1 weights", [[1, 2]]),
        [
            (
                "layers[1].weights",
                "the weights have shape (1, 2); layer 0 has 3 units, so (1, 3) fits",
            )
        ],
    ),
    "biases do not fit": (
        put("layers 1 biases", [1, 2]),
        [("layers[1].biases", "2 biases; the layer has 1 units")],
    ),
    "inputs do not fit": (
        put("inputs", [[1], [2]]),
        [("inputs", "rows of 1 entries; the weights of layer 0 have shape (3, 2), so 2 fit")],
    ),
    "targets do not fit": (
        put("targets", [[1, 2], [3, 4]]),
        [("targets", "rows of 2 entries; the last layer has 1 units")],
    ),
    "samples": (
        put("targets", [[1], [2], [3]]),
        [("targets", "3 rows; inputs has 2: one row of each a sample")],
    ),
    "no samples": (
        lambda document: document.update(inputs=[], targets=[]),
        [("inputs", 'the mean of no samples is undefined: give samples, or write "sum"')],
    ),
    "beyond the dtype": (
        lambda document: document.update(dtype="float16", inputs=[[65519, 65520], ["0x1p20", 0]]),
        [
            ("inputs[0][1]", "65520 is beyond float16, which ends at 65504.0"),
            ("inputs[1][0]", "'0x1p20' is beyond float16, which ends at 65504.0"),
        ],
    ),
    "sign": (
        lambda document: document.update(loss="hinge", targets=[[0.5], [0]]),
        [
            ("targets[0][0]", "0.5; hinge takes targets 1 or -1"),
            ("targets[1][0]", "0.0; hinge takes targets 1 or -1"),
        ],
    ),
    "distribution": (
        lambda document: document.update(loss="softmax_cross_entropy", targets=[[0.75], [-1]]),
        [
            (
                "targets[1][0]",
                "-1.0; softmax_cross_entropy takes targets ≥ 0 whose rows sum to 1 exactly, "
                "as k/2ⁿ entries can",
            ),
            (
                "targets[0]",
                "the row sums to 0.75, -0.25 off; softmax_cross_entropy takes targets ≥ 0 whose "
                "rows sum to 1 exactly, as k/2ⁿ entries can",
            ),
        ],
    ),
    "unit interval": (
        lambda document: document.update(
            loss="binary_cross_entropy_with_logits", targets=[[1], [1.5]]
        ),
        [("targets[1][0]", "1.5; binary_cross_entropy_with_logits takes targets in [0, 1]")],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_document(name: str, document: dict[str, Any]) -> None:
    """Each mistake is reported at its path, in words that say what fits, and nothing else is."""
    spoil, expected = BAD[name]
    spoil(document)

    with pytest.raises(ProblemFileError) as caught:
        from_document(document)

    assert expected == caught.value.errors


def test_every_error_at_once(document: dict[str, Any]) -> None:
    """Errors of structure do not hide those of shape, range and domain in other parts."""
    mistakes = [
        "missing loss", "activation", "boolean", "biases do not fit", "samples", "unknown key"
    ]  # fmt: skip
    for name in mistakes:
        BAD[name][0](document)

    with pytest.raises(ProblemFileError) as caught:
        from_document(document)

    expected = [error for name in mistakes for error in BAD[name][1]]
    assert sorted(expected) == sorted(caught.value.errors)


def test_message_is_cut(document: dict[str, Any]) -> None:
    """The message prints twenty errors and counts the rest; the list has them all."""
    document["inputs"] = [["x"] * 25]

    with pytest.raises(ProblemFileError) as caught:
        from_document(document)
    lines = str(caught.value).splitlines()

    assert len(caught.value.errors) == 25
    assert ["document: 25 errors", f"  inputs[0][0]: {NUMBER}'x'"] == lines[:2]
    assert lines[21:] == ["  … and 5 more"]


def test_error_travels(document: dict[str, Any]) -> None:
    """The error survives pickling, as between the processes of a test run."""
    with pytest.raises(ProblemFileError) as caught:
        from_document(document | {"loss": None})

    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value)))


NOT_JSON = {
    "empty": (b"", "the file is empty: a problem file is a JSON object"),
    "blank": (b" \n\n", "the file is empty: a problem file is a JSON object"),
    "UTF-16": (b"\xff\xfe{\x00", "not UTF-8: byte 0xff in line 1"),
    "Latin-1": (b'{"format":\n "\xe9"}', "not UTF-8: byte 0xe9 in line 2"),
    "no comma": (b'{"a": 1\n "b": 2}', "not JSON: line 2, column 2: Expecting ',' delimiter"),
    "cut off": (b'{"layers": [[1.0, 2', "not JSON: line 1, column 20: Expecting ',' delimiter"),
    "list": (b"[]", "an object, {...}, is expected, found a list of 0"),
    "number": (b"1", "an object, {...}, is expected, found 1"),
    "deep lists": (b"[" * 10**5, "nested too deeply: a problem file has 4 levels"),
    "deep objects": (b'{"a":' * 10**5, "nested too deeply: a problem file has 4 levels"),
    "surrogate": (
        b'{"\\ud800": 1}',
        "a name with half of a surrogate pair, \\ud800 say, is no Unicode text",
    ),
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_not_a_document(name: str, path: Path) -> None:
    """What is no JSON object is reported in one line, with file, line and column."""
    content, message = NOT_JSON[name]
    path.write_bytes(content)

    with pytest.raises(ProblemFileError) as caught:
        load(path)

    assert f"{path}: {message}" == str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file and a folder are reported as such."""
    for where, reason in [
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "absent.json", "cannot be read: No such file or directory"),
    ]:
        with pytest.raises(ProblemFileError) as caught:
            load(where)

        assert [("", reason)] == caught.value.errors


def test_literals_beyond_json(path: Path, document: dict[str, Any]) -> None:
    """NaN, Infinity, 1e400 and ten thousand digits are read, and reported at their places."""
    literals = ["NaN", "-Infinity", "1e400", "9" * 10_000]
    document["inputs"] = [["a", "b"], ["c", "d"]]
    text = json.dumps(document)
    for letter, literal in zip("abcd", literals, strict=True):
        text = text.replace(f'"{letter}"', literal)
    path.write_text(text)

    with pytest.raises(ProblemFileError) as caught:
        load(path)

    places = ["inputs[0][0]", "inputs[0][1]", "inputs[1][0]", "inputs[1][1]"]
    messages = ["nan: every number must be finite", FINITE, FINITE, FINITE]
    assert list(zip(places, messages, strict=True)) == caught.value.errors


def test_repeated_keys(path: Path, document: dict[str, Any]) -> None:
    """A key that comes twice is an error, beside all others, in place of a silent choice."""
    document["reduction"] = "men"
    text = json.dumps(document).replace('"weights"', '"weights": [[1.0]], "weights"')
    path.write_text(text.replace('"loss"', '"loss": "huber", "loss"'))

    with pytest.raises(ProblemFileError) as caught:
        load(path)

    repeated = "the key is repeated: which of the two is meant?"
    assert [
        ("loss", repeated),
        ("layers[0].weights", repeated),
        ("layers[1].weights", repeated),
        ("reduction", "unknown reduction 'men': did you mean 'mean'?"),
    ] == caught.value.errors


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.just(10**400)
    | st.text(max_size=5)
    | st.sampled_from([*LOSSES, *ACTIVATIONS, "sum", "float16", "bfloat16", "0x1p+1"]),
    lambda children: (
        st.lists(children, max_size=3)
        | st.lists(st.lists(st.floats(-2, 2), min_size=1, max_size=3), max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.just("weights"), children, max_size=2)
    ),
    max_leaves=8,
)


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document, the top aside."""
    pairs = enumerate(value) if isinstance(value, list) else ()
    for step, each in value.items() if isinstance(value, dict) else pairs:
        yield (*at, step)
        yield from places(each, (*at, step))


@st.composite
def spoilt_documents(draw: st.DrawFn) -> Any:
    """A document with junk in a few places."""
    document = to_document(Problem.random((2, 3, 1), seed=1, samples=2))
    for _ in range(draw(st.integers(0, 3))):
        *above, last = draw(st.sampled_from(sorted(places(document), key=str)))
        value_at(document, above)[last] = draw(JUNK)
        assume(document)
    return document


@unhurried
@given(spoilt_documents() | JUNK)
def test_nothing_but_problem_file_errors(document: Any) -> None:
    """Whatever JSON holds, it is a problem, or a ProblemFileError that could be printed."""
    original = copy.deepcopy(document)

    try:
        message = str(from_document(document))
    except ProblemFileError as error:
        message = str(error)

    assert message.encode()
    assert repr(original) == repr(document)


# ── the published schema ──


def test_schema_is_up_to_date() -> None:
    """The published schema is the one that the model makes.

    To renew it: python -c 'import json; from manual_backprop.files import problem_schema;
    print(json.dumps(problem_schema(), indent=2, ensure_ascii=False))' > problem.schema.json
    """
    assert json.loads(SCHEMA.read_text("utf-8")) == problem_schema()


STRUCTURAL = ["boolean", "null number", "decimal string", "nan string", "nested number",
              "vector as inputs", "matrix as biases", "ragged", "no layers", "layer no object",
              "unknown key", "missing biases", "activation", "activation no name", "loss", "dtype",
              "format", "reduction"]  # fmt: skip


@pytest.mark.parametrize("name", STRUCTURAL)
def test_schema_refuses(name: str, document: dict[str, Any]) -> None:
    """A JSON Schema validator refuses each mistake in keys, types and names."""
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(problem_schema())
    validator.check_schema(problem_schema())
    assert validator.is_valid(document)

    BAD[name][0](document)

    assert not validator.is_valid(document)


@unhurried
@given(document=spoilt_documents())
def test_schema_agrees_with_reader(document: Any) -> None:
    """Schema and reader draw the same line around good structure, finiteness aside."""
    jsonschema = pytest.importorskip("jsonschema")
    errors = [message for _, message in structure_errors(document)]
    assume(not any("must be finite" in message for message in errors))

    assert jsonschema.Draft202012Validator(problem_schema()).is_valid(document) == (not errors)


# ── what a file cannot say ──

LINEAR = Network([Layer([[1.0]])])
CUBE = Activation("cube", lambda p: p**3, lambda p: 3 * p**2)
OWN_TANH = Activation("tanh", lambda p: p, np.ones_like)
OWN_LOSS = Loss("mine", lambda x, y: np.sum(x, axis=-1), lambda x, y: np.ones_like(x))
TAIL = "is not the catalogue's: a problem file has names only, those of the catalogue"


@pytest.mark.parametrize(
    ("problem", "dtype", "message"),
    [
        (
            Problem(Network([Layer([[Fraction(1)]])]), [Fraction(1)], [Fraction(1)]),
            None,
            "the problem holds exact rationals: a problem file holds float16, bfloat16, float32 "
            "or float64; convert its arrays first, array.astype(float) makes float64",
        ),
        (
            Problem(Network([Layer([[1.0]], None, CUBE)]), [1.0], [1.0]),
            None,
            f"activation 'cube' of layer 0 {TAIL}",
        ),
        (
            Problem(Network([Layer([[1.0]], None, OWN_TANH)]), [1.0], [1.0]),
            None,
            f"activation 'tanh' of layer 0 {TAIL}",
        ),
        (Problem(LINEAR, [1.0], [1.0], OWN_LOSS), None, f"loss 'mine' {TAIL}"),
        (
            Problem(LINEAR, [1.0], [1.0]),
            "bfloat16",
            "dtype 'bfloat16' for a problem of float64: 'float64' fits",
        ),
        (
            Problem.random((1, 1), dtype=np.float32),
            "float64",
            "dtype 'float64' for a problem of float32: 'float32', or 'bfloat16' if all its "
            "numbers are, fits",
        ),
        (
            Problem(Network([Layer(np.array([[0.1]], "f"))]), np.ones(1, "f"), np.ones(1, "f")),
            "bfloat16",
            "layers[0].weights[0][0]: 0.10000000149011612 is no bfloat16, 0.10009765625 is the "
            'nearest: round the problem first, or save it as "float32"',
        ),
    ],
)
def test_unsayable(problem: Problem, dtype: str | None, message: str, tmp_path: Path) -> None:
    """A problem that a file cannot hold as it is, is an error, and no file appears."""
    with pytest.raises(ValueError, match=r"problem|layer|loss") as caught:
        save(problem, tmp_path / "problem.json", dtype)

    assert message == str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(np.longdouble(0).itemsize == 8, reason="longdouble is float64 here")
def test_longdouble_is_unsayable() -> None:
    """A longdouble problem is an error that offers float64."""
    problem = Problem.random((1, 1), dtype=np.longdouble)

    with pytest.raises(ValueError, match="makes float64"):
        to_document(problem)


# ── on disk ──


def test_layout(path: Path) -> None:
    """One row of a matrix per line, a newline at the end: a change of one row is a diff of one."""
    save(Problem.random((2, 3, 1), seed=1, samples=2), path)
    lines = path.read_text().splitlines()

    one_row = Problem.random((2, 3, 1), seed=1, samples=2)
    inputs = one_row.inputs.copy()
    inputs[1] = [7.0, 8.0]
    save(Problem(one_row.network, inputs, one_row.targets), path)
    changed = path.read_text().splitlines()

    assert [new for old, new in zip(lines, changed, strict=True) if old != new] == [
        "    [7.0, 8.0]"
    ]
    assert path.read_text().endswith("}\n")


def test_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing fails half way, the old file is whole and no other is left behind."""
    path = tmp_path / "problem.json"
    save(Problem.random((1, 1)), path)
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        save(Problem.random((2, 1)), path)

    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of POSIX")
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    """A file keeps its permissions when it is replaced, and a link still points to it."""
    path, link = tmp_path / "problem.json", tmp_path / "link.json"
    save(Problem.random((1, 1)), path)
    path.chmod(0o640)
    link.symlink_to(path)

    save(Problem.random((2, 1)), link)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert load(path).network.widths == (2, 1)


def test_save_where_it_cannot(tmp_path: Path) -> None:
    """A folder, and a file in no folder, are errors of the system that name the path."""
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        save(Problem.random((1, 1)), tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no such folder: '.*absent'"):
        save(Problem.random((1, 1)), tmp_path / "absent" / "problem.json")


def test_without_pydantic(tmp_path: Path) -> None:
    """A base install imports and saves; reading says what is missing and how to get it."""
    program = """
import sys
from manual_backprop import Problem, files
assert not any(name.startswith("pydantic") for name in sys.modules)
sys.modules["pydantic"] = None
files.save(Problem.random((2, 1)), sys.argv[1])
try:
    files.load(sys.argv[1])
except ImportError as error:
    print(error)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "problem.json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    expected = (
        "checking a problem file needs pydantic, which is not installed: "
        'pip install "manual-backprop[conformance]"\n'
    )
    assert expected == run.stdout


def test_large_file(path: Path) -> None:
    """A file of megabytes is read, and an error deep inside it is found."""
    document = to_document(Problem.random((300, 300, 1), samples=100))
    document["layers"][0]["weights"][299][299] = None
    path.write_text(json.dumps(document))

    with pytest.raises(ProblemFileError) as caught:
        load(path)

    assert path.stat().st_size > 2_000_000
    assert [("layers[0].weights[299][299]", f"{NUMBER}null")] == caught.value.errors


@unhurried
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_hex_string(value: float) -> None:
    """The hex string of every float64 is read as that float64."""
    assert value.hex() == number(value.hex()).hex()
