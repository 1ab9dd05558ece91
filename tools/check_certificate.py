#!/usr/bin/env python3
"""Verify a gradient certificate anew, with the standard library and python-flint alone.

    python check_certificate.py CERTIFICATE.json

Exit status: 0 "verified: …"; 1 with the first thing that does not hold; 2 not a certificate.

What a certificate says is in manual_backprop/oracle/certificate_document.py. Here the gradient is
derived once more, sample by sample, on balls of twice the bits and 64 more, and each ball has to
lie inside the one claimed. Every number of the problem is a power series θ + t·v on the way, v at
random: the objective's coefficient of t, which knows no chain rule, has to agree with ⟨∇L, v⟩.
"""

import hashlib
import json
import math
import struct
import sys
from functools import reduce
from random import Random

from flint import arb, arb_series, ctx

FORMAT = "manual-backprop/certificate/1"
KEYS = {"format", "problem", "bits", "cap", "reached", "enclosure"}
DTYPES = {"float16": "e", "float32": "f", "float64": "d"}  # as `struct` calls them
KINDS = ("wrong", "not_finite", "conforms", "undecided")  # the first that occurs is the whole's

# ── the definitions, of power series ──


def piecewise(*pieces):
    """A function by its formulas and the breakpoints between them; there, the hull of both."""
    formulas, breakpoints = pieces[::2], pieces[1::2]

    def function(z):
        first = sum(bool(z[0] > at) for at in breakpoints)
        last = sum(not z[0] < at for at in breakpoints)
        touched = [formula(z) for formula in formulas[first : last + 1]]
        return arb_series([reduce(arb.union, [each[k] for each in touched]) for k in (0, 1)], 2)

    return function


ALPHA, LAMBDA = "1.6732632423543772848170429916717", "1.0507009873554804934193349852946"
ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: 1 - 2 / ((2 * z).exp() + 1),
    "relu": piecewise(lambda z: 0 * z, 0, lambda z: z),
    "leaky_relu": piecewise(lambda z: z / 100, 0, lambda z: z),
    "elu": piecewise(lambda z: z.exp() - 1, 0, lambda z: z),
    "celu": piecewise(lambda z: z.exp() - 1, 0, lambda z: z),
    "selu": piecewise(
        lambda z: arb(LAMBDA) * arb(ALPHA) * (z.exp() - 1), 0, lambda z: arb(LAMBDA) * z
    ),
    "softplus": lambda z: (1 + z.exp()).log(),
    "log_sigmoid": lambda z: -(1 + (-z).exp()).log(),
    "gelu": lambda z: z * (1 + (z / arb(2).sqrt()).erf()) / 2,
    "gelu_tanh": lambda z: z / (1 + (-(8 / arb.pi()).sqrt() * (z + 44715 * z**3 / 10**6)).exp()),
    "silu": lambda z: z / (1 + (-z).exp()),
    "mish": lambda z: z * (1 - 2 / ((1 + z.exp()) ** 2 + 1)),
    "softsign": piecewise(lambda z: z / (1 - z), 0, lambda z: z / (1 + z)),
    "tanhshrink": lambda z: z - 1 + 2 / ((2 * z).exp() + 1),
    "softshrink": piecewise(lambda z: z + 0.5, -0.5, lambda z: 0 * z, 0.5, lambda z: z - 0.5),
    "hardtanh": piecewise(lambda z: 0 * z - 1, -1, lambda z: z, 1, lambda z: 0 * z + 1),
    "relu6": piecewise(lambda z: 0 * z, 0, lambda z: z, 6, lambda z: 0 * z + 6),
    "hard_sigmoid": piecewise(lambda z: 0 * z, -3, lambda z: (z + 3) / 6, 3, lambda z: 0 * z + 1),
    "hard_swish": piecewise(lambda z: 0 * z, -3, lambda z: z * (z + 3) / 6, 3, lambda z: z),
    "abs": piecewise(lambda z: -z, 0, lambda z: z),
    "square": lambda z: z**2,
    "exp": lambda z: z.exp(),
    "sin": lambda z: z.sin(),
    "squareplus": lambda z: (z + (z**2 + 4).sqrt()) / 2,
}
HUBER = piecewise(lambda t: -t - 0.5, -1, lambda t: t**2 / 2, 1, lambda t: t - 0.5)
LOSSES = {  # of one output and its target
    "half_squared_error": lambda x, y: (x - y) ** 2 / 2,
    "squared_error": lambda x, y: (x - y) ** 2,
    "absolute_error": lambda x, y: ACTIVATIONS["abs"](x - y),
    "huber": lambda x, y: HUBER(x - y),
    "log_cosh": lambda x, y: (((x - y).exp() + (y - x).exp()) / 2).log(),
    "binary_cross_entropy_with_logits": lambda x, y: (1 + x.exp()).log() - y * x,
    "poisson": lambda x, y: x.exp() - y * x,
    "hinge": lambda x, y: ACTIVATIONS["relu"](1 - y * x),
    "identity_sum": lambda x, y: x,
}


