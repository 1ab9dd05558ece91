#!/usr/bin/env python3
"""Verify a gradient certificate anew, with the standard library and python-flint alone.

    python check_certificate.py CERTIFICATE.json

Exit status: 0 "verified: …"; 1 with the first thing that does not hold; 2 not a certificate.

The gradient is derived twice, by this file's own formulas and with more bits than the certificate:
backwards, every entry; and by power series through the forward pass alone, which knows no chain
rule, along unit directions (every entry of a small network, else a sample), a random direction and
the certificate's own. What is found must lie inside what is claimed; where that is exact, equal it.

At kinks with "hull" that is done for each combination of one-sided slopes, or 64 of them: a
gradient is affine in each slope, so a ball that holds the ends holds everything between.
"""
# ruff: noqa: D101, D102, D103, E731 - short, and its formulas in tables

import hashlib
import json
import random
import re
import struct
import sys
from fractions import Fraction
from itertools import islice, product, repeat
from math import inf, isfinite, prod
from operator import itemgetter, mul

from flint import arb, arb_mat, arb_series, ctx, fmpq

CORNERS, WORK = 64, 10**7  # combinations at kinks; units times bits, for power series


class Fails(Exception):
    """Something that the certificate says does not hold."""


def require(holds, what):
    if not holds:
        raise Fails(what)


# ── the definitions: pieces, with the breakpoints between them ──


def q(number):
    return arb(fmpq(*Fraction(number).as_integer_ratio()))


def s(z):  # the logistic function, 1 / (1 + exp(−z))
    return z.exp() / (1 + z.exp()) if z[0] < 0 else 1 / (1 + (-z).exp())


ALPHA, LAMBDA = "1.6732632423543772848170429916717", "1.0507009873554804934193349852946"
ZERO, SAME, EXPM1 = lambda z: 0 * z, lambda z: z, lambda z: z.exp() - 1
ACTIVATIONS = {
    "identity": (SAME,),
    "sigmoid": (s,),
    "tanh": (lambda z: 2 * s(2 * z) - 1,),
    "relu": (ZERO, 0, SAME),
    "leaky_relu": (lambda z: z * q("0.01"), 0, SAME),
    "elu": (EXPM1, 0, SAME),
    "celu": (EXPM1, 0, SAME),
    "selu": (lambda z: EXPM1(z) * q(LAMBDA) * q(ALPHA), 0, lambda z: z * q(LAMBDA)),
    "softplus": (lambda z: -s(-z).log(),),
    "log_sigmoid": (lambda z: s(z).log(),),
    "gelu": (lambda z: z * (z / -arb(2).sqrt()).erfc() / 2,),
    "gelu_tanh": (lambda z: z * s((z + z * z * z * q("0.044715")) * (8 / arb.pi()).sqrt()),),
    "silu": (lambda z: z * s(z),),
    "mish": (lambda z: z * (1 - s(-z) * s(-z)) / (1 + s(-z) * s(-z)),),
    "softsign": (lambda z: z / (1 - z), 0, lambda z: z / (1 + z)),
    "tanhshrink": (lambda z: z + 1 - 2 * s(2 * z),),
    "softshrink": (lambda z: z + q("0.5"), "-0.5", ZERO, "0.5", lambda z: z - q("0.5")),
    "hardtanh": (lambda z: 0 * z - 1, -1, SAME, 1, lambda z: 0 * z + 1),
    "relu6": (ZERO, 0, SAME, 6, lambda z: 0 * z + 6),
    "hard_sigmoid": (ZERO, -3, lambda z: (z + 3) / 6, 3, lambda z: 0 * z + 1),
    "hard_swish": (ZERO, -3, lambda z: (z * z + 3 * z) / 6, 3, SAME),
    "abs": (lambda z: -z, 0, SAME),
    "square": (lambda z: z * z,),
    "exp": (lambda z: z.exp(),),
    "sin": (lambda z: z.sin() if z[0].is_finite() else arb_series([arb(0, 1), arb(0, inf)], 2),),
    "squareplus": (lambda z: (z + (z * z + 4).sqrt()) / 2,),
}
DIFFERENCE, HALF_SQUARE = lambda x, y: x - y, lambda t, y: t * t / 2
TAIL, LOG_COSH = lambda t, y: t - q("0.5"), lambda t: t + ((1 + (-2 * t).exp()) / 2).log()
LOSSES = {  # t(x, y), then the pieces in t
    "half_squared_error": (DIFFERENCE, HALF_SQUARE),
    "squared_error": (DIFFERENCE, lambda t, y: t * t),
    "absolute_error": (DIFFERENCE, lambda t, y: -t, 0, lambda t, y: t),
    "huber": (DIFFERENCE, lambda t, y: TAIL(-t, y), -1, HALF_SQUARE, 1, TAIL),
    "log_cosh": (DIFFERENCE, lambda t, y: LOG_COSH(t if t[0] > 0 else -t)),
    "binary_cross_entropy_with_logits": (lambda x, y: x, lambda t, y: -s(-t).log() - y * t),
    "softmax_cross_entropy": None,  # couples the outputs: see Net.terms
    "poisson": (lambda x, y: x, lambda t, y: t.exp() - y * t),
    "hinge": (lambda x, y: 1 - y * x, lambda t, y: 0 * t, 0, lambda t, y: t),
    "identity_sum": (lambda x, y: x, lambda t, y: t),
}

