"""Convolutions of the U-Net and its PatchGAN, where maps are smaller than kernels.

Where maps are only a few pixels wide, the library's convolutions read a kernel several times, to
bring it into an order of their own; a matrix product takes it as it lies. On a CPU that makes the
layers of the four smallest maps about twice as fast.

Everything is for 4x4 kernels, stride 2, padding "same", between a fine map, of even height and
width, and a coarse one, of half of both. A kernel is (4, 4, channels of the fine one, of the
coarse one).
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.system import devices

# Of the coarse map. On larger ones the library's convolutions are faster.
_MOST_PIXELS = 16
_LIBRARY = {"strides": [1, 2, 2, 1], "padding": "SAME"}


# Is given a layer, its input and its output.
Record = Callable[["Conv2D | Conv2DTranspose", tf.Tensor, tf.Tensor], None]
_Operation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Conv2D(keras.layers.Conv2D):
    """Keras' Conv2D (4x4, stride 2, "same", no bias): fine to coarse.

    Attributes:
      record: is told of each pass whose maps are smaller than the kernel, and takes the kernel's
        gradient; None for TensorFlow to take it.
    """

    record: Record | None = None

    def convolution_op(self, inputs: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        """(batch, height, width, in) to (batch, height / 2, width / 2, out)."""
        _, height, width, _ = inputs.shape
        if not _outweighs(kernel, _half(height), _half(width)):
            return super().convolution_op(inputs, kernel)
        return _recorded(self, inputs, kernel, _down, _up)

    def kernel_gradient(self, inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """The kernel's gradient, from the layer's input and the gradient for its output."""
        return _to_kernel(inputs, upstream)


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' Conv2DTranspose (4x4, stride 2, "same", no bias): coarse to fine.

    Attributes:
      record: as that of `Conv2D`.
    """

    record: Record | None = None

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(batch, height, width, in) to (batch, 2 * height, 2 * width, out)."""
        _, height, width, _ = inputs.shape
        if not _outweighs(self.kernel, height, width):
            return super().call(inputs)
        return _recorded(self, inputs, self.kernel, _up, _down)

    def kernel_gradient(self, inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """The kernel's gradient, from the layer's input and the gradient for its output."""
        return _to_kernel(upstream, inputs)


def _recorded(
    layer: Conv2D | Conv2DTranspose,
    inputs: tf.Tensor,
    kernel: keras.Variable,
    operation: _Operation,
    adjoint: _Operation,
) -> tf.Tensor:
    """`operation(inputs, kernel)`, whose gradient for the inputs is made by `adjoint`."""
    record = layer.record

    @tf.custom_gradient
    def applied(x: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
            to_kernel = layer.kernel_gradient(x, upstream) if record is None else None
            return adjoint(upstream, values), to_kernel

        return operation(x, values), gradients

    output = applied(inputs, tf.convert_to_tensor(kernel))
    if record is not None:
        record(layer, inputs, output)
    return output


def _half(size: int | None) -> int | None:
    """Of an even size; else None."""
    return size // 2 if size and size % 2 == 0 else None


def _outweighs(kernel: keras.Variable, height: int | None, width: int | None) -> bool:
    """Whether the kernel is larger than a picture's two maps together.

    `height` and `width` are those of the coarse map; None is not known, or of no use here.
    """
    if not height or not width:
        return False
    _, _, fine, coarse = kernel.shape
    return 16 * fine * coarse > height * width * (4 * fine + coarse)


def _by_product(height: int, width: int) -> bool:
    """Whether a matrix product is faster where the coarse map has this size."""
    # Measured on CPUs alone.
    return height * width <= _MOST_PIXELS and not devices.has_gpu()


def _down(fine: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The convolution."""
    _, height, width, channels = fine.shape
    height, width, out = height // 2, width // 2, kernel.shape[3]
    if not _by_product(height, width):
        return tf.nn.conv2d(fine, kernel, **_LIBRARY)
    coarse = tf.matmul(_unfold(fine), tf.reshape(kernel, [16 * channels, out]))
    return tf.reshape(coarse, [-1, height, width, out])


def _up(coarse: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The transposed convolution, the adjoint of `_down`."""
    batch, height, width, channels = coarse.shape
    if not _by_product(height, width):
        batch = tf.shape(coarse)[0] if batch is None else batch
        shape = [batch, 2 * height, 2 * width, kernel.shape[2]]
        return tf.nn.conv2d_transpose(coarse, kernel, shape, **_LIBRARY)
    pixels, matrix = (tf.reshape(x, [-1, channels]) for x in (coarse, kernel))
    return _fold(tf.matmul(pixels, matrix, transpose_b=True), height, width)


def _to_kernel(fine: tf.Tensor, coarse: tf.Tensor) -> tf.Tensor:
    """The kernel's gradient, from the one map and the gradient for the other."""
    _, height, width, channels = coarse.shape
    shape = [4, 4, fine.shape[3], channels]
    if not _by_product(height, width):
        return tf.raw_ops.Conv2DBackpropFilter(
            input=fine, filter_sizes=shape, out_backprop=coarse, **_LIBRARY
        )
    pixels = tf.reshape(coarse, [-1, channels])
    return tf.reshape(tf.matmul(_unfold(fine), pixels, transpose_a=True), shape)


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
