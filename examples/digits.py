"""Gradient descent (6.1) learns scikit-learn's handwritten digits.

A 64-64-10 network on 8 × 8 pictures: 1,347 to learn from, 450 to be tested on.
"""

import sys
import time
from itertools import islice

import numpy as np

from manual_backprop import Network, Problem
from manual_backprop.forward import forward
from manual_backprop.training import descent

try:
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
except ImportError:
    sys.exit("This example's pictures come with scikit-learn: python -m pip install scikit-learn")

pictures, digits = load_digits(return_X_y=True)
learn, test, learn_digits, test_digits = train_test_split(
    pictures / 16, digits, test_size=0.25, stratify=digits, random_state=0
)
network = Network.random((64, 64, 10), ["tanh", "identity"], seed=0)
problem = Problem(network, learn, np.eye(10)[learn_digits], loss="softmax_cross_entropy")

EPOCHS = 30
start = time.perf_counter()
epochs = islice(descent(problem, learning_rate=0.3, batch_size=32, seed=0), EPOCHS + 1)
for epoch, (network, loss) in enumerate(epochs):
    answers = forward(network, test).outputs[-1].argmax(axis=1)
    accuracy = np.mean(answers == test_digits)
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d}   loss {loss:.4f}   test accuracy {accuracy:.1%}")
print(f"test accuracy {accuracy:.1%} after {time.perf_counter() - start:.1f} s")
