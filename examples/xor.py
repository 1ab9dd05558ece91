"""Gradient descent (6.1) teaches a 2-2-1 network the exclusive or."""

import numpy as np

from manual_backprop import Network, Problem
from manual_backprop.forward import forward
from manual_backprop.training import train

EPOCHS = 200
inputs = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = np.array([[0.0], [1.0], [1.0], [0.0]])

network = Network.random((2, 2, 1), ["tanh", "identity"], seed=0)
problem = Problem(network, inputs, targets, loss="half_squared_error")
training = train(problem, learning_rate=0.5, epochs=EPOCHS)

print("A 2-2-1 network, tanh then identity; full batch, learning rate 0.5")
for epoch in range(0, EPOCHS + 1, EPOCHS // 4):
    print(f"  epoch {epoch:3d}   loss {training.losses[epoch]:.6f}")

right = 0
for x, y in zip(inputs, targets, strict=True):
    output = forward(training.network, x).outputs[-1].item()
    answer = int(output > 0.5)
    right += answer == y.item()
    print(f"  {x[0]:.0f} xor {x[1]:.0f} = {answer}   (the network says {output:.3f})")
print(f"{right} of 4 right")
