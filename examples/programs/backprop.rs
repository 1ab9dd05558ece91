//! Backpropagation in Rust, as a program under test.
//!
//! It reads one JSON object a line and answers each with one, as docs/protocol.md has it. Equation
//! numbers are those of docs/derivation.md. All numbers are f64; the result of a float32 problem is
//! rounded once, by whoever reads it.
//!
//!     rustc -O -o backprop examples/programs/backprop.rs
//!     manual-backprop check --exec ./backprop

use std::io::{self, BufRead, Write};

type Vector = Vec<f64>;
type Matrix = Vec<Vector>;

/// Each activation: its name, f(p), and f'(p) in terms of x = f(p), so that only outputs are kept.
const ACTIVATIONS: [(&str, fn(f64) -> f64, fn(f64) -> f64); 4] = [
    ("identity", |p| p, |_| 1.0),
    ("tanh", f64::tanh, |x| 1.0 - x * x),
    ("sigmoid", sigmoid, |x| x * (1.0 - x)),
    ("relu", |p| p.max(0.0), |x| if x > 0.0 { 1.0 } else { 0.0 }),
];

/// 1 / (1 + e⁻ᵖ), from the exponential that does not overflow.
fn sigmoid(p: f64) -> f64 {
    let e = (-p.abs()).exp();
    if p >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

/// Each loss: its name, and ∇L in the outputs x of one sample, for its target y.
const LOSSES: [(&str, fn(&[f64], &[f64]) -> Vector); 2] = [
    ("half_squared_error", half_squared_error),
    ("softmax_cross_entropy", softmax_cross_entropy),
];

/// ∇L = x − y, of L = ½‖x − y‖².
fn half_squared_error(x: &[f64], y: &[f64]) -> Vector {
    x.iter().zip(y).map(|(x, y)| x - y).collect()
}

/// ∇L = softmax(x) − y, of L = −Σ y_i log softmax(x)_i with Σ y_i = 1.
///
/// softmax(x)_i = exp(x_i) / Σ_j exp(x_j); the largest x is subtracted first, which changes nothing
/// but that no exponential overflows.
fn softmax_cross_entropy(x: &[f64], y: &[f64]) -> Vector {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vector = x.iter().map(|x| (x - largest).exp()).collect();
    let total: f64 = e.iter().sum();
    e.iter().zip(y).map(|(e, y)| e / total - y).collect()
}

struct Layer {
    weights: Matrix, // W_k
    biases: Vector,  // b^(k)
    activation: fn(f64) -> f64,
    slope: fn(f64) -> f64,
}

/// The outputs x^(0), …, x^(N) of every layer, for one sample: (1.1).
fn forward(layers: &[Layer], x: &[f64]) -> Matrix {
    let mut outputs = vec![x.to_vec()];
    for layer in layers {
        let x = &outputs[outputs.len() - 1];
        let p = |(row, b): (&Vector, &f64)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b;
        let units = layer.weights.iter().zip(&layer.biases);
        outputs.push(units.map(p).map(layer.activation).collect());
    }
    outputs
}

/// Adds ∂L/∂W_k and ∂L/∂b^(k) of one sample to the sums, from the last layer to the first.
///
/// `x_bar` is ∂L/∂x^(k+1), which begins as ∇L(x^(N)).
fn backward(layers: &[Layer], outputs: &Matrix, mut x_bar: Vector, sums: &mut [(Matrix, Vector)]) {
    for (k, layer) in layers.iter().enumerate().rev() {
        let (x, above) = (&outputs[k], &outputs[k + 1]);
        let unit = |(&x, x_bar): (&f64, &f64)| (layer.slope)(x) * x_bar;
        let delta: Vector = above.iter().zip(&x_bar).map(unit).collect(); // (5.1), (5.2)
        let (dw, db) = &mut sums[k];
        for (i, delta) in delta.iter().enumerate() {
            dw[i].iter_mut().zip(x).for_each(|(dw, x)| *dw += delta * x); // (5.3): δ xᵀ
            db[i] += delta; // and δ
        }
        let below = |j: usize| layer.weights.iter().zip(&delta).map(|(row, d)| row[j] * d).sum();
        x_bar = (0..x.len()).map(below).collect(); // Wᵀ δ
    }
}

/// The gradient of the mean loss over the samples, (1.2): weights and biases, by layer.
fn gradient(
    layers: &[Layer],
    loss: fn(&[f64], &[f64]) -> Vector,
    inputs: &Matrix,
    targets: &Matrix,
) -> Vec<(Matrix, Vector)> {
    let zeros = |row: &Vector| vec![0.0; row.len()];
    let mut sums: Vec<(Matrix, Vector)> = layers
        .iter()
        .map(|layer| (layer.weights.iter().map(zeros).collect(), zeros(&layer.biases)))
        .collect();
    for (x, y) in inputs.iter().zip(targets) {
        let outputs = forward(layers, x);
        let x_bar = loss(&outputs[layers.len()], y);
        let share = x_bar.iter().map(|each| each / inputs.len() as f64).collect();
        backward(layers, &outputs, share, &mut sums);
    }
    sums
}

// ── JSON: just enough for this protocol, in which no text has an escape ──

enum Json {
    Null,
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

use Json::*;

impl Json {
    /// The value of a key; Null where there is none.
    fn get(&self, key: &str) -> &Json {
        let Object(pairs) = self else { return &Null };
        pairs.iter().find(|(name, _)| name == key).map_or(&Null, |(_, value)| value)
    }

    fn list(&self) -> &[Json] {
        if let List(values) = self { values } else { &[] }
    }

    fn text(&self) -> &str {
        if let Text(text) = self { text } else { "" }
    }

    fn number(&self) -> f64 {
        if let Number(number) = self { *number } else { f64::NAN }
    }

    fn vector(&self) -> Vector {
        self.list().iter().map(Json::number).collect()
    }

    fn matrix(&self) -> Matrix {
        self.list().iter().map(Json::vector).collect()
    }
}

/// A text that is read from its beginning.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    /// Moves past blanks, and past the character if it is the next one; whether it was.
    fn skipped(&mut self, wanted: char) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) {
        assert!(self.skipped(wanted), "{wanted:?} is missing before {:.20}", self.0);
    }

    /// Everything up to one of the characters.
    fn up_to(&mut self, ends: &[char]) -> &'a str {
        let (found, rest) = self.0.split_at(self.0.find(ends).unwrap_or(self.0.len()));
        self.0 = rest;
        found
    }

    fn text(&mut self) -> String {
        self.expect('"');
        let text = self.up_to(&['"']).to_string();
        self.expect('"');
        text
    }

    fn value(&mut self) -> Json {
        if self.skipped('[') {
            List(self.items(']', Reader::value))
        } else if self.skipped('{') {
            Object(self.items('}', |reader| {
                let key = reader.text();
                reader.expect(':');
                (key, reader.value())
            }))
        } else if self.0.starts_with('"') {
            Text(self.text())
        } else {
            let word = self.up_to(&[',', ']', '}', ' ', '\n']);
            if word == "null" { Null } else { Number(word.parse().expect("a number")) }
        }
    }

    fn items<T>(&mut self, end: char, item: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut items = vec![];
        while !self.skipped(end) {
            if !items.is_empty() {
                self.expect(',');
            }
            items.push(item(self));
        }
        items
    }
}

