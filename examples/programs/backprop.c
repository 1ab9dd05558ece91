/* Backpropagation in C11, as a program under test.

   It reads one JSON object a line and answers each with one, as docs/protocol.md has it. Equation
   numbers are those of docs/derivation.md. All numbers are double, that is float64; the result of a
   float32 problem is rounded once, by whoever reads it.

       cc -std=c11 -O2 -o backprop examples/programs/backprop.c -lm
       manual-backprop check --exec ./backprop
*/

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS 64          /* at most; a deeper network is "unsupported" */
#define NUMBERS (1U << 22) /* at most, of one problem and its gradient */

/* ── memory: zeros, given back all at once when a problem is answered ── */

static double memory[NUMBERS];
static size_t used = 0;

static double *zeros(size_t count) {
    if (count > NUMBERS - used) {
        fprintf(stderr, "more than %u numbers\n", NUMBERS);
        exit(EXIT_FAILURE);
    }
    double *room = memory + used;
    used += count;
    for (size_t n = 0; n < count; ++n) room[n] = 0;
    return room;
}

/* ── activations: f(p), and f'(p) in terms of x = f(p), so that only the outputs are kept ── */

static double identity(double p) { return p; }
static double identity_slope(double x) { return (void)x, 1; }
static double tanh_slope(double x) { return 1 - x * x; }
static double sigmoid(double p) { /* 1 / (1 + e⁻ᵖ), by the exponential that does not overflow */
    double e = exp(-fabs(p));
    return p >= 0 ? 1 / (1 + e) : e / (1 + e);
}
static double sigmoid_slope(double x) { return x * (1 - x); }
static double relu(double p) { return p < 0 ? 0 : p; }
static double relu_slope(double x) { return x > 0 ? 1 : 0; }

static const struct activation {
    const char *name;
    double (*f)(double), (*slope)(double);
} ACTIVATIONS[] = {
    {"\"identity\"", identity, identity_slope},
    {"\"tanh\"", tanh, tanh_slope},
    {"\"sigmoid\"", sigmoid, sigmoid_slope},
    {"\"relu\"", relu, relu_slope},
};

/* ── losses: ∇L in the n outputs x of one sample, for its target y ── */

static void half_squared_error(size_t n, const double *x, const double *y, double *gradient) {
    for (size_t i = 0; i < n; ++i) gradient[i] = x[i] - y[i]; /* L = ½‖x − y‖² */
}

/* L = −Σ y_i log softmax(x)_i with Σ y_i = 1; softmax(x)_i = exp(x_i) / Σ_j exp(x_j). The largest x
   is subtracted first, which changes nothing but that no exponential overflows. */
static void softmax_cross_entropy(size_t n, const double *x, const double *y, double *gradient) {
    double largest = x[0], total = 0;
    for (size_t i = 1; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
    for (size_t i = 0; i < n; ++i) total += gradient[i] = exp(x[i] - largest);
    for (size_t i = 0; i < n; ++i) gradient[i] = gradient[i] / total - y[i];
}

static const struct loss {
    const char *name;
    void (*gradient)(size_t, const double *, const double *, double *);
} LOSSES[] = {
    {"\"half_squared_error\"", half_squared_error},
    {"\"softmax_cross_entropy\"", softmax_cross_entropy},
};

/* ── the gradient ── */

struct matrix {
    size_t rows, columns;
    double *entries; /* row by row */
};

struct layer {
    struct matrix W, b; /* W_k; b^(k), one row, or none */
    const struct activation *activation;
    double *dW, *db; /* ∂L/∂W_k and ∂L/∂b^(k), summed over the samples */
    double *x;       /* x^(k+1), the layer's outputs for the sample in hand */
};

/* The outputs of one layer from those of the layer before: (1.1). */
static void forward(struct layer *layer, const double *x) {
    for (size_t i = 0; i < layer->W.rows; ++i) {
        double p = layer->b.rows ? layer->b.entries[i] : 0;
        for (size_t j = 0; j < layer->W.columns; ++j)
            p += layer->W.entries[i * layer->W.columns + j] * x[j];
        layer->x[i] = layer->activation->f(p);
    }
}

/* Turns x_bar from ∂L/∂x^(k+1) into ∂L/∂x^(k), and adds the layer's gradients on the way. */
static void backward(struct layer *layer, const double *x, double *x_bar, double *delta) {
    size_t m = layer->W.rows, n = layer->W.columns;
    for (size_t i = 0; i < m; ++i)
        delta[i] = layer->activation->slope(layer->x[i]) * x_bar[i]; /* (5.1), (5.2) */
    for (size_t i = 0; i < m; ++i) {                                 /* (5.3): δ xᵀ, and δ */
        for (size_t j = 0; j < n; ++j) layer->dW[i * n + j] += delta[i] * x[j];
        layer->db[i] += delta[i];
    }
    for (size_t j = 0; j < n; ++j) { /* Wᵀ δ, for the layer before */
        x_bar[j] = 0;
        for (size_t i = 0; i < m; ++i) x_bar[j] += layer->W.entries[i * n + j] * delta[i];
    }
}

/* The gradient of the mean loss over the samples, the rows of X and Y: (1.2). */
static void gradient(struct layer *layers, size_t depth, const struct loss *loss, struct matrix X,
                     struct matrix Y) {
    size_t widest = X.columns;
    for (size_t k = 0; k < depth; ++k)
        widest = layers[k].W.rows > widest ? layers[k].W.rows : widest;
    double *x_bar = zeros(widest), *delta = zeros(widest);
    for (size_t s = 0; s < X.rows; ++s) {
        double *input = X.entries + s * X.columns;
        for (size_t k = 0; k < depth; ++k) forward(&layers[k], k ? layers[k - 1].x : input);
        loss->gradient(Y.columns, layers[depth - 1].x, Y.entries + s * Y.columns, x_bar);
        for (size_t i = 0; i < Y.columns; ++i) x_bar[i] /= (double)X.rows;
        for (size_t k = depth; k-- > 0;)
            backward(&layers[k], k ? layers[k - 1].x : input, x_bar, delta);
    }
}

/* ── JSON: just enough for this protocol, in which no text has a blank or an escape ── */

/* Where the value of a key begins; the first such key from here on. */
static const char *value_of(const char *json, const char *key) {
    const char *found = strstr(json, key);
    if (!found) {
        fprintf(stderr, "there is no %s\n", key);
        exit(EXIT_FAILURE);
    }
    return found + strlen(key) + strspn(found + strlen(key), ": ");
}

/* The shape of [[…], …] or […]; its numbers too, if there is a place for them. null has no rows. */
static struct matrix scanned(const char *at, double *entries) {
    struct matrix matrix = {0, 0, entries};
    size_t count = 0, depth = 0;
    do {
        char *end = (char *)at + 1;
        if (*at == '[') matrix.rows += ++depth == 2;
        else if (*at == ']') --depth;
        else if (strchr("-0123456789", *at)) {
            double number = strtod(at, &end);
            if (entries) entries[count] = number;
            ++count;
        }
        at = end;
    } while (depth && *at);
    if (count && !matrix.rows) matrix.rows = 1;
    matrix.columns = count ? count / matrix.rows : 0;
    return matrix;
}

static struct matrix read_matrix(const char *at) {
    struct matrix shape = scanned(at, NULL);
    return scanned(at, zeros(shape.rows * shape.columns));
}

/* A row as a list; for nan and infinity, for which JSON has no number, a string. */
static void write_row(const double *row, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        putchar(i ? ',' : '[');
        printf(isfinite(row[i]) ? "%.17g" : "\"%g\"", row[i]); /* 17 digits read back to the bit */
    }
    putchar(']');
}

