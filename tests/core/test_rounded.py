"""Midpoint and radius: every result of every simulated implementation of the class is inside."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manual_backprop import ACTIVATIONS, LOSSES, Layer, Network, Problem
from manual_backprop.arithmetic.formats import Format, float_format
from manual_backprop.arithmetic.rounded import Rounded, Rounding, outward
from manual_backprop.oracle import admissible
from manual_backprop.oracle.accuracy import LOSS_CLASSES
from manual_backprop.oracle.on_rounded import RoundedActivation, RoundedLoss

from .drawn import RATIONAL, RATIONAL_LOSSES, drawn
from .machine import Machine, forward, nearest, reverse

TOY = Format("toy", 6, 12, 6, 12)
SHORT = Format("short", 12, 40, 6, 12)
"""Six bits of significand; and twelve, with six and a short range in the operands of products."""

HALF, SINGLE, DOUBLE = (float_format(name) for name in ("float16", "float32", "float64"))
FORMATS = [TOY, SHORT, HALF, SINGLE, DOUBLE]

OPERATIONS = settings(max_examples=50, deadline=None)
NETWORKS = 18
"""For each format, regime and order; a campaign takes more."""


def rounding(form: Format) -> Rounding:
    """The class of a format, without a sum over samples."""
    return Rounding(form, form.largest / 16)


def inside(sets: Rounded, results: Any) -> bool:
    """Whether each result, a fraction, is in its set; exactly, without rounding."""
    return largest_fraction(sets, results) <= 1


def largest_fraction(sets: Rounded, results: Any) -> float:
    """The largest error / bound; inf if one is outside, 0 where nothing is known."""
    exact = np.empty(sets.shape, dtype=object)
    exact.ravel()[:] = list(np.array(results, dtype=object).ravel())
    fractions = [0.0]
    for value, middle, radius in zip(
        exact.ravel(), sets.midpoint.ravel(), sets.radius.ravel(), strict=True
    ):
        if not np.isinf(radius):
            error, bound = abs(value - Fraction(middle)), Fraction(radius)
            fractions.append(float(error / bound) if error <= bound and bound else float(error > 0))
            if error > bound:
                return float("inf")
    return max(fractions)


# ── one operation: from values in the operands' balls to a value in the result's ──


@st.composite
def operands(draw: st.DrawFn, form: Format, *shape: int) -> tuple[Any, Rounded]:
    """Numbers of the format, and balls that hold them, some of them points or zeros."""
    count = int(np.prod(shape))
    largest = 2**form.precision - 1
    digits = draw(st.lists(st.integers(-largest, largest), min_size=count, max_size=count))
    scale = draw(st.integers(-form.max_exponent - 2 * form.precision, 9 - form.precision))
    widths = draw(st.lists(st.sampled_from([0, 0, 1, 9]), min_size=count, max_size=count))
    sides = draw(st.lists(st.sampled_from([-8, -3, 0, 8]), min_size=count, max_size=count))
    rng = np.random.default_rng(0)
    values = [
        nearest(Fraction(k) * Fraction(2) ** scale, form.precision, form.max_exponent, rng)
        for k in digits
    ]
    radii = [Fraction(width) * Fraction(2) ** (scale - 3) for width in widths]
    middles = [
        float(value + radius * Fraction(side, 8))
        for value, radius, side in zip(values, radii, sides, strict=True)
    ]
    smallest = Fraction(form.smallest_normal)  # a subnormal may be read as zero
    radii = [
        max(radius, abs(value - Fraction(middle))) + abs(value) * (abs(value) < smallest)
        for value, middle, radius in zip(values, middles, radii, strict=True)
    ]
    exact = np.array([*values, None], dtype=object)[:-1].reshape(shape)
    balls = [np.array(each).reshape(shape) for each in (middles, [*map(upward, radii)])]
    return exact, Rounded(balls[0], balls[1], rounding(form))


def upward(exact: Fraction) -> float:
    """A float that is not below."""
    nearest_float = float(exact)
    return nearest_float if exact <= nearest_float else float(np.nextafter(nearest_float, np.inf))


@st.composite
def machines(draw: st.DrawFn, form: Format) -> Machine:
    """An implementation in the format."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    return Machine(form, rng, flush=draw(st.booleans()))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@given(data=st.data())
