"""Layers that Keras does not have, and how first weights are drawn."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf


class InstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each picture over its height and width.

    `scale * (x - mean) / sqrt(variance + epsilon) + offset`, from Ulyanov et al., "Instance
    Normalization: The Missing Ingredient for Fast Stylization" (2016).

    Input and output: float (batch, height, width, channels). Of a 1x1 picture nothing but
    `offset` comes out.

    Args:
      epsilon: added to the variance.
      affine: whether there are `scale` and `offset`, as in tensorflow_examples' pix2pix module; the
        paper's networks have neither.
      scale_mean: `scale` is first drawn from N(scale_mean, 0.02); `offset` is zero.
      seed: of `scale`; None draws one.
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        affine: bool = True,
        scale_mean: float = 1.0,
        seed: int | None = None,
    ):
        super().__init__()
        self.epsilon = epsilon
        self._affine = affine
        self._initializer = keras.initializers.RandomNormal(scale_mean, 0.02, seed=seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self._affine:
            shape = (input_shape[-1],)
            self.scale = self.add_weight(name="scale", shape=shape, initializer=self._initializer)
            self.offset = self.add_weight(name="offset", shape=shape, initializer="zeros")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        gain = tf.math.rsqrt(variance + self.epsilon)
        if not self._affine:
            return (x - mean) * gain
        return (x - mean) * (gain * self.scale) + self.offset


class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by mirroring about the border pixels, which are not repeated.

    (batch, height, width, channels) to (batch, height + 2 size, width + 2 size, channels). Height
    and width must be larger than `size`.
    """

    def __init__(self, size: int):
        super().__init__()
        self._size = size

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, 0], [self._size] * 2, [self._size] * 2, [0, 0]], "REFLECT")


class LeakyMaximum(keras.layers.Layer):
    """A leaky ReLU written as `max(x, slope * x)`, for use right after a bias.

    Of a convolution, a bias and TensorFlow's own leaky ReLU its graph optimizer makes one operation
    and then misses the bias in the gradient: it gives up, with an error on standard error, and
    with all its other work on the graph.

    Input and output: float of any shape. `slope` is between 0 and 1.
    """

    def __init__(self, slope: float):
        super().__init__()
        self.slope = slope

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.maximum(x, self.slope * x)


def kernel_initializer(seeds: Iterator[int]) -> keras.initializers.Initializer:
    """Kernels from N(0, 0.02), as the paper and all its ports have them."""
    return keras.initializers.RandomNormal(0.0, 0.02, seed=next(seeds))


def draw_seeds(seed: int | None) -> Iterator[int]:
    """Seeds without end. For one seed and shape Keras draws the same numbers each time, so each
    layer needs a seed of its own."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