# ── the gradient, twice ──


def union(balls):
    whole = balls[0]
    for ball in balls[1:]:
        whole = whole if whole.is_exact() and whole == ball else whole.union(ball)
    return whole


def shaped(like, values):
    return arb_mat(like.nrows(), like.ncols(), list(islice(values, like.nrows() * like.ncols())))


def series(x, dx):
    return [arb_series([*each], 2) for each in zip(x, dx, strict=True)]


class Net:
    def __init__(self, problem, kink):
        read = lambda rows: arb_mat([[number(x, problem["dtype"]) for x in row] for row in rows])
        layers = problem["layers"]
        self.f = [ACTIVATIONS[layer["activation"]] for layer in layers]
        self.W = [read(layer["weights"]) for layer in layers]
        self.b = [each and read([each]) for each in (layer["biases"] for layer in layers)]
        self.X, self.Y = read(problem["inputs"]), read(problem["targets"]).tolist()
        self.L, self.ones = LOSSES[problem["loss"]], arb_mat([[1]] * len(self.Y))
        self.divisor = {"mean": len(self.Y), "sum": 1}[problem["reduction"]]
        self.kink, self.near = kink, set()
        self.kinks, self.corner = {}, {}  # where: (exactly?, choices); where: choice

    def unit(self, pieces, at, z, where):
        """Value and slope of a piecewise function along the series z."""
        at, exact = [q(each) for each in at], z[0].is_exact()
        first, last = sum(bool(z[0] > a) for a in at), sum(not z[0] < a for a in at)
        sides = [piece(z) for piece in pieces[first : last + 1]]
        value, slopes = union([side[0] for side in sides]), [side[1] for side in sides]
        if len(slopes) > 1:
            self.near.add(where)
        if all(a.overlaps(b) for a in slopes for b in slopes):
            return value, union(slopes)
        hull, left, right = self.kink == "hull" or not exact, slopes[0], slopes[-1]
        self.kinks[where] = exact, len(slopes) if hull else 1
        if hull:
            return value, slopes[self.corner.get(where, 0)]
        zero = arb(0) if union(slopes).contains(arb(0)) else left
        one = {"left": left, "right": right, "mean": (left + right) / 2, "zero": zero}
        return value, one[self.kink]

    def affine(self, x, W, b):
        return x * W.transpose() + (x * 0 * W.transpose() if b is None else self.ones * b)

    def activate(self, k, p, dp):
        """Values and slopes of layer k's activation at p + t·dp."""
        f, n = self.f[k], p.ncols()
        z = enumerate(series(p.entries(), dp.entries()))
        units = [self.unit(f[::2], f[1::2], each, (k, *divmod(i, n))) for i, each in z]
        return [shaped(p, iter(part)) for part in zip(*units, strict=True)]

    def loss(self, i, x, dx):
        """Values and slopes of the terms of sample i's loss at x + t·dx."""
        x, y = series(x, dx), self.Y[i]
        if self.L is None:
            log_sum = sum(each.exp() for each in x).log()
            total = sum(y) * log_sum - sum(a * b for a, b in zip(x, y, strict=True))
            return [(total[0], total[1])]
        argument, pieces, at = self.L[0], self.L[1::2], self.L[2::2]
        of = lambda t: [lambda z, piece=piece: piece(z, t) for piece in pieces]
        terms = enumerate(zip(x, y, strict=True))
        return [self.unit(of(t), at, argument(a, t), (len(self.W), i, j)) for j, (a, t) in terms]

    def loss_gradient(self, i, x):
        if self.L is not None:
            return [slope / self.divisor for _, slope in self.loss(i, x, [1] * len(x))]
        units = [[int(j == moving) for j in range(len(x))] for moving in range(len(x))]
        return [self.loss(i, x, unit)[0][1] / self.divisor for unit in units]

    def backwards(self):
        """The loss and its gradient: {name: ball}."""
        x, steps, dW, db = self.X, [], [], []
        for k, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            p = self.affine(x, W, b)
            value, slope = self.activate(k, p, shaped(p, repeat(1)))
            steps, x = [(k, x, slope), *steps], value
        rows = list(enumerate(x.tolist()))
        loss = sum(value for i, row in rows for value, _ in self.loss(i, row, row)) / self.divisor
        x_bar = arb_mat([self.loss_gradient(i, row) for i, row in rows])
        for k, x, slope in steps:
            delta = shaped(slope, map(mul, slope.entries(), x_bar.entries()))
            dW.insert(0, (delta.transpose() * x).tolist())
            sums = (self.ones.transpose() * delta).tolist()[0]
            db.insert(0, None if self.b[k] is None else sums)
            x_bar = delta * self.W[k]
        gradient = {"loss": loss, "weights": dW, "biases": db, "inputs": x_bar.tolist()}
        return dict(entries(gradient))

    def along(self, direction):
        """dL/dt along a direction, whose numbers come in the order of the entries."""
        moving = iter(direction)
        dW = [shaped(W, moving) for W in self.W]
        db = [None if b is None else shaped(b, moving) for b in self.b]
        x, dx = self.X, shaped(self.X, moving)
        for k, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            dp = self.affine(dx, W, None) + self.affine(x, dW[k], db[k])
            x, dx = self.activate(k, self.affine(x, W, b), dp)
        rows = enumerate(zip(x.tolist(), dx.tolist(), strict=True))
        return sum(slope for i, row in rows for _, slope in self.loss(i, *row)) / self.divisor