@OPERATIONS
def test_an_affine_map_is_inside(form: Format, data: st.DataObject) -> None:
    """W x + b, in any order of its sum, fused or not, operands shortened, is in X @ Wᵀ + b."""
    S, n, m = (data.draw(st.integers(1, 4)) for _ in range(3))
    machine = data.draw(machines(form))
    (x, X), (w, W) = data.draw(operands(form, S, n)), data.draw(operands(form, m, n))
    b, B = data.draw(operands(form, m))

    with_bias = [[machine.dot(row, each, c) for row, c in zip(w, b, strict=True)] for each in x]
    without = [[machine.dot(row, each) for row in w] for each in x]

    assert inside(X @ W.T + B, with_bias)
    assert inside(X @ W.T, without)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@given(data=st.data())
@OPERATIONS
def test_products_and_their_sums_are_inside(form: Format, data: st.DataObject) -> None:
    """a·b, Σ a·b over one axis or both, and Σ of products already rounded, fused or not."""
    S, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    machine = data.draw(machines(form))
    (a, A), (b, B) = data.draw(operands(form, S, n)), data.draw(operands(form, S, n))
    pairs = [[(a[s, i], b[s, i]) for i in range(n)] for s in range(S)]
    products = [[machine.product(pair) for pair in row] for row in pairs]

    columns = [machine.sum([row[i] for row in pairs]) for i in range(n)]
    stored = [machine.sum([(row[i],) for row in products]) for i in range(n)]
    together = machine.sum([pair for row in pairs for pair in row])

    assert inside(A * B, products)
    assert inside((A * B).sum(axis=0), columns)
    assert inside((A * B).sum(axis=0), stored)
    assert inside((A * B).sum(axis=(-2, -1)), [together])
    assert inside(A.sum(axis=0), [machine.sum([(a[s, i],) for s in range(S)]) for i in range(n)])


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@given(data=st.data(), divisor=st.integers(1, 12))
@OPERATIONS
def test_quotients_are_inside(form: Format, data: st.DataObject, divisor: int) -> None:
    """a / S, by division or by the rounded reciprocal."""
    machine = data.draw(machines(form))
    a, A = data.draw(operands(form, 3))

    assert inside(A / divisor, [machine.divided(each, divisor) for each in a])


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_activations_are_inside(name: str, data: st.DataObject) -> None:
    """f and f' anywhere in the ball of p, off by up to the class's units, any value at a kink."""
    function, form = ACTIVATIONS[name], data.draw(st.sampled_from([HALF, SINGLE, DOUBLE]))
    machine = data.draw(machines(form))
    p, P = data.draw(operands(form, 6))
    lifted = RoundedActivation.of(function)

    with np.errstate(all="ignore"):
        values, slopes = lifted.value(P), lifted.derivative(P)

    assert inside(values, [machine.value(function, each) for each in p])
    assert inside(slopes, [machine.derivative(function, each) for each in p])


DOMAINS: dict[str, st.SearchStrategy[Fraction]] = {
    "unit interval": st.integers(0, 8).map(lambda k: Fraction(k, 8)),
    "sign": st.sampled_from([Fraction(1), Fraction(-1)]),
    "real": st.integers(-(2**14), 2**14).map(lambda k: Fraction(k, 2**11))
    | st.sampled_from([Fraction(3, 2**17), Fraction(1, 2**130), Fraction(1, 2**15)]),
}