/// A number as JSON; for NaN and infinity, for which it has none, a string.
fn written(number: &f64) -> String {
    if number.is_finite() { format!("{number:?}") } else { format!("\"{number}\"") }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

// ── the protocol ──

fn greeting() -> String {
    let quoted = |name: &&str| format!("\"{name}\"");
    let activations = listed(ACTIVATIONS.iter().map(|(name, ..)| quoted(name)));
    let losses = listed(LOSSES.iter().map(|(name, _)| quoted(name)));
    format!(
        "{{\"protocol\": 1, \"activations\": {activations}, \"losses\": {losses}, \
         \"dtypes\": [\"float64\", \"float32\"], \"order\": \"reverse\"}}"
    )
}

fn layer(json: &Json) -> Option<Layer> {
    let name = json.get("activation").text();
    let &(_, activation, slope) = ACTIVATIONS.iter().find(|(known, ..)| *known == name)?;
    let weights = json.get("weights").matrix();
    let biases = match json.get("biases") {
        Null => vec![0.0; weights.len()],
        list => list.vector(),
    };
    Some(Layer { weights, biases, activation, slope })
}

/// The weights and biases of an answer; None if an activation or the loss is unknown.
fn solved(problem: &Json) -> Option<String> {
    let layers: Vec<Layer> = problem.get("layers").list().iter().map(layer).collect::<Option<_>>()?;
    let loss = problem.get("loss").text();
    let &(_, loss) = LOSSES.iter().find(|(known, _)| *known == loss)?;
    let (inputs, targets) = (problem.get("inputs").matrix(), problem.get("targets").matrix());
    let sums = gradient(&layers, loss, &inputs, &targets);
    let row = |row: &Vector| listed(row.iter().map(written));
    let weights = listed(sums.iter().map(|(dw, _)| listed(dw.iter().map(row))));
    let biases = listed(sums.iter().map(|(_, db)| row(db)));
    Some(format!("\"weights\": {weights}, \"biases\": {biases}"))
}

fn answer(message: &Json) -> String {
    if let Number(_) = message.get("protocol") {
        return greeting();
    }
    let unsupported = || "\"unsupported\": \"an activation or the loss\"".to_string();
    let content = solved(message.get("problem")).unwrap_or_else(unsupported);
    format!("{{\"id\": {}, {content}}}", message.get("id").number())
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let mut output = io::stdout().lock();
        writeln!(output, "{}", answer(&Reader(&line?).value()))?;
        output.flush()?;
    }
    Ok(())
}
