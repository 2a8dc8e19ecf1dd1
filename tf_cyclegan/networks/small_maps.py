"""The U-Net's convolutions as matrix products, where its maps are only a few pixels wide.

There a convolution costs what reading its kernel costs, and the library's convolutions read it
several times, to bring it into an order of their own; a matrix product takes it as it lies. On a
CPU that makes the four smallest maps' layers about twice as fast. The numbers are the same up to
rounding. Everything is for 4x4 kernels, stride 2, padding "same", on even heights and widths.
"""

import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

# Of the smaller of a layer's two maps. On larger ones the library's convolutions are faster.
_MOST_PIXELS = 16


class Conv2D(keras.layers.Conv2D):
    """Keras' Conv2D (4x4, stride 2, "same", no bias), as a matrix product on small maps."""

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """(batch, height, width, in) to (batch, height / 2, width / 2, out)."""
        _, height, width, _ = inputs.shape
        if _is_small(height and height // 2, width and width // 2):
            return _convolve(inputs, tf.convert_to_tensor(kernel))
        return super().convolution_op(inputs, kernel)


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' Conv2DTranspose (4x4, stride 2, "same", no bias), likewise."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(batch, height, width, in) to (batch, 2 * height, 2 * width, out)."""
        _, height, width, _ = inputs.shape
        if _is_small(height, width):
            return _convolve_transposed(inputs, tf.convert_to_tensor(self.kernel))
        return super().call(inputs)


def _is_small(height: int | None, width: int | None) -> bool:
    if not height or not width or height * width > _MOST_PIXELS:
        return False
    # Measured on CPUs alone.
    return not tf.config.list_physical_devices("GPU")


_Gradients = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


@tf.custom_gradient
def _convolve(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, _Gradients]:
    _, height, width, channels = x.shape
    matrix = tf.reshape(kernel, [16 * channels, -1])
    patches = _unfold(x)

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        upstream = tf.reshape(upstream, [-1, matrix.shape[1]])
        to_x = _fold(tf.matmul(upstream, matrix, transpose_b=True), height // 2, width // 2)
        to_kernel = tf.matmul(patches, upstream, transpose_a=True)
        return to_x, tf.reshape(to_kernel, kernel.shape)

    y = tf.matmul(patches, matrix)
    return tf.reshape(y, [-1, height // 2, width // 2, matrix.shape[1]]), gradients


@tf.custom_gradient
def _convolve_transposed(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, _Gradients]:
    _, height, width, channels = x.shape
    matrix = tf.reshape(kernel, [-1, channels])
    pixels = tf.reshape(x, [-1, channels])

    def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        patches = _unfold(upstream)
        to_x = tf.reshape(tf.matmul(patches, matrix), [-1, height, width, channels])
        to_kernel = tf.matmul(patches, pixels, transpose_a=True)
        return to_x, tf.reshape(to_kernel, kernel.shape)

    return _fold(tf.matmul(pixels, matrix, transpose_b=True), height, width), gradients


def _unfold(x: tf.Tensor) -> tf.Tensor:
    """The patches that a convolution takes: (batch, 2 h, 2 w, c) to (batch * h * w, 16 c)."""
    patches = tf.image.extract_patches(x, [1, 4, 4, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME")
    return tf.reshape(patches, [-1, 16 * x.shape[3]])


def _fold(patches: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Adds patches up where they overlap: (batch * h * w, 16 c) to (batch, 2 h, 2 w, c).

    The adjoint of `_unfold`.
    """
    channels = patches.shape[1] // 16
    x = tf.reshape(patches, [-1, 16 * height * width, channels])
    x = tf.matmul(tf.constant(_places(height, width), x.dtype), x)
    return tf.reshape(x, [-1, 2 * height, 2 * width, channels])


@functools.cache
def _places(height: int, width: int) -> np.ndarray:
    """Which places of patches lie on which of the map: ones, in (4 h w, 16 h w) zeros.

    A product with it adds them up, in a third of the operations of a graph that adding shifted
    maps takes.
    """
    rows, columns = (
        2 * np.arange(n)[:, None] + np.arange(4) - 1 == np.arange(2 * n)[:, None, None]
        for n in (height, width)
    )
    # To (row, column, patch's row, patch's column, kernel's row, kernel's column).
    both = rows[:, None, :, None, :, None] & columns[None, :, None, :, None, :]
    return both.reshape(4 * height * width, 16 * height * width)
