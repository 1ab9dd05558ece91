// Backpropagation on plain arrays, as a program under test.
//
// It reads one JSON object a line and answers each with one, as docs/protocol.md has it. Equation
// numbers are those of docs/derivation.md. All numbers are float64; the result of a float32 problem
// is rounded once, by whoever reads it.
//
//     manual-backprop check --exec "node examples/programs/backprop.js"

"use strict";

const readline = require("node:readline");

// 1 / (1 + e⁻ᵖ), from the exponential that does not overflow.
function sigmoid(p) {
  const e = Math.exp(-Math.abs(p));
  return p >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// Each activation: f(p), and f'(p) in terms of x = f(p), so that only the outputs are kept.
const ACTIVATIONS = {
  identity: { f: (p) => p, df: (x) => 1 },
  tanh: { f: Math.tanh, df: (x) => 1 - x * x },
  sigmoid: { f: sigmoid, df: (x) => x * (1 - x) },
  relu: { f: (p) => Math.max(p, 0), df: (x) => (x > 0 ? 1 : 0) },
};

// Each loss: ∇L in the outputs x of one sample, for its target y.
const LOSSES = {
  // L = ½‖x − y‖²
  half_squared_error: (x, y) => x.map((x_i, i) => x_i - y[i]),

  // L = −Σ y_i log softmax(x)_i with Σ y_i = 1; softmax(x)_i = exp(x_i) / Σ_j exp(x_j). The largest
  // x is subtracted first, which changes nothing but that no exponential overflows.
  softmax_cross_entropy: (x, y) => {
    const largest = Math.max(...x);
    const e = x.map((x_i) => Math.exp(x_i - largest));
    const total = e.reduce((sum, e_i) => sum + e_i, 0);
    return e.map((e_i, i) => e_i / total - y[i]);
  },
};

// The outputs x^(0), …, x^(N) of every layer, for one sample: (1.1).
function forward(layers, x) {
  const outputs = [x];
  for (const { weights: W, biases: b, activation } of layers) {
    const before = outputs.at(-1);
    const p = W.map((row, i) => row.reduce((sum, w, j) => sum + w * before[j], b ? b[i] : 0));
    outputs.push(p.map(ACTIVATIONS[activation].f));
  }
  return outputs;
}

// Adds ∂L/∂W_k and ∂L/∂b^(k) of one sample to the sums, from the last layer to the first.
// x_bar is ∂L/∂x^(k+1), which begins as ∇L(x^(N)).
function backward(layers, outputs, x_bar, weights, biases) {
  for (let k = layers.length - 1; k >= 0; k--) {
    const { weights: W, activation } = layers[k];
    const { df } = ACTIVATIONS[activation];
    const x = outputs[k];
    const delta = outputs[k + 1].map((x_i, i) => df(x_i) * x_bar[i]); // (5.1), (5.2)
    delta.forEach((delta_i, i) => {
      x.forEach((x_j, j) => (weights[k][i][j] += delta_i * x_j)); // (5.3): δ xᵀ
      biases[k][i] += delta_i; // and δ
    });
    x_bar = x.map((_, j) => delta.reduce((sum, delta_i, i) => sum + W[i][j] * delta_i, 0)); // Wᵀ δ
  }
}

// The gradient of the mean loss over the samples, (1.2): weights and biases, by layer.
function gradient({ layers, loss, inputs, targets }) {
  const weights = layers.map(({ weights }) => weights.map((row) => row.map(() => 0)));
  const biases = layers.map(({ weights }) => weights.map(() => 0));
  inputs.forEach((x, s) => {
    const outputs = forward(layers, x);
    const x_bar = LOSSES[loss](outputs.at(-1), targets[s]).map((each) => each / inputs.length);
    backward(layers, outputs, x_bar, weights, biases);
  });
  return { weights, biases };
}

// ── the protocol ──

const GREETING = {
  protocol: 1,
  activations: Object.keys(ACTIVATIONS),
  losses: Object.keys(LOSSES),
  dtypes: ["float64", "float32"],
  order: "reverse",
};

// What is missing for a problem; undefined if nothing is.
function lacking({ layers, loss }) {
  const unknown = layers.find(({ activation }) => !Object.hasOwn(ACTIVATIONS, activation));
  if (unknown) return `activation ${unknown.activation}`;
  if (!Object.hasOwn(LOSSES, loss)) return `loss ${loss}`;
}

function answer(message) {
  if ("protocol" in message) return GREETING;
  const { id, problem } = message;
  const unsupported = lacking(problem);
  return unsupported ? { id, unsupported } : { id, ...gradient(problem) };
}

// A string for NaN and Infinity, for which JSON has no number (and JSON.stringify writes null).
const jsonable = (_, value) => (typeof value !== "number" || isFinite(value) ? value : `${value}`);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)), jsonable)}\n`);
});
