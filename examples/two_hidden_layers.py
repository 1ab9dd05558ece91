"""The notes' two networks by letters and numbers (derivation, section 7): fractions, f(p) = p²."""

from fractions import Fraction

from manual_backprop import Layer, Network, Problem, gradient

TEXTS = (("1 1; 2 -1", "-1 1"), ("1/2 -1; 1/4 1", "1 -1/2"), ("1/2 -1", "7/4"))


def exact(text):
    """The matrix that a text like "1 1/2; 2 -1" spells."""
    return [[Fraction(entry) for entry in row.split()] for row in text.split(";")]


def say(letters, vector):
    """The vector, printed beside what it is called."""
    print(f"  {letters} = ({' '.join(map(str, vector))})")
    return vector


layers = [Layer(exact(weights), *exact(biases), "square") for weights, biases in TEXTS]
W, b = [layer.weights for layer in layers], [layer.biases for layer in layers]
for title, N, y in (("One hidden layer", 2, "3 2"), ("Two hidden layers", 3, "7/4")):
    problem = Problem(Network(layers[:N]), *exact("1 2"), *exact(y))
    p, x, D, g = [None], [problem.inputs[0]], [None], gradient(problem)
    print(f"{title}: x0 = (1 2), y = ({y}), L = ½‖x{N} - y‖² = {g.loss}")
    for k in range(N):
        print(f"  W{k} = ({TEXTS[k][0]}), b{k} = ({TEXTS[k][1]})")
        p.append(say(f"p{k + 1} = W{k} x{k} + b{k}", W[k] @ x[k] + b[k]))
        x.append(say(f"x{k + 1} = f(p{k + 1})", p[k + 1] ** 2))
        D.append(say(f"D{k + 1} = diag f'(p{k + 1}): f'(p{k + 1})", 2 * p[k + 1]))
    row, letters, entry = say(f"∇L = x{N} - y", x[N] - problem.targets[0]), "∇Lᵀ", "∇L_0"
    for k in reversed(range(N)):
        print(f"  ∂L/∂w_01 of W{k} = {entry} · f'(p{k + 1}_0) · x{k}_1", end=" = ")
        print(f"{row[0]} · {D[k + 1][0]} · {x[k][1]} = {row[0] * D[k + 1][0] * x[k][1]}")
        letters = f"{letters} D{k + 1} W{k}"
        row, entry = say(letters, row * D[k + 1] @ W[k]), f"{letters}[:,0]"
    found = ", ".join(f"{g.weights[k][0, 1]} in W{k}" for k in reversed(range(N)))
    print(f"  The last is ∂L/∂x0. gradient(problem) finds w_01: {found}\n")
