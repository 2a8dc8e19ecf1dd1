"""Memory for time: a network's pass is computed again when its gradient is wanted."""

from typing import Any

import keras
import tensorflow as tf


def recomputed(network: keras.Model, pictures: tf.Tensor) -> tf.Tensor:
    """`network(pictures, training=True)`, of which nothing but the output is kept in memory.

    After Chen et al., "Training Deep Nets with Sublinear Memory Cost" (2016), with a whole pass as
    the segment. The dropouts draw the same numbers again, so that the gradients are those of the
    pass itself.
    """
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
            return tape.gradient(output, again, output_gradients=upstream)

        return run(*inputs), gradients

    output = once(pictures, *(tf.convert_to_tensor(weight.value) for weight in weights))
    for state, value in zip(states, after, strict=True):
        state.assign(value)
    return output