# ── the document ──


def number(text, dtype):
    value, form = float.fromhex(text), {"float16": "e", "float32": "f", "float64": "d"}[dtype]
    if value.hex() != text or struct.unpack(form, struct.pack(form, value)) != (value,):
        raise ValueError(f"{text} is no {dtype}")
    return dyadic(text)


def dyadic(text):
    parts = re.fullmatch(r"(-?)0x([0-9a-f]+)\.?([0-9a-f]*)p([+-]\d{1,4000})", text)
    if parts is None:
        raise ValueError(f"{text} is no finite hexadecimal number")
    sign, whole, rest, exponent = parts.groups()
    return arb((int(sign + whole + rest, 16), int(exponent) - 4 * len(rest)))


def claim(text):
    """(midpoint, radius); None where nothing is claimed."""
    midpoint, radius = text.split(" +/- ")
    return None if radius == "inf" else (dyadic(midpoint), dyadic(radius))


def leaves(value, name):
    if isinstance(value, list):
        for i, each in enumerate(value):
            yield from leaves(each, f"{name}[{i}]")
    elif value is not None:
        yield name, value


def entries(parts):
    for key in ("loss", "weights", "biases", "inputs"):
        yield from leaves(parts.get(key), key)


def inside(what, found, claim, exactly=True):
    """Whether that is shown; not `exactly`: an exact claim, shown already, has to be compatible."""
    if claim is None:
        return True
    (midpoint, radius), distance = claim, abs(found - claim[0])
    if distance > radius:
        said = f"{midpoint.str(17, radius=False)} ± {radius.str(3, radius=False)}"
        raise Fails(f"{what} is {found.str(17)}, outside the claimed {said}")
    return bool(distance <= radius) or (radius == 0 and not exactly)


