"""An ensemble of bidirectional peephole LSTM networks, all run side by side.

madmom steps each of its eight small networks through time in Python, one after the other. Here the input products of a
layer are one matrix product a network and direction, and the recurrence of all networks and both directions is one
compiled loop. The answers are madmom's to within 1e-4 (tested).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np


@dataclass(frozen=True)
class BidirectionalLayer:
    """One layer of every network. Directions are stacked: networks forward, then networks backward (k = 2 n).

    weights : (k, inputs, 4 units), bias : (k, 4 units), recurrent : (k, units, 4 units), in the order input gate,
    forget gate, cell, output gate; peephole : (k, 3, units), of the input, forget and output gates
    """

    weights: np.ndarray
    bias: np.ndarray
    recurrent: np.ndarray
    peephole: np.ndarray


@dataclass(frozen=True)
class Ensemble:
    """Layers, and each network's output layer: weights (n, 2 units, classes), bias (n, classes)."""

    layers: list[BidirectionalLayer]
    output_weights: np.ndarray
    output_bias: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """The mean over the networks of their softmax outputs, (frames, classes)."""
        networks = len(self.output_bias)
        inputs = [features] * networks
        for layer in self.layers:
            inputs = _run_layer(layer, inputs)
        total = np.zeros((len(features), self.output_bias.shape[1]), np.float32)
        for network in range(networks):
            scores = inputs[network] @ self.output_weights[network] + self.output_bias[network]
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            total += scores / scores.sum(axis=1, keepdims=True)
        return total / networks


def from_madmom(networks: list) -> Ensemble:
    """Pack madmom's `NeuralNetwork` objects (bidirectional LSTM layers, then a softmax layer)."""
    depth = len(networks[0].layers) - 1
    layers = []
    for index in range(depth):
        both = [net.layers[index].fwd_layer for net in networks] + [net.layers[index].bwd_layer for net in networks]
        gates = [(one.input_gate, one.forget_gate, one.cell, one.output_gate) for one in both]
        layers.append(
            BidirectionalLayer(
                _stack(np.hstack([gate.weights for gate in four]) for four in gates),
                _stack(np.concatenate([gate.bias for gate in four]) for four in gates),
                _stack(np.hstack([gate.recurrent_weights for gate in four]) for four in gates),
                _stack(np.stack([four[i].peephole_weights for i in (0, 1, 3)]) for four in gates),
            )
        )
    return Ensemble(
        layers, _stack(net.layers[-1].weights for net in networks), _stack(net.layers[-1].bias for net in networks)
    )


def _stack(arrays) -> np.ndarray:
    return np.ascontiguousarray(np.stack(list(arrays)), dtype=np.float32)


def _run_layer(layer: BidirectionalLayer, inputs: list[np.ndarray]) -> list[np.ndarray]:
    networks, frames = len(inputs), len(inputs[0])
    units = layer.recurrent.shape[1]
    products = np.empty((2 * networks, frames, 4 * units), np.float32)
    for network, values in enumerate(inputs):
        products[network] = values @ layer.weights[network] + layer.bias[network]
        backward = networks + network
        products[backward] = (values @ layer.weights[backward] + layer.bias[backward])[::-1]
    hidden = np.empty((2 * networks, frames, units), np.float32)
    _recur(products, layer.recurrent, layer.peephole, hidden)
    return [np.hstack([hidden[n], hidden[networks + n][::-1]]) for n in range(networks)]


@numba.njit(fastmath=True, cache=True, inline="always")
def _tanh(x):
    """Rational approximation of tanh, exact to a few units in the last place of float32 (as in Eigen)."""
    x = min(max(x, np.float32(-7.9)), np.float32(7.9))
    s = x * x
    p = np.float32(-2.76076847742355e-16)
    p = p * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06)
    q = q * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


@numba.njit(fastmath=True, cache=True, inline="always")
def _sigmoid(x):
    half = np.float32(0.5)
    return half * _tanh(half * x) + half


@numba.njit(fastmath=True, cache=True)
def _recur(products, recurrent, peephole, hidden):
    stacked, frames, _ = products.shape
    units = recurrent.shape[1]
    for k in range(stacked):
        state = np.zeros(units, np.float32)
        output = np.zeros(units, np.float32)
        z = np.empty(4 * units, np.float32)
        matrix = recurrent[k]
        for t in range(frames):
            row = products[k, t]
            for j in range(4 * units):
                z[j] = row[j]
            for i in range(units):
                value = output[i]
                weights = matrix[i]
                for j in range(4 * units):
                    z[j] += value * weights[j]
            for j in range(units):
                gate_in = _sigmoid(z[j] + state[j] * peephole[k, 0, j])
                forget = _sigmoid(z[units + j] + state[j] * peephole[k, 1, j])
                state[j] = _tanh(z[2 * units + j]) * gate_in + state[j] * forget
                output[j] = _tanh(state[j]) * _sigmoid(z[3 * units + j] + state[j] * peephole[k, 2, j])
                hidden[k, t, j] = output[j]
