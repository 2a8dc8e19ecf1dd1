"""Memory for time: a pass is computed again, part by part, when its gradient is wanted."""

from itertools import pairwise
from typing import Any

import keras
import tensorflow as tf

# Layers to a part: about as many as a residual block has. What is between parts is kept.
_LAYERS = 8


def segments(network: keras.Model) -> list[keras.Model]:
    """The network in parts that follow each other, of the same layers.

    It is cut where nothing but one tensor goes on: between residual blocks, and in chains. A U-Net,
    whose skips go past every place, is one part.
    """
    layers = network.layers
    if any(isinstance(layer, keras.layers.Concatenate) for layer in layers):
        return [network]
    taken = {id(x): i for i, layer in enumerate(layers) for x in keras.tree.flatten(layer.input)}
    ends, began, needed = [network.input], 0, 0
    for i, layer in enumerate(layers[:-1]):
        # `needed`: the last layer that takes anything from before this one.
        if needed <= i and i - began >= _LAYERS:
            ends.append(layer.output)
            began = i
        needed = max(needed, taken[id(layer.output)])
    return [keras.Model(*part) for part in pairwise([*ends, network.output])]


def recomputed(parts: list[keras.Model], pictures: tf.Tensor) -> tf.Tensor:
    """What `parts` make of the pictures in training, one after the other.

    After Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016): of each part nothing
    but the output is kept in memory. The dropouts draw the same numbers again, so that the
    gradients are those of the pass itself.
    """
    for part in parts:
        pictures = _recomputed(part, pictures)
    return pictures


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
            # Not before the gradient has come back to here, or all would be kept after all.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(value) for value in inputs]
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(again)
                output = run(*again)
            to_pictures, *to_weights = tape.gradient(output, again, output_gradients=upstream)
            # First the weights' gradients, or what they are taken from would be kept while the
            # parts before this one are computed.
            with tf.control_dependencies([each for each in to_weights if each is not None]):
                return [tf.identity(to_pictures), *to_weights]

        return run(*inputs), gradients

    output = once(pictures, *(tf.convert_to_tensor(weight.value) for weight in weights))
    for state, value in zip(states, after, strict=True):
        state.assign(value)
    return output
