"""Problem files: a network, its samples and a loss as JSON, checked before anything runs on them.

    {"format": "manual-backprop/problem/1", "dtype": "float64",
     "layers": [{"weights": [[...]], "biases": [...] or null, "activation": "tanh"}, ...],
     "loss": "half_squared_error", "reduction": "mean", "inputs": [[...]], "targets": [[...]]}

Every key is required and no other is allowed; `problem.schema.json` beside this file says the same
as JSON Schema. A number is a JSON number or a C99 hex string, "0x1.8p+1". It is read as the nearest
float64 and then rounded to the nearest number of the file's dtype, ties to even: 0.1 in a float32
file is the float32 nearest to it, as whoever typed it expects. What `save` writes reads back to the
same bits. bfloat16 numbers travel in float32 arrays; `read` says which of the two the file names.
"""

from manual_backprop.files.document import (
    ProblemFile,
    from_document,
    problem_schema,
    to_document,
)
from manual_backprop.files.errors import ProblemFileError
from manual_backprop.files.text import load, read, save

__all__ = [
    "ProblemFile",
    "ProblemFileError",
    "from_document",
    "load",
    "problem_schema",
    "read",
    "save",
    "to_document",
]
