"""The structure of a problem file as a pydantic model; the published JSON Schema is made from it.

This module alone imports pydantic. It knows keys, types and names; whether shapes fit each other is
the subject of `parts` and `consistency`, which say it of whatever is sound, broken places aside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails
from pydantic_core.core_schema import no_info_after_validator_function
from typing_extensions import TypeAliasType

from manual_backprop.activations import ACTIVATIONS
from manual_backprop.files.errors import Error, Place, shown
from manual_backprop.files.vocabulary import DTYPES, FORMAT, HEX, number
from manual_backprop.losses import LOSSES
from manual_backprop.names import nearest


@dataclass(frozen=True)
class OneOf:
    """Marks a string that must be one of some names.

    Attributes:
        kind: what the names are, for the message.
        names: the names.
    """

    kind: str
    names: tuple[str, ...]

    def known(self, name: str) -> str:
        """The name itself; ValueError, which offers the nearest, if it is none of them."""
        if name not in self.names:
            likely = nearest(name[:60], list(self.names))
            raise ValueError(f"unknown {self.kind} {shown(name)}: {likely}")
        return name

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_after_validator_function(self.known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": list(self.names)}


Number = TypeAliasType(
    "Number",
    Annotated[
        float,
        PlainValidator(number),
        WithJsonSchema(
            {
                "description": "A finite number, or a C99 hex string.",
                "anyOf": [{"type": "number"}, {"type": "string", "pattern": HEX}],
            }
        ),
    ],
)
Row = TypeAliasType("Row", Annotated[list[Number], Field(min_length=1)])
_STRICT = ConfigDict(extra="forbid", strict=True)


class LayerModel(BaseModel):
    """x ↦ f(W x + b)."""

    model_config = ConfigDict(**_STRICT, title="Layer")

    weights: Annotated[list[Row], Field(min_length=1, description="W, n_out rows of n_in numbers")]
    biases: Annotated[Row | None, Field(description="b, n_out numbers, or null for none")]
    activation: Annotated[str, OneOf("activation", tuple(ACTIVATIONS)), Field(description="f")]


class ProblemModel(BaseModel):
    """A network, its samples, and a loss summed or averaged over them."""

    model_config = ConfigDict(**_STRICT, title=FORMAT)

    format: Annotated[str, OneOf("format", (FORMAT,))]
    dtype: Annotated[
        str,
        OneOf("dtype", tuple(DTYPES)),
        Field(description="each number is rounded to the nearest of this dtype, ties to even"),
    ]
    layers: Annotated[list[LayerModel], Field(min_length=1, description="first to last")]
    loss: Annotated[str, OneOf("loss", tuple(LOSSES))]
    reduction: Annotated[
        str, OneOf("reduction", ("mean", "sum")), Field(description="over samples")
    ]
    inputs: Annotated[list[Row], Field(description="X, one row a sample")]
    targets: Annotated[list[Row], Field(description="Y, one row a sample")]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of problem files."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return dialect | ProblemModel.model_json_schema()


def structure_errors(document: Any) -> Iterable[Error]:
    """Each key, type and name of the document that is wrong.

    >>> list(structure_errors([]))
    [((), 'an object, {...}, is expected, found a list of 0')]
    """
    try:
        ProblemModel.model_validate(document)
    except ValidationError as error:
        return [(each["loc"], _message(each)) for each in error.errors(include_url=False)]
    return []


def _message(error: ErrorDetails) -> str:
    """The error in the words of this project; pydantic's own where it has no better."""
    place = error["loc"]
    match error["type"]:
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            return "missing; write null for none" if place[-1] == "biases" else "missing"
        case "extra_forbidden":
            fields = (ProblemModel if len(place) == 1 else LayerModel).model_fields
            return f"unknown key: {nearest(str(place[-1])[:60], list(fields))}"
        case "too_short":
            return f"empty: {_expected(place)} is expected, with at least one entry"
        case "model_type" | "list_type" | "string_type":
            return f"{_expected(place)} is expected, found {shown(error['input'])}"
        case "string_unicode":
            return "a name with half of a surrogate pair, \\ud800 say, is no Unicode text"
    return error["msg"]


def _expected(place: Place) -> str:
    """What the format has at a place that is not a number."""
    if not place or place[:-1] == ("layers",):
        return "an object, {...},"
    if isinstance(place[-1], int):
        return "a row of numbers (a matrix is a list of rows, [[...], ...])"
    return {
        "layers": "a list of layers, [{...}, ...],",
        "biases": "a list of numbers, or null,",
        "weights": "a list of rows, [[...], ...],",
        "inputs": "a list of rows, [[...], ...],",
        "targets": "a list of rows, [[...], ...],",
    }.get(str(place[-1]), "a name in quotes")
