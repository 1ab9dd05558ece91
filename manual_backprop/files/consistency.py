"""Do the parts of a problem file fit each other? Said of all of them at once.

The core raises at the first thing that does not fit, which is right for a call; whoever wrote a
file wants the whole list. So these checks come before the core's, and the core's still follow.
"""

from __future__ import annotations

from collections.abc import Iterator

from manual_backprop.files.errors import Error
from manual_backprop.files.parts import Parts
from manual_backprop.losses import target_faults


def disagreements(parts: Parts) -> Iterator[Error]:
    """Each sound part that does not fit another sound part."""
    for k in range(parts.depth):
        yield from _layer_errors(parts, k)
    yield from _width_errors(parts)
    yield from _sample_errors(parts)
    targets = parts.arrays.get(("targets",))
    if targets is not None and targets.size and parts.loss:
        for place, message in target_faults(targets, parts.loss):
            yield ("targets", *place), message


def _layer_errors(parts: Parts, k: int) -> Iterator[Error]:
    """W_k against the layer before, b^(k) against W_k."""
    before, W, b = parts.weights(k - 1), parts.weights(k), parts.biases(k)
    if W is not None and before is not None and W.shape[1] != len(before):
        message = (
            f"the weights have shape {W.shape}; layer {k - 1} has {len(before)} units, "
            f"so {(len(W), len(before))} fits"
        )
        yield ("layers", k, "weights"), message
    if W is not None and b is not None and len(b) != len(W):
        yield ("layers", k, "biases"), f"{len(b)} biases; the layer has {len(W)} units"


def _width_errors(parts: Parts) -> Iterator[Error]:
    """X against the first layer, Y against the last."""
    first, last = parts.weights(0), parts.weights(parts.depth - 1)
    X, Y = parts.arrays.get(("inputs",)), parts.arrays.get(("targets",))
    if X is not None and X.size and first is not None and X.shape[1] != first.shape[1]:
        takes = f"the weights of layer 0 have shape {first.shape}, so {first.shape[1]} fit"
        yield ("inputs",), f"rows of {X.shape[1]} entries; {takes}"
    if Y is not None and Y.size and last is not None and Y.shape[1] != len(last):
        yield ("targets",), f"rows of {Y.shape[1]} entries; the last layer has {len(last)} units"


def _sample_errors(parts: Parts) -> Iterator[Error]:
    """As many targets as inputs, and some to take the mean of."""
    X, Y = parts.arrays.get(("inputs",)), parts.arrays.get(("targets",))
    if X is not None and Y is not None and len(X) != len(Y):
        yield ("targets",), f"{len(Y)} rows; inputs has {len(X)}: one row of each a sample"
    if X is not None and len(X) == 0 and parts.reduction == "mean":
        yield ("inputs",), 'the mean of no samples is undefined: give samples, or write "sum"'
