"""Layers that Keras does not have, and how first weights are drawn."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.system import cores

# Weights that a thread draws at a time.
_PART = 2**19


class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by mirroring about the border pixels, which are not repeated.

    (batch, height, width, channels) to (batch, height + 2 size, width + 2 size, channels). Height
    and width must be larger than `size`.
    """

    def __init__(self, size: int, **settings: Any):
        super().__init__(**settings)
        self._size = size

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, *sizes, channels = input_shape
        return (batch, *(size and size + 2 * self._size for size in sizes), channels)

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

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.maximum(x, self.slope * x)


@keras.saving.register_keras_serializable("tf_cyclegan")
class Normal(keras.initializers.Initializer):
    """Draws from N(mean, 0.02), as the paper and all its ports have it.

    By NumPy, on several cores: the tutorial's networks have 114 million weights, and TensorFlow
    draws them on the one core that an operation may have. And one seed gives the same weights on
    every device.

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
        with ThreadPoolExecutor(cores.usable()) as pool:
            list(pool.map(self._draw, parts, seeds))
        return tf.cast(drawn, dtype or "float32")

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