def loss(name, x, y):
    """What outputs x with targets y of one sample add to the objective."""
    if name == "softmax_cross_entropy":  # the one that couples them
        return sum(y) * sum(z.exp() for z in x).log() - dot(y, x)
    return sum(map(LOSSES[name], x, y))


# ── the gradient, twice ──


def derive(problem):
    """L and ∇L by name; then ⟨∇L, v⟩ of that ∇L, and of the power series of L along θ + t·v."""
    draw, dtype = Random(0).randint, problem["dtype"]

    def moving(row):
        return [arb_series([floating(text, dtype), draw(1, 8)], 2) for text in row]

    layers, X = problem["layers"], [moving(row) for row in problem["inputs"]]
    W = [[moving(row) for row in layer["weights"]] for layer in layers]
    b = [layer["biases"] and moving(layer["biases"]) for layer in layers]
    f = [ACTIVATIONS[layer["activation"]] for layer in layers]
    found, rate, divisor = {}, 0, {"mean": len(X), "sum": 1}[problem["reduction"]]
    sys.setrecursionlimit(len(layers) + 10**4)
    for s, (x, targets) in enumerate(zip(X, problem["targets"], strict=True)):
        y = [arb(floating(text, dtype)) for text, _ in zip(targets, W[-1], strict=True)]
        L, x_bar, dW, db = backprop([*zip(W, b, f, strict=True)], x, problem["loss"], y)
        parts = {"loss": L[0], "weights": dW, "biases": db, "inputs": [None] * s + [x_bar]}
        for name, ball in entries(parts).items():
            found[name] = found.get(name, 0) + ball
        rate += L[1]
    found = {name: ball / divisor for name, ball in found.items()}
    v = entries({"weights": W, "biases": b, "inputs": X})
    return found, sum(found[name] * z[1] for name, z in v.items()), rate / divisor


def backprop(layers, x, name, y):
    """L, ∂L/∂x, ∂L/∂W and ∂L/∂b of one sample, as one recursion on the layers: (5.5)."""
    if not layers:
        return expand(loss, name, x, y), loss_gradient(name, x, y), [], []
    (W, b, f), *rest = layers
    p = [dot(row, x) + bias for row, bias in zip(W, b or [0] * len(W), strict=True)]
    L, x_bar, dW, db = backprop(rest, [expand(f, z) for z in p], name, y)
    delta = [expand(f, alone(z))[1] * bar for z, bar in zip(p, x_bar, strict=True)]
    x_bar = [dot(delta, [w[0] for w in column]) for column in zip(*W, strict=True)]
    return L, x_bar, [[[d * z[0] for z in x] for d in delta], *dW], [b and delta, *db]


def loss_gradient(name, x, y):
    """∂L/∂x of one sample, an output at a time."""
    if name in LOSSES:
        return [expand(LOSSES[name], alone(z), each)[1] for z, each in zip(x, y, strict=True)]
    rest = [z[0] for z in x]
    moved = [[*rest[:i], alone(z), *rest[i + 1 :]] for i, z in enumerate(x)]
    return [expand(loss, name, each, y)[1] for each in moved]


def alone(z):
    """The constant term of z, moved by t."""
    return arb_series([z[0], 1], 2)


def expand(f, *arguments):
    """A power series; of nothing known, where it divides by what may be 0."""
    try:
        return f(*arguments)
    except (ValueError, ZeroDivisionError):  # flint's words for that
        return arb_series([arb(0, math.inf), arb(0, math.inf)], 2)


def dot(a, b):
    """Σ a_i b_i."""
    return sum(x * y for x, y in zip(a, b, strict=True))


# ── the document ──


def require(holds, what):
    """Go on only if it does."""
    if not holds:
        sys.exit(f"does not hold: {what}")


def floating(text, dtype="float64"):
    """The number, written as Python writes one of that dtype."""
    value = float.fromhex(text)
    (stored,) = struct.unpack(DTYPES[dtype], struct.pack(DTYPES[dtype], value))
    require(stored.hex() == text, f"{text} is no {dtype}")
    return value


def exact(text, bits):
    """m·2^e, written 0x…p…, m of so many bits at most."""
    mantissa, exponent = text.split("p")
    m, e = int(mantissa, 16), int(exponent)
    fits = f"{m:#x}p{e:+d}" == text and m.bit_length() <= bits
    require(fits, f"{text} is no number of {bits} bits")
    return arb((m, e))


