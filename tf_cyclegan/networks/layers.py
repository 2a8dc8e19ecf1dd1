"""Layers that Keras does not have, and how first weights are drawn."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan import cores

# Weights that a thread draws at a time.
_PART = 2**19

_Gradients = Callable[[tf.Tensor], list[tf.Tensor]]


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
      **settings: Keras' own. Whatever `dtype` is, mean and variance are computed in float32.
    """

    def __init__(
        self,
        epsilon: float = 1e-5,
        affine: bool = True,
        scale_mean: float = 1.0,
        seed: int | None = None,
        **settings: Any,
    ):
        super().__init__(**settings)
        self.epsilon = epsilon
        self.affine = affine
        self._initializer = Normal(scale_mean, seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.affine:
            shape = (input_shape[-1],)
            self.scale = self.add_weight(
                name="scale", shape=shape, initializer=self._initializer, autocast=False
            )
            self.offset = self.add_weight(
                name="offset", shape=shape, initializer="zeros", autocast=False
            )

    def call(self, x: tf.Tensor) -> tf.Tensor:
        if not self.affine:
            return instance_norm(x, epsilon=self.epsilon)
        scale, offset = (tf.convert_to_tensor(weight) for weight in (self.scale, self.offset))
        return instance_norm(x, scale, offset, epsilon=self.epsilon)


def instance_norm(x: tf.Tensor, *affine: tf.Tensor, epsilon: float = 1e-5) -> tf.Tensor:
    """The instance norm of (batch, height, width, channels), with a gradient of its own.

    TensorFlow's gradient of `tf.nn.moments` takes five times as many operations, which were half
    of the training step's graph. All in between is float32, whatever `x` is. It can be
    differentiated twice, as a gradient penalty does.

    Args:
      x: float (batch, height, width, channels).
      *affine: scale and offset, float32 (channels,) both; or nothing.
      epsilon: added to the variance.
    """

    @tf.custom_gradient
    def normalize(x: tf.Tensor, *affine: tf.Tensor) -> tuple[tf.Tensor, _Gradients]:
        wide = tf.cast(x, tf.float32)
        centred = wide - tf.reduce_mean(wide, [1, 2], keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), [1, 2], keepdims=True)
        gain = tf.math.rsqrt(variance + epsilon)
        normal = centred * gain

        def gradients(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.cast(upstream, tf.float32)
            shift = tf.reduce_mean(upstream, [1, 2], keepdims=True)
            slope = tf.reduce_mean(upstream * normal, [1, 2], keepdims=True)
            to_x = (upstream - shift - normal * slope) * (gain * affine[0] if affine else gain)
            if not affine:
                return [tf.cast(to_x, x.dtype)]
            pixels = _pixels(x)
            to_affine = (pixels * tf.reduce_sum(each, [0, 1, 2]) for each in (slope, shift))
            return [tf.cast(to_x, x.dtype), *to_affine]

        y = normal * affine[0] + affine[1] if affine else normal
        return tf.cast(y, x.dtype), gradients

    return normalize(x, *affine)


def _pixels(x: tf.Tensor) -> float | tf.Tensor:
    _, height, width, _ = x.shape
    if height and width:
        # Known while tracing, it is one operation of the graph instead of seven.
        return float(height * width)
    return tf.cast(tf.reduce_prod(tf.shape(x)[1:3]), tf.float32)


class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by mirroring about the border pixels, which are not repeated.

    (batch, height, width, channels) to (batch, height + 2 size, width + 2 size, channels). Height
    and width must be larger than `size`.
    """

    def __init__(self, size: int, **settings: Any):
        super().__init__(**settings)
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

    def __init__(self, slope: float, **settings: Any):
        super().__init__(**settings)
        self.slope = slope

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.maximum(x, self.slope * x)


@keras.saving.register_keras_serializable("tf_cyclegan")
class Normal(keras.initializers.Initializer):
    """Draws from N(mean, 0.02), as the paper and all its ports have it.

    By NumPy, on all cores: the tutorial's networks have 114 million weights, and TensorFlow draws
    them on the one core that an operation may have. And one seed gives the same weights on every
    device.

    Args:
      mean: of the numbers.
      seed: the same for the same numbers; None draws one.
    """

    def __init__(self, mean: float, seed: int | None):
        super().__init__()
        self.mean = mean
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> tf.Tensor:
        drawn = np.empty(shape, np.float32)
        # Parts of one size with a seed each: the numbers do not depend on the number of threads.
        parts = [drawn.ravel()[i : i + _PART] for i in range(0, drawn.size, _PART)]
        seeds = np.random.SeedSequence(self.seed).spawn(len(parts))
        with ThreadPoolExecutor(cores.usable()) as threads:
            list(threads.map(self._draw, parts, seeds))
        return tf.convert_to_tensor(drawn, dtype)

    def _draw(self, part: np.ndarray, seed: np.random.SeedSequence) -> None:
        np.random.default_rng(seed).standard_normal(dtype=np.float32, out=part)
        part *= 0.02
        part += self.mean

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "seed": self.seed}


def kernel_initializer(seeds: Iterator[int]) -> keras.initializers.Initializer:
    """Kernels from N(0, 0.02)."""
    return Normal(0.0, next(seeds))


def draw_seeds(seed: int | None) -> Iterator[int]:
    """Seeds without end. For one seed and shape the same numbers are drawn each time, so each
    layer needs a seed of its own."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))
