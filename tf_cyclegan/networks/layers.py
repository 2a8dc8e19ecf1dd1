"""Layers that Keras does not have."""

import keras
import tensorflow as tf


class InstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each picture over its height and width.

    `scale * (x - mean) / sqrt(variance + epsilon) + offset`, from Ulyanov et al., "Instance
    Normalization: The Missing Ingredient for Fast Stylization" (2016), as tensorflow_examples'
    pix2pix module initialises it: `scale` from N(1, 0.02), `offset` zero.

    Input and output: float (batch, height, width, channels). Of a 1x1 picture nothing but
    `offset` comes out.
    """

    def __init__(self, epsilon: float = 1e-5, seed: int | None = None):
        super().__init__()
        self.epsilon = epsilon
        self._seed = seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1],)
        initializer = keras.initializers.RandomNormal(1.0, 0.02, seed=self._seed)
        self.scale = self.add_weight(name="scale", shape=shape, initializer=initializer)
        self.offset = self.add_weight(name="offset", shape=shape, initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        gain = self.scale * tf.math.rsqrt(variance + self.epsilon)
        return (x - mean) * gain + self.offset