/* ── the protocol ── */

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The entry of a table whose name stands here; NULL if it is none of them. */
static const struct activation *activation_at(const char *at) {
    for (size_t n = 0; n < COUNT(ACTIVATIONS); ++n)
        if (!strncmp(at, ACTIVATIONS[n].name, strlen(ACTIVATIONS[n].name))) return &ACTIVATIONS[n];
    return NULL;
}

static const struct loss *loss_at(const char *at) {
    for (size_t n = 0; n < COUNT(LOSSES); ++n)
        if (!strncmp(at, LOSSES[n].name, strlen(LOSSES[n].name))) return &LOSSES[n];
    return NULL;
}

/* Reads the layer that begins here; whether its activation is known. */
static int read_layer(const char *at, struct layer *layer) {
    layer->activation = activation_at(value_of(at, "\"activation\""));
    layer->W = read_matrix(value_of(at, "\"weights\""));
    layer->b = read_matrix(value_of(at, "\"biases\""));
    layer->dW = zeros(layer->W.rows * layer->W.columns);
    layer->db = zeros(layer->W.rows);
    layer->x = zeros(layer->W.rows);
    return layer->activation != NULL;
}

static void write_gradient(const struct layer *layers, size_t depth) {
    fputs("\"weights\": [", stdout);
    for (size_t k = 0; k < depth; ++k) {
        struct matrix W = layers[k].W;
        for (size_t i = 0; i < W.rows; ++i) {
            fputs(i ? ", " : k ? ", [" : "[", stdout);
            write_row(layers[k].dW + i * W.columns, W.columns);
        }
        putchar(']');
    }
    fputs("], \"biases\": [", stdout);
    for (size_t k = 0; k < depth; ++k) {
        if (k) putchar(',');
        write_row(layers[k].db, layers[k].W.rows);
    }
    puts("]}");
}

static void answer(const char *line) {
    struct layer layers[LAYERS];
    size_t depth = 0;
    const struct loss *loss = loss_at(value_of(line, "\"loss\""));
    int known = loss != NULL;
    const char *at = strchr(value_of(line, "\"layers\""), '{');
    while (at && known && (known = depth < LAYERS && read_layer(at, &layers[depth++]))) {
        at = strchr(at, '}') + 1;
        at = at[strspn(at, " ")] == ',' ? strchr(at, '{') : NULL;
    }
    printf("{\"id\": %.0f, ", strtod(value_of(line, "\"id\""), NULL));
    if (known) {
        struct matrix X = read_matrix(value_of(line, "\"inputs\""));
        gradient(layers, depth, loss, X, read_matrix(value_of(line, "\"targets\"")));
        write_gradient(layers, depth);
    } else puts("\"unsupported\": \"an activation, a loss or a depth\"}");
}

/* The next line of standard input; NULL at its end. */
static char *next_line(void) {
    static char *line = NULL;
    static size_t room = 0;
    size_t length = 0;
    for (int c; (c = getchar()) != EOF && c != '\n'; line[length++] = (char)c)
        if (length + 1 >= room && !(line = realloc(line, room = 2 * room + 4096)))
            exit(EXIT_FAILURE);
    if (!length) return NULL;
    line[length] = '\0';
    return line;
}

int main(void) {
    for (char *line; (line = next_line()); fflush(stdout), used = 0) {
        if (!strstr(line, "\"protocol\"")) answer(line);
        else
            puts("{\"protocol\": 1, \"order\": \"reverse\", "
                 "\"dtypes\": [\"float64\", \"float32\"], "
                 "\"activations\": [\"identity\", \"tanh\", \"sigmoid\", \"relu\"], "
                 "\"losses\": [\"half_squared_error\", \"softmax_cross_entropy\"]}");
    }
}
