"""A program under test that does one thing wrong: `python misbehaving.py MODE [FILE]`.

It answers zeros of the right shapes, but where its mode says otherwise. Its process number, and
its child's, go to standard error and to the file, so that a test can see whether they are gone.
"""

import json
import os
import signal
import sys
import time

GREETING = {
    "protocol": 1,
    "activations": ["identity"],
    "losses": ["identity_sum", "half_squared_error"],
    "dtypes": ["float64", "float32"],
    "order": "reverse",
}


def zeros(message):
    """An answer of the right shapes."""
    layers = message["problem"]["layers"]
    weights = [[[0.0] * len(row) for row in layer["weights"]] for layer in layers]
    return {"id": message["id"], "weights": weights, "biases": [[0.0] * len(w) for w in weights]}


def say(value):
    """One line, at once."""
    print(value if isinstance(value, str) else json.dumps(value), flush=True)


def complain(text):
    """One line on standard error."""
    print(text, file=sys.stderr, flush=True)


def die(text, status):
    """The end, with last words."""
    complain(text)
    sys.exit(status)


def write_without_end(text):
    """More than anybody reads."""
    while True:
        sys.stdout.write(text)


def tell_number():
    """Its process number, to whom it may concern."""
    complain(f"number {os.getpid()}")
    for file in sys.argv[2:]:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(str(os.getpid()))


def leave_a_child():
    """A child that holds the pipes open for a minute, after the end of the program itself."""
    there, tell = os.pipe()
    if os.fork() == 0:
        tell_number()
        os.write(tell, b"!")
        time.sleep(60)
    os.read(there, 1)
    os._exit(0)


def close_output():
    """Nothing to read any more, from a program that goes on."""
    os.close(1)
    time.sleep(60)


def ignore_everything():
    """No end by any signal that can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# ── answers to a problem; `number` counts them from 1 ──


def entries(text):
    """An answer whose weight gradients are that text."""
    return lambda number, message: say(
        f'{{"id": {message["id"]}, "weights": {text}, "biases": [[0.0]]}}'
    )


def on_third(act):
    """An answer that does something else on the third problem."""
    return lambda number, message: act() if number == 3 else say(zeros(message))


ANSWERS = {
    "dies on the third": on_third(lambda: die("no third licence", 7)),
    "killed": lambda number, message: os.kill(os.getpid(), signal.SIGSEGV),
    "hangs": lambda number, message: (complain("thinking"), time.sleep(60)),
    "endless line": lambda number, message: write_without_end("nothing but digits 0123456789"),
    "endless lines": lambda number, message: write_without_end("y\n"),
    "endless complaints": lambda number, message: [complain("no " * 1000) for _ in iter(int, 1)],
    "prose": lambda number, message: say("the gradient\x1b[31m is 3.5"),
    "half a line": lambda number, message: (sys.stdout.write('{"id": 1'), die("", 0)),
    "latin-1": lambda number, message: os.write(1, b'{"id": "\xe9"}\n'),
    "a list": lambda number, message: say([1, 2]),
    "deep": lambda number, message: say("[" * 100_000),
    "nan": lambda number, message: say(f'{{"id": {message["id"]}, "weights": [[[NaN]]]}}'),
    "one late": lambda number, message: say(zeros(message) | {"id": message["id"] - 1}),
    "no id": lambda number, message: say({"weights": [], "biases": []}),
    "a true id": lambda number, message: say(zeros(message) | {"id": True}),
    "twice": lambda number, message: [say(zeros(message)) for _ in range(2)],
    "closes its output": lambda number, message: close_output(),
    "leaves a child": lambda number, message: leave_a_child(),
    "huge": lambda number, message: say(zeros(message) | {"comment": "x" * 3_000_000}),
    "unsupported": lambda number, message: say({"id": message["id"], "unsupported": "\x1b not I"}),
    "no biases": lambda number, message: say({"id": message["id"], "weights": []}),
    "ragged": entries("[[[1.0], [1.0, 2.0]]]"),
    "mixed": entries("[[1.0, [2.0]]]"),
    "too deep": entries("[[[[1.0]]]]"),
    "too many layers": entries("[[[1.0]], [[1.0]]]"),
    "an object": entries('{"0": [[1.0]]}'),
    "null": entries("[[[null]]]"),
    "true": entries("[[[true]]]"),
    "a word": entries('[[["1.5"]]]'),
    "another shape": entries("[[[1.0, 2.0]]]"),
    "hex": entries('[[["-0x1.8p+1"]]]'),
    "infinite": entries('[[["-Infinity"]]]'),
    "beyond": entries("[[[1e999]]]"),
    "middle": entries("[[[1.0000000596046447753906250001]]]"),
    "dies on large numbers": lambda number, message: (
        die("too large", 1) if message["problem"]["inputs"][0][0] > 1 else say(zeros(message))
    ),
}

# ── answers to the greeting ──

GREETINGS = {
    "protocol 2": GREETING | {"protocol": 2},
    "protocol true": GREETING | {"protocol": True},
    "no lists": {"protocol": 1, "losses": "huber", "order": "backward"},
    "unknown names": GREETING | {"activations": ["tahn", "identity"], "dtypes": ["float46", 3]},
    "empty": GREETING | {"losses": []},
    "an extra key": GREETING | {"author": "me"},
    "a greeting in prose": "Welcome to backprop 1.0!",
}


def main(mode):
    """The program."""
    if mode == "dies at once":
        die("no licence", 3)
    if mode == "speaks first":
        say("ready")
    if mode == "ignores everything":
        ignore_everything()
    tell_number()
    greet(mode)
    for number, line in enumerate(sys.stdin, start=1):
        message = json.loads(line)
        ANSWERS.get(mode, lambda number, message: say(zeros(message)))(number, message)
    while mode == "ignores everything":
        time.sleep(60)


def greet(mode):
    """The answer to the first line."""
    sys.stdin.readline()
    if mode == "hangs at the greeting":
        time.sleep(60)
    say(GREETINGS.get(mode, GREETING))
    if mode == "does not read":
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
