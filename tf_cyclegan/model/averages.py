"""Averages of the generators' weights over the steps of training."""

import keras
import tensorflow as tf


def rate_at(step: tf.Tensor, rate: float) -> tf.Tensor:
    """The decay after a step: min(rate, (1 + t) / (10 + t)), so that early weights fade soon.

    Args:
      step: t, the number of steps done, float32.
      rate: what it becomes in the end, such as 0.999.
    """
    return tf.minimum(rate, (1.0 + step) / (10.0 + step))


def update(average: keras.Model, network: keras.Model, rate: tf.Tensor) -> None:
    """Moves the average's weights towards the network's: a <- rate * a + (1 - rate) * w.

    Exponential moving averages of generators' weights: Yazici et al., "The Unusual Effectiveness
    of Averaging in GAN Training" (2019), equation 2. They are float32 whatever the networks compute
    in.
    """
    for mean, weight in _pairs(average, network):
        # One fused pass, instead of a product and an assignment.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=mean.value.handle,
            alpha=1.0 - rate,
            delta=mean.value - tf.convert_to_tensor(weight.value),
        )


def restart(average: keras.Model, network: keras.Model) -> None:
    """Sets the average's weights to the network's."""
    for mean, weight in _pairs(average, network):
        mean.assign(weight)


def _pairs(
    average: keras.Model, network: keras.Model
) -> "zip[tuple[keras.Variable, keras.Variable]]":
    return zip(average.trainable_variables, network.trainable_variables, strict=True)