def entries(parts):
    """Every entry of nested lists by its name, as in "weights[0][1][2]"; None has none."""
    require(parts.keys() <= {"loss", "weights", "biases", "inputs"}, "there are other arrays")
    found, todo = {}, list(parts.items())
    for name, value in todo:  # which grows meanwhile
        if isinstance(value, list):
            todo += [(f"{name}[{i}]", each) for i, each in enumerate(value)]
        elif value is not None:
            found[name] = value
    return found


def check_enclosure(said, claimed, found):
    """Every ball found lies in the one claimed, and how narrow these are is said truly."""
    wide = []
    for name, text in claimed.items():
        midpoint, radius = text.split(" +/- ")
        m, r = exact(midpoint, said["bits"]), arb(math.inf)
        if radius != "inf":  # which claims nothing
            r = exact(radius, 30)
            require(abs(found[name] - m) <= r, f"{name} is {found[name].str(17)}, not as claimed")
        if not r <= max(abs(m) * 2**-73, arb((1, -1094))):  # so within 2^-20 ulp of float64
            wide.append(r <= 2 * found[name].rad() < math.inf)
    at_cap = said["bits"] >= said["cap"]
    reached = {"precision": not wide, "hull": wide and all(wide), "cap": wide and at_cap}
    require(reached[said["reached"]], f"{said['reached']} was not reached")
    return f"{len(claimed)} entries, {len(claimed) - len(wide)} within 2^-20 ulp of float64"


def check_verdict(verdict, claimed, found):
    """Every set holds the truth, and every verdict is what candidate, set and truth make it."""
    given, sets, kinds = (entries(verdict[part]) for part in ("candidate", "allowed", "kinds"))
    names = {name for name in found if name.startswith(("weights", "biases"))}
    require(given.keys() == sets.keys() == kinds.keys() == names, "the verdict has other entries")
    for name, kind in kinds.items():
        c, m, r = map(floating, [given[name], *sets[name].split(" +/- ")])
        truth = arb(found[name].mid(), found[name].rad() * (1 - 2**-16))  # Arb rounds radii up
        require(r == math.inf or abs(truth - m) <= r, f"{name}, in truth, is {truth.str(17)}")
        truly = kind_of(c, m, r, zero=claimed[name] == "0x0p+0 +/- 0x0p+0")
        require(kind == truly, f"{name} is {truly}, not {kind}")
    worst = next(each for each in KINDS if each in kinds.values())
    require(verdict["kind"] == worst, f"the verdict is {worst}, not {verdict['kind']}")
    says = f"{verdict['order']}, {verdict['dtype']} (u = "
    require(verdict["class"].startswith(says), f"the class is {says}…, not {verdict['class']}")
    return f"; {worst}: {verdict['class']}"


def kind_of(c, m, r, zero):
    """The verdict on c for the set m ± r, in float64 as `judge` has it; zero: the truth is 0."""
    surely = 1 - 2**-51
    if r == math.inf or not math.isfinite(c):
        return "undecided" if r == math.inf else "not_finite"
    if abs(c - m) * surely > r:
        return "wrong"
    return "undecided" if abs(m) * surely <= r and r > 0 and not zero else "conforms"


def verify(document):
    """What was verified, in words."""
    said = {key: each for key, each in document.items() if key != "digest"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")
    require(hashlib.sha256(text).hexdigest() == document["digest"], "the digest is another")
    require(said.keys() - {"verdict"} == KEYS, "the keys are others")
    if said["format"] != FORMAT or not 2 <= said["bits"] <= 10**6:
        raise ValueError("another format, or a precision beyond a million bits")
    ctx.prec = 2 * said["bits"] + 64
    found, product, rate = derive(said["problem"])
    require(product.overlaps(rate), f"⟨∇L, v⟩ is {product.str(17)}, by power series {rate.str(17)}")
    claimed = entries(said["enclosure"])
    require(found.keys() == claimed.keys(), "the enclosure has not the entries of the problem")
    words = check_enclosure(said, claimed, found)
    return words + check_verdict(said["verdict"], claimed, found) if "verdict" in said else words


def unique(pairs):
    """An object of the document, no key of it twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is repeated")
    return dict(pairs)


if __name__ == "__main__":
    try:
        [path] = sys.argv[1:]
        with open(path, encoding="utf-8") as file:
            print("verified:", verify(json.load(file, object_pairs_hook=unique)))
    except Exception as error:
        print(f"not a certificate: {type(error).__name__}: {error}"[:500], file=sys.stderr)
        sys.exit(2)
