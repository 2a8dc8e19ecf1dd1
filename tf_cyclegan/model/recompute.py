"""Gradient checkpointing: activations are recomputed in the backward pass, part by part.

Unlike with `keras.remat`, dropout layers draw the same numbers in the second pass.
"""

from itertools import pairwise
from typing import Any

import keras
import tensorflow as tf

from tf_cyclegan.networks.attention_mask import Blend

# Layers in a part: about as many as in a residual block. The tensors between parts are kept.
_LAYERS = 8


def segments(network: keras.Model) -> list[keras.layers.Layer]:
    """The network as a sequence of parts that share its layers.

    It is cut where a single tensor passes on: between residual blocks, and in chains. A U-Net is
    one part, since its skip connections pass every cut.
    """
    layers = network.layers
    if isinstance(layers[-1], Blend):
        pictures, made = layers[-1].input
        return [*segments(keras.Model(pictures, made)), layers[-1]]
    if any(isinstance(layer, keras.layers.Concatenate) for layer in layers):
        return [network]
    taken = {id(x): i for i, layer in enumerate(layers) for x in keras.tree.flatten(layer.input)}
    ends, began, needed = [network.input], 0, 0
    for i, layer in enumerate(layers[:-1]):
        # `needed`: the last layer with an input from before this one.
        if needed <= i and i - began >= _LAYERS:
            ends.append(layer.output)
            began = i
        needed = max(needed, taken[id(layer.output)])
    return [keras.Model(*part) for part in pairwise([*ends, network.output])]


def recomputed(parts: list[keras.layers.Layer], pictures: tf.Tensor) -> tf.Tensor:
    """The parts applied one after the other, in training, keeping only their outputs.

    Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016). Dropout draws the same
    numbers in the second pass, so the gradients are those of the first.
    """
    made = pictures
    for part in parts:
        made = part([pictures, made]) if isinstance(part, Blend) else _recomputed(part, made)
    return made


def _recomputed(network: keras.Model, pictures: tf.Tensor) -> tf.Tensor:
    weights = network.trainable_variables
    states = network.non_trainable_variables
    before = [tf.identity(state.value) for state in states]
    after: list[tf.Tensor] = []

    def run(pictures: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
        with keras.StatelessScope() as scope:
            for variable, value in zip([*weights, *states], [*values, *before], strict=True):
                scope.state_mapping[id(variable)] = value
            output = network(pictures, training=True)
        after[:] = [scope.get_current_value(state) for state in states]
        return output

    @tf.custom_gradient
    def once(*inputs: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradients(upstream: tf.Tensor) -> list[tf.Tensor]:
            # Only once the gradient has arrived: else everything would be kept after all.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(value) for value in inputs]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(again)
                output = run(*again)
            to_pictures, *to_weights = tape.gradient(output, again, output_gradients=upstream)
            # Weights first: else their activations would be kept while earlier parts are computed.
            with tf.control_dependencies([each for each in to_weights if each is not None]):
                return [tf.identity(to_pictures), *to_weights]

        return run(*inputs), gradients

    output = once(pictures, *(tf.convert_to_tensor(weight.value) for weight in weights))
    for state, value in zip(states, after, strict=True):
        state.assign(value)
    return output