@st.composite
def target_rows(draw: st.DrawFn, domain: str, n: int) -> list[Fraction]:
    """Targets of a loss, subnormal ones too."""
    if domain != "distribution":
        return draw(st.lists(DOMAINS[domain], min_size=n, max_size=n))
    tiny = [Fraction(1, 2**15)] * (2 * draw(st.integers(0, (n - 2) // 2)))
    if not tiny:
        return draw(st.permutations([Fraction(1, 2)] * 2 + [Fraction(0)] * (n - 2)))
    rest = Fraction(1, 2**11) - sum(tiny)
    return [1 - Fraction(1, 2**11), rest, *tiny, *[Fraction(0)] * (n - 2 - len(tiny))]


@pytest.mark.parametrize("name", LOSSES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_loss_gradients_are_inside(name: str, data: st.DataObject) -> None:
    """∇L anywhere in the balls of the outputs, off by up to the class's units, targets flushed."""
    n, form = data.draw(st.sampled_from([2, 6])), data.draw(st.sampled_from([HALF, SINGLE]))
    machine = data.draw(machines(form))
    x, X = data.draw(operands(form, 1, n))
    y = data.draw(target_rows(LOSSES[name].targets, n))
    targets = np.array([[float(each) for each in y]])
    read = [machine.fl(each) for each in y]

    with np.errstate(all="ignore"):
        sets = RoundedLoss.of(LOSSES[name]).gradient(X, targets)
        assert inside(sets, machine.loss_gradient(LOSSES[name], x[0].tolist(), read))


@pytest.mark.parametrize("name", ["poisson", "binary_cross_entropy_with_logits"])
def test_a_rounded_target_counts_beside_the_units(name: str) -> None:
    """An implementation that reads ⅓ as float16's nearest may be off by all its units besides."""
    form, y = HALF, Fraction(1 / 3)
    read = Fraction(float(np.float16(1 / 3)))
    slope = Fraction(float(LOSSES[name].gradient(np.array([[-20.0]]), np.array([[1 / 3]]))[0, 0]))
    scale = max(y, 1) if name.startswith("binary") else y
    rounded = Fraction(LOSS_CLASSES[name].units * form.unit_roundoff) * scale

    sets = RoundedLoss.of(LOSSES[name]).gradient(ball([[-20.0]], form=form), np.array([[1 / 3]]))

    assert read < y
    assert inside(sets, [slope + (y - read) + rounded])


@given(data=st.data())
@OPERATIONS
def test_a_chain_of_operations_is_inside(data: st.DataObject) -> None:
    """Σ_s ((X Wᵀ + b) ∘ c) / 3, then a product with it: balls from one operation to the next."""
    form = data.draw(st.sampled_from(FORMATS))
    machine = data.draw(machines(form))
    (x, X), (w, W) = data.draw(operands(form, 2, 3)), data.draw(operands(form, 2, 3))
    (b, B), (c, C) = data.draw(operands(form, 2)), data.draw(operands(form, 2, 2))

    p = [[machine.dot(row, each, d) for row, d in zip(w, b, strict=True)] for each in x]
    q = [machine.divided(machine.sum([(p[s][i], c[s, i]) for s in range(2)]), 3) for i in range(2)]
    result = [machine.dot(q, w[:, j]) for j in range(3)]

    with np.errstate(all="ignore"):
        sets = (((X @ W.T + B) * C).sum(axis=0) / 3).reshape(1, 2) @ W
        assert inside(sets, result)


# ── whole networks ──

PIECEWISE = [name for name in RATIONAL if name not in ("hard_swish", "softsign")]
"""Functions with few units: those of the others say little at six bits."""

SPECIES: list[tuple[Format, list[str], list[str]]] = [
    (TOY, PIECEWISE, RATIONAL_LOSSES),
    (SHORT, PIECEWISE, RATIONAL_LOSSES),
    (HALF, list(ACTIVATIONS), []),
    (SINGLE, list(ACTIVATIONS), []),
    (float_format("tf32"), list(ACTIVATIONS), []),
    (float_format("float16_operands"), list(ACTIVATIONS), []),
    (float_format("bfloat16"), PIECEWISE, []),
]
"""Format, activations, losses; no losses for all of them."""


def _mapped(problem: Problem, change: Callable[[Any], Any]) -> Problem:
    """The problem with each number changed, targets of the real domain too."""
    layers = [
        Layer(
            change(layer.weights),
            None if layer.biases is None else change(layer.biases),
            layer.activation,
        )
        for layer in problem.network.layers
    ]
    real = problem.loss.targets == "real"
    targets = change(problem.targets) if real else problem.targets
    return Problem(
        Network(layers), change(problem.inputs), targets, problem.loss, problem.reduction
    )


REGIMES: dict[str, Callable[[Problem], Problem]] = {
    "plain": lambda problem: problem,
    "quarters, on kinks": lambda problem: _mapped(problem, lambda array: np.round(4 * array) / 4),
    "tiny, underflowing": lambda problem: _mapped(problem, lambda array: array / 256),
    "large": lambda problem: _mapped(problem, lambda array: array * 4),
}

Run = Callable[[Machine, Problem, Any], Any]
ORDERS: dict[Any, Run] = {"reverse": reverse, "forward": forward}


def network_fraction(
    seed: int, form: Format, names: Any, losses: Any, order: Any, regime: str
) -> float:
    """The largest error / bound of one simulated implementation on one network; inf if outside."""
    rng = np.random.default_rng(seed)
    problem = REGIMES[regime](drawn(seed, names, losses) if losses else drawn(seed, names))
    machine = Machine(form, rng, flush=bool(rng.integers(2)), exactly=bool(rng.integers(2)))
    try:
        result = ORDERS[order](machine, problem, rng.choice(["loss", "delta", "gradient"]))
    except OverflowError:  # the machine's exp is float64's: beyond it there is no result to judge
        return 0.0
    return gradient_fraction(admissible(problem, form, order), result)


def gradient_fraction(allowed: Any, result: Any) -> float:
    """The largest error / bound over all arrays of a gradient; inf if an entry is outside."""
    pairs = [
        *zip(allowed.weights, result[0], strict=True),
        *zip(allowed.biases, result[1], strict=True),
    ]
    return max(largest_fraction(sets, array) for sets, array in pairs)


@pytest.mark.parametrize(
    ("form", "names", "losses"), SPECIES, ids=lambda each: getattr(each, "name", "")
)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("regime", REGIMES)
def test_networks_are_inside(
    form: Format, names: Any, losses: Any, order: Any, regime: str
) -> None:
    """Whole gradients, sums in any order, the mean anywhere, are inside: with nothing to spare."""
    seeds = range(NETWORKS // (1 if order == "reverse" else 3))
    fractions = [network_fraction(seed, form, names, losses, order, regime) for seed in seeds]

    assert max(fractions) <= 1


# ── the bounds are not idle ──


class Careless(Machine):
    """An implementation whose functions are off by four times what the class allows."""

    def _error(self, size: Fraction) -> Fraction:
        return 4 * super()._error(size)


TIGHT = ["identity", "relu", "sigmoid", "sin", "softsign", "squareplus"]
"""Functions whose derivatives have eight units at most."""


def careless_fraction(seed: int, form: Format, kind: type[Machine], within: Format) -> float:
    """Error / bound of a machine of one format, judged by the class of another."""
    problem = drawn(seed, TIGHT)
    machine = kind(form, np.random.default_rng(seed), exactly=kind is Machine)
    return gradient_fraction(admissible(problem, within), reverse(machine, problem, "loss"))


def share_outside(form: Format, kind: type[Machine]) -> float:
    """The share of networks where a machine is caught by the class of float32."""
    fractions = [careless_fraction(seed, form, kind, SINGLE) for seed in range(3 * NETWORKS)]
    return float(np.mean([fraction > 1 for fraction in fractions]))


def test_fewer_bits_are_seen() -> None:
    """With 7 of float32's 24 bits missing nine networks in ten are outside; with none, none."""
    fewer = Format("17 bits", 17, 127, 17, 127)

    assert share_outside(SINGLE, Machine) == 0
    assert share_outside(fewer, Machine) >= 0.9


def test_functions_off_by_four_times_their_units_are_seen() -> None:
    """An implementation within the class but for its functions, four times too far off, is out."""
    assert share_outside(SINGLE, Careless) >= 0.5


@pytest.mark.parametrize("form", [TOY, HALF], ids=lambda form: form.name)
def test_the_bounds_are_reached(form: Format) -> None:
    """Some implementation of the class comes to within a tenth of its bound."""
    fractions = [
        network_fraction(seed, form, PIECEWISE, RATIONAL_LOSSES, "reverse", "plain")
        for seed in range(100)
    ]

    assert 0.9 < max(fractions) <= 1


def test_each_term_of_a_sum_counts() -> None:
    """a·x + b, over all numbers of four bits, takes 1.7 of the two units that it is allowed."""
    form = Format("four bits", 4, 40, 4, 40)
    numbers = list(product(range(8, 16), range(8, 16), range(-8, 9, 4)))
    fractions = []
    for a, x, b in numbers:
        machine = Machine(form, np.random.default_rng(a * x))
        result = machine.fl(machine.fl(Fraction(a * x)) + b)
        sets = ball([[a]], form=form) @ ball([[x]], form=form) + ball([b], form=form)
        fractions.append(largest_fraction(sets, [result]))

    assert 0.8 < max(fractions) <= 1


def test_four_times_the_bound_is_outside() -> None:
    """A value is inside up to the radius, on either side, and outside from there on."""
    sets = Rounded(np.array([3.0, -1.0]), np.array([0.25, 0.0]), rounding(SINGLE))

    assert inside(sets, [Fraction(13, 4), Fraction(-1)])
    assert not inside(sets, [Fraction(4), Fraction(-1)])
    assert not inside(sets, [Fraction(3), Fraction(-1) + Fraction(1, 10**30)])


# ── zeros, infinities, leaves ──


def ball(middle: Any, radius: Any = None, form: Format = DOUBLE) -> Rounded:
    """Balls of these midpoints and radii."""
    middle = np.asarray(middle, float)
    return Rounded(
        middle, 0 * middle if radius is None else np.asarray(radius, float), rounding(form)
    )


def is_exactly_zero(sets: Rounded) -> bool:
    """Whether all entries are the point 0."""
    return not sets.midpoint.any() and not sets.radius.any()


def test_exact_zeros_stay_exact() -> None:
    """What is multiplied by exact zeros alone is exactly 0, through sums and functions too."""
    X, W = ball([[0.0, 0.0], [0.0, 0.0]]), ball([[1.0, 3.0]], [[0.5, 0.5]])
    wide = ball([[1.0], [2.0]], [[4.0], [0.0]])

    assert is_exactly_zero(X @ W.T)
    assert is_exactly_zero(X @ W.T + ball([0.0]))
    assert is_exactly_zero(X[:, :1] * wide)
    assert is_exactly_zero((X[:, :1] * wide).sum(axis=0) / 3)
    for name in ("relu", "tanh", "square", "leaky_relu", "softshrink", "abs"):
        lifted = RoundedActivation.of(ACTIVATIONS[name])
        zeros = lifted.value(X)
        assert not zeros.midpoint.any()
        assert name == "tanh" or is_exactly_zero(zeros)
    for name, p in (("relu", -1.0), ("softshrink", 0.25), ("hard_sigmoid", 9.0), ("relu6", 7.0)):
        assert is_exactly_zero(RoundedActivation.of(ACTIVATIONS[name]).derivative(ball([p])))


def test_overflow_says_that_nothing_is_known() -> None:
    """Beyond Ω/16, in a sum, a product, a function or a partial sum, the radius is infinite."""
    top = DOUBLE.largest / 16
    large = ball([[top / 2, top / 2]])
    cancelling = ball([[top, -top]]) @ ball([[1.0], [1.0]])

    with np.errstate(all="ignore"):
        assert np.isinf((large.sum(axis=1) * ball([2.0])).radius).all()
        assert np.isinf((large @ ball([[1.0], [1.25]])).radius).all()
        assert np.isinf(cancelling.radius).all()
        assert np.isfinite((large @ ball([[1.0], [0.5]])).radius).all()
        for name, p in (("exp", 800.0), ("square", 1e200), ("exp", 708.0), ("gelu_tanh", 1e160)):
            assert np.isinf(RoundedActivation.of(ACTIVATIONS[name]).value(ball([p])).radius).all()


def test_an_exp_that_overflows_is_seen_behind_its_difference() -> None:
    """poisson's exp(x) − y may be small where exp(x) alone is beyond the format."""
    top = np.float32(SINGLE.largest)
    rows = np.float32([[np.log(top) - 1e-3]])
    problem = Problem(Network([Layer(np.ones((1, 1), np.float32))]), rows, [[top]], "poisson")

    assert np.isinf(admissible(problem, SINGLE).biases[0].radius).all()
    assert np.isfinite(admissible(problem, DOUBLE).biases[0].radius).all()


def test_what_is_not_known_stays_unknown() -> None:
    """An infinite radius passes through every operation, a product with an exact 0 included."""
    unknown, zero, one = ball([[1.0]], [[np.inf]]), ball([[0.0]]), ball([[1.0]])

    with np.errstate(all="ignore"):
        results = [
            unknown * zero,
            zero * unknown,
            unknown @ one,
            zero @ unknown,
            one + unknown,
            unknown.sum(axis=0),
            unknown / 2,
            RoundedActivation.of(ACTIVATIONS["tanh"]).value(unknown),
            RoundedActivation.of(ACTIVATIONS["tanh"]).derivative(unknown),
        ]

    for result in results:
        assert np.isinf(result.radius).all()
        assert not result.midpoint.any()


def test_looking_at_a_sum_does_not_change_it() -> None:
    """A bias joins a product as one sum, whether or not somebody read the product's radius."""
    X, W, b = ball([[1.0, 1e-8, 3.0]]), ball([[1.0, 2.0, 1e-3]]), ball([1e6])
    read = X @ W.T
    _ = read.radius, read.midpoint

    unread = X @ W.T

    assert np.array_equal((read + b).radius, (unread + b).radius)
    assert (read + b).radius[0, 0] >= 4 * 2.0**-53 * 1e6


def test_underflow_of_our_own_is_no_zero() -> None:
    """p², exp(p) and a/b below the range of float64 hold the truth, and are not the point 0."""
    with np.errstate(all="ignore"):
        square = RoundedActivation.of(ACTIVATIONS["square"]).value(ball([1e-170]))
        exp = RoundedActivation.of(ACTIVATIONS["exp"])
        poisson = RoundedLoss.of(LOSSES["poisson"]).gradient(ball([[-800.0]]), np.zeros((1, 1)))
        sets = [square, exp.value(ball([-800.0])), exp.derivative(ball([-800.0])), poisson]
        product = ball([[1e-170]]) * ball([[1e-170]])
        dot = ball([[1e-170]]) @ ball([[1e-170]])
        quotient = ball([1e-170]) / ball([1e170])

    for each in (*sets, product, dot, quotient):
        assert each.midpoint.ravel()[0] == 0
        assert each.radius.ravel()[0] > 0
    assert inside(square, [Fraction(1, 10**340)])
    assert inside(quotient, [Fraction(1, 10**340)])


def test_leaves_are_points_but_for_subnormals() -> None:
    """A number of the format is exact; a subnormal one may be read as zero."""
    least = SINGLE.smallest_normal
    leaf = Rounded.exactly(np.array([1.5, 0.0, least, least / 4], np.float32), rounding(SINGLE))

    assert np.array_equal([0.0, 0.0, 0.0, least / 4], leaf.radius)


@pytest.mark.parametrize("form", [HALF, SINGLE, float_format("bfloat16")], ids=lambda f: f.name)
def test_leaves_that_the_format_lacks_are_rounded(form: Format) -> None:
    """A float64 that is judged in a shorter format may have been rounded; too large, is unknown."""
    values = np.random.default_rng(0).standard_normal(200) * np.exp2(np.arange(200) / 20 - 5)
    leaf = Rounded.exactly(values, rounding(form))
    rng = np.random.default_rng(1)

    rounded = [nearest(Fraction(v), form.precision, form.max_exponent, rng) for v in values]

    assert inside(leaf, rounded)
    assert inside(leaf, [Fraction(v) for v in values])
    assert (leaf.radius <= outward(leaf.rounding.roundoff * np.abs(values))).all()
    assert np.isinf(Rounded.exactly([2 * form.largest], rounding(form)).radius).all()
    assert not Rounded.exactly([1.0, 0.5], rounding(form)).radius.any()


def test_fractions_and_longdoubles_are_rounded_leaves() -> None:
    """What float64 does not hold is within its roundoff; what it holds is a point."""
    third = np.array([Fraction(1, 3), Fraction(1, 2)], dtype=object)
    longer = np.array([1 + np.finfo(np.longdouble).eps, 1.0], np.longdouble)

    for values in (third, longer):
        leaf = Rounded.exactly(values, rounding(DOUBLE))
        assert inside(leaf, [Fraction(*each.as_integer_ratio()) for each in values])
        assert np.array_equal([True, False], leaf.radius > 0)


def test_indexing_and_shapes_keep_the_balls() -> None:
    """Transposes, reshapes and indices carry midpoint and radius along."""
    sets = ball(np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3) / 8)

    for found, index in ((sets.T, None), (sets[1], 1), (sets[:, 1:], np.s_[:, 1:])):
        expected = sets.midpoint.T if index is None else sets.midpoint[index]
        assert np.array_equal(expected, found.midpoint)
        assert np.array_equal(expected / 8, found.radius)
    assert sets.reshape(3, 2).shape == (3, 2)


def test_a_networks_dead_units_have_the_gradient_zero() -> None:
    """Behind a relu that is surely off, and beside an input that is 0, the set is the point 0."""
    layers = [Layer([[1.0, 2.0], [-1.0, -2.0]], [1.0, -1.0], "relu"), Layer([[3.0, 4.0]], [1.0])]
    sets = admissible(Problem(Network(layers), [[0.0, 1.5]], [[2.0]]), DOUBLE)

    assert is_exactly_zero(sets.weights[0][1])
    assert is_exactly_zero(sets.weights[0][:, 0])
    assert is_exactly_zero(sets.biases[0][1:])
    assert (sets.biases[0].midpoint[0] > sets.biases[0].radius[0]).all()