def combinations(kinks):
    """How many there are, and the sides to take in each, or in some of them if there are many."""
    ranges = [range(choices) for _, choices in kinks.values()]
    total, chosen = prod(map(len, ranges)), product(*ranges)
    if total > CORNERS:
        draw = random.Random(0).choice
        drawn = ([draw(each) for each in ranges] for _ in range(CORNERS - 2))
        chosen = [[each[0] for each in ranges], [each[-1] for each in ranges], *drawn]
    return total, [dict(zip(kinks, sides, strict=True)) for sides in chosen]


def combined(claims, v):
    """What the claims say of the derivative along v."""
    if None in claims:
        return None
    pairs = list(zip(claims, v, strict=True))
    return sum(m * dv for (m, _), dv in pairs), sum(r * abs(dv) for (_, r), dv in pairs)


def derive(net, claims, sets, witness):
    """Hold the gradient against the claims: (what is unclear, the kinks, in words)."""
    net.kinks, net.corner, unclear, draw = {}, {}, [], random.Random(0)
    require([*net.backwards()] == [*claims], "the enclosure has not the entries of the problem")
    kinks, (total, corners), names = dict(net.kinks), combinations(net.kinks), [*claims][1:]
    units = len(net.Y) * sum(W.nrows() for W in net.W)
    chosen = min(max(WORK // (units * len(corners) * ctx.prec), 3), len(names))
    v = draw.choices(range(-8, 9), k=len(names))
    along = [witness, ("a random derivative", v, combined([*claims.values()][1:], v))]
    for name in draw.sample(names, chosen):
        along.append(
            (f"{name}, by power series,", [int(each == name) for each in names], claims[name])
        )
    for net.corner in corners:
        found = net.backwards()
        checks = [(name, found[name], each, True) for name, each in claims.items()]
        checks += [(f"{name}, in truth,", found[name], each, True) for name, each in sets.items()]
        checks += [(what, net.along(v), each, False) for what, v, each in along]
        unclear += [what for what, *each in checks if not inside(what, *each)]
    words = f"{len(claims)} entries, {chosen} of them and 2 directions by power series, too"
    return unclear, kinks, f"{words}; {len(kinks)} kinks, {len(corners)} of {total} combinations"


def narrow(said):
    """Whether the radius is at most 2^-20 ulp of float64."""
    if said is None or said[1] == 0:
        return said is not None
    mantissa, exponent = map(int, arb(*said).abs_lower().man_exp())
    leading = mantissa.bit_length() - 1 + exponent if mantissa else -1074
    return bool(said[1] <= arb((1, max(leading - 52, -1074) - 20)))


def check_kinks(document, claims, found, near):
    """The list of kinks, and how narrow the enclosure is said to be."""
    where = itemgetter("layer", "sample", "unit")
    kinks = {where(each): each["exact"] for each in document["kinks"]}
    missing = found.keys() - kinks.keys()
    require(not missing, f"there are kinks at {missing}, too")
    for where, exact in kinks.items():
        there = found.get(where, (False,))[0] if exact else where in near
        require(there, f"there is no kink at {where}")
    wide = [name for name, each in claims.items() if not narrow(each)]
    truly = {
        "precision": not wide,
        "hull": bool(wide) and document["kink"] == "hull" and all(kinks.values()) and bool(kinks),
        "cap": bool(wide) and document["bits"] >= document["cap"],
    }
    require(truly[document["reached"]], f"{document['reached']} was not reached: {wide[:1]}")


def check_verdict(verdict, claims):
    """Each verdict against candidate, set and truth."""
    given, sets, kinds = (dict(entries(verdict[key])) for key in ("candidate", "allowed", "kinds"))
    names = [name for name in claims if name.startswith(("weights", "biases"))]
    require([*given] == [*sets] == [*kinds] == names, "the verdict has not the problem's entries")
    for name in names:
        c, m, r = map(float.fromhex, [given[name], *sets[name].split(" +/- ")])
        zero = claims[name] is not None and claims[name][0] == claims[name][1] == 0
        fits = {kind_of(c, m, r, zero, slack) for slack in (0, Fraction(1, 2**50))}
        require(kinds[name] in fits, f"{name} is {'or '.join(fits)}, not {kinds[name]}")
    order = ("wrong", "not_finite", "conforms", "undecided")
    worst = next(kind for kind in order if kind in kinds.values())
    require(verdict["kind"] == worst, f"the verdict is {worst}, not {verdict['kind']}")
    says = f"{verdict['order']}, {verdict['dtype']} (u = "
    require(verdict["class"].startswith(says), f"the class is {says}…, not {verdict['class']}")


def kind_of(c, m, r, zero, slack):
    if not isfinite(c):
        return "undecided" if r == inf else "not_finite"
    if r < inf and abs(Fraction(c) - Fraction(m)) * (1 - slack) > Fraction(r):
        return "wrong"
    return "undecided" if r == inf or (abs(m) <= r and r > 0 and not zero) else "conforms"


def verify(document):
    """What was verified, in words."""
    keys = {"format", "problem", "bits", "cap", "kink", "reached", "kinks", "enclosure", "witness"}
    if document["format"] != "manual-backprop/certificate/1" or not 2 <= document["bits"] <= 10**6:
        raise ValueError("another format, or a precision beyond a million bits")
    said = {key: each for key, each in document.items() if key != "digest"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")
    require(hashlib.sha256(text).hexdigest() == document["digest"], "the digest is another")
    require(said.keys() - {"verdict"} == keys, "the keys are others")
    bits, net = document["bits"], Net(document["problem"], document["kink"])
    claims = {name: claim(each) for name, each in entries(document["enclosure"])}
    verdict = document.get("verdict", {})
    sets = {name: claim(each) for name, each in entries(verdict.get("allowed", {}))}
    v = dict(entries(document["witness"]))
    v = [number(v.get(name, "0x0.0p+0"), "float64") for name in claims if name != "loss"]
    witness = "the witness", v, claim(document["witness"]["product"])
    for ctx.prec in [factor * bits + 64 for factor in (2, 4, 8)]:
        unclear, kinks, words = derive(net, claims, sets, witness)
        if not unclear:
            break
    require(not unclear, f"{unclear[:1]} cannot be confirmed with {ctx.prec} bits")
    words = f"{words}, {ctx.prec} bits"
    ctx.prec = max(bits // 2, 2)
    net.backwards()  # fills net.near with the kinks that so few bits cannot exclude
    check_kinks(document, claims, kinks, net.near)
    if verdict:
        check_verdict(verdict, claims)
        words += f"; {verdict['kind']}: {verdict['class']}"
    return words


def unique(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is repeated")
    return dict(pairs)


def main(arguments):
    try:
        with open(*arguments, encoding="utf-8") as file:
            print("verified:", verify(json.load(file, object_pairs_hook=unique)))
        return 0
    except Fails as error:
        print(f"does not hold: {error}")
        return 1
    except Exception as error:
        print(f"not a certificate: {type(error).__name__}: {error}"[:500])
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
