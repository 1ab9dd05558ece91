"""Float formats: unit roundoff, range and ulp are those of the hardware's own types."""

from typing import Any

import numpy as np
import pytest

from manual_backprop.arithmetic.formats import FORMATS, Format, float_format

NATIVE = {"float16": np.float16, "float32": np.float32, "float64": np.float64}


@pytest.mark.parametrize(("name", "dtype"), NATIVE.items())
def test_constants_are_those_of_the_dtype(name: str, dtype: Any) -> None:
    """u is half the gap above 1, η the smallest normal number, Ω the largest finite one."""
    form, info = float_format(name), np.finfo(dtype)

    assert form.unit_roundoff == float(info.eps) / 2
    assert form.smallest_normal == float(info.smallest_normal)
    assert form.largest == float(info.max)


@pytest.mark.parametrize(("name", "dtype"), NATIVE.items())
def test_ulp_is_the_spacing_of_the_dtype(name: str, dtype: Any) -> None:
    """At every magnitude, subnormals and 0 included, the ulp is the distance to the next number."""
    info = np.finfo(dtype)
    sizes = np.exp2(np.arange(int(info.minexp) - int(info.nmant), int(info.maxexp) - 1, 3.0))
    values = np.concatenate([[0.0], sizes, sizes * 1.5, [float(info.smallest_normal)]])
    held = np.unique(values.astype(dtype))
    expected = np.spacing(held).astype(np.float64)

    assert np.array_equal(expected, float_format(name).ulp(held.astype(np.float64)))
    assert np.array_equal(expected, float_format(name).ulp(-held.astype(np.float64)))


def test_bfloat16_is_float32_cut_short() -> None:
    """bfloat16 has float32's range, up to the bits that it lacks, and 8 bits of significand."""
    short, full = float_format("bfloat16"), float_format("float32")

    assert short.unit_roundoff == 2.0**-8
    assert short.smallest_normal == full.smallest_normal
    assert short.largest == float.fromhex("0x1.fep127")


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_what_a_format_holds_is_what_a_cast_keeps(name: str) -> None:
    """A float64 is held if the cast to the dtype and back returns it, subnormals aside."""
    form, dtype = float_format(name), NATIVE[name]
    rng = np.random.default_rng(0)
    kept = rng.standard_normal(500).astype(dtype).astype(np.float64)
    last = form.largest
    values = np.concatenate([kept, kept * (1 + 2.0**-40), [0.0, last, -last, 2 * last, 1 / 3]])
    with np.errstate(over="ignore"):
        expected = values.astype(dtype).astype(np.float64) == values

    assert np.array_equal(expected, form.holds(values))


def shortens(form: Format) -> bool:
    """Whether matrix products of the format read fewer bits of their operands."""
    return form.operand_roundoff > 0


def test_formats_of_tensor_cores_shorten_their_operands() -> None:
    """The three with shorter operands accumulate in float32; the others shorten nothing."""
    expected = {"tf32": 2.0**-11, "bfloat16_operands": 2.0**-8, "float16_operands": 2.0**-11}

    assert expected == {
        form.name: form.operand_roundoff for form in filter(shortens, FORMATS.values())
    }
    for name in expected:
        assert float_format(name).unit_roundoff == float_format("float32").unit_roundoff
        assert float_format(name).largest == float_format("float32").largest


def test_operands_of_half_precision_have_its_range() -> None:
    """A float16 operand overflows and underflows as float16 does; tf32 has float32's range."""
    half, tf32 = float_format("float16_operands"), float_format("tf32")

    assert half.smallest_normal_operand == float_format("float16").smallest_normal
    assert half.largest_operand <= float_format("float16").largest < 2 * half.largest_operand
    assert tf32.smallest_normal_operand == float_format("float32").smallest_normal


def test_an_unknown_format_is_refused() -> None:
    """The message names the nearest format."""
    with pytest.raises(ValueError, match="no error bounds for dtype 'float23': did you mean 'flo"):
        float_format("float23")
