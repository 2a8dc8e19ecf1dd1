"""Layers that Keras lacks, and weight initialization."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.system import cores

# Weights that share a random stream, and that one thread draws at a time.
_CHUNK_SIZE = 2**19


@keras.saving.register_keras_serializable("tf_cyclegan")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads height and width by reflection; the border pixels are not repeated.

    (batch, height, width, channels) to (batch, height + 2 size, width + 2 size, channels), for
    heights and widths larger than `size`.
    """

    def __init__(self, size: int, **settings: Any):
        super().__init__(**settings)
        self._size = size

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self._size}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, *sizes, channels = input_shape
        return (batch, *(size and size + 2 * self._size for size in sizes), channels)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.pad(x, [[0, 0], [self._size] * 2, [self._size] * 2, [0, 0]], "REFLECT")


@keras.saving.register_keras_serializable("tf_cyclegan")
class LeakyMaximum(keras.layers.Layer):
    """A leaky ReLU as `max(x, slope * x)`, for use right after a bias.

    TensorFlow's graph optimizer fuses convolution, bias and its own leaky ReLU, and then misses the
    bias in the gradient: it logs an error and leaves the whole graph unoptimized.

    Input and output: float of any shape. `slope` is in [0, 1].
    """

    def __init__(self, slope: float, **settings: Any):
        super().__init__(**settings)
        self.slope = slope

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "slope": self.slope}

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: tf.Tensor) -> tf.Tensor:
        return tf.maximum(x, self.slope * x)


@keras.saving.register_keras_serializable("tf_cyclegan")
class Normal(keras.initializers.Initializer):
    """Draws weights from N(mean, 0.02), as the paper and its ports do.

    NumPy draws on all cores, while TensorFlow draws each variable on one: the tutorial's networks
    have 114 million weights. A seed gives the same weights on every device.

    Args:
      mean: mean of the distribution.
      seed: seed of the draw; None picks one.
    """

    def __init__(self, mean: float, seed: int | None):
        super().__init__()
        self.mean = mean
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> tf.Tensor:
        drawn = np.empty(shape, np.float32)
        # A seed for each chunk, so that weights do not depend on the number of threads.
        chunks = [drawn.ravel()[i : i + _CHUNK_SIZE] for i in range(0, drawn.size, _CHUNK_SIZE)]
        seeds = np.random.SeedSequence(self.seed).spawn(len(chunks))
        with ThreadPoolExecutor(cores.usable()) as pool:
            list(pool.map(self._draw, chunks, seeds))
        return tf.cast(drawn, dtype or "float32")

    def _draw(self, chunk: np.ndarray, seed: np.random.SeedSequence) -> None:
        np.random.default_rng(seed).standard_normal(dtype=np.float32, out=chunk)
        chunk *= 0.02
        chunk += self.mean

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "seed": self.seed}


def kernel_initializer(seeds: Iterator[int]) -> keras.initializers.Initializer:
    """N(0, 0.02), with the next seed."""
    return Normal(0.0, next(seeds))


def draw_seeds(seed: int | None) -> Iterator[int]:
    """An endless stream of seeds, one for each layer: equal seeds draw equal weights."""
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))


def flat_layers(network: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers of a network, with those inside of its blocks in place of the blocks."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer
