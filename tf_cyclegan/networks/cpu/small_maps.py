"""4x4 stride-2 convolutions as matrix products, where maps are small and kernels large.

In the middle of a U-Net, maps are a few pixels wide and kernels have millions of weights. The time
goes into reading the kernel, and TensorFlow's convolutions read it several times, to reorder it; a
matrix product reads it once, as it lies in memory. On a CPU this makes the layers of the four
smallest maps about twice as fast. Outputs and gradients are those of Keras' layers, up to rounding.

All functions here connect a fine map, (batch, 2 h, 2 w, fine channels), and a coarse map,
(batch, h, w, coarse channels), by a kernel (4, 4, fine channels, coarse channels) with padding
"same". A convolution goes from fine to coarse, a transposed convolution from coarse to fine.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.system import devices

# Pixels of the coarse map up to which a matrix product is faster.
_MAX_PIXELS = 16
_STRIDE_TWO = {"strides": [1, 2, 2, 1], "padding": "SAME"}

# Takes a layer, its input and its output.
Record = Callable[["Conv2D | Conv2DTranspose", tf.Tensor, tf.Tensor], None]
_Operation = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@keras.saving.register_keras_serializable("tf_cyclegan")
class Conv2D(keras.layers.Conv2D):
    """Keras' Conv2D, for 4x4 kernels, stride 2, padding "same" and no bias.

    Attributes:
      record: called with each pass whose kernel is larger than its maps. The kernel then gets no
        gradient from the tape; the recorder computes it (kernel_gradients.py). None by default.
    """

    record: Record | None = None

    def convolution_op(self, inputs: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        """(batch, height, width, in) to (batch, height / 2, width / 2, out)."""
        _, height, width, _ = inputs.shape
        # Odd maps are left to Keras: the PatchGAN takes pictures of any size.
        even = bool(height and width) and height % 2 == width % 2 == 0
        if not even or not kernel_is_larger(kernel, height // 2, width // 2):
            return super().convolution_op(inputs, kernel)
        return apply(self, inputs, kernel, convolve, convolve_transposed)

    def kernel_gradient(self, inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """The kernel's gradient from the layer's input and its output's gradient."""
        return kernel_gradient(inputs, upstream)


@keras.saving.register_keras_serializable("tf_cyclegan")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' Conv2DTranspose, for 4x4 kernels, stride 2, padding "same" and no bias.

    Attributes:
      record: as in `Conv2D`.
    """

    record: Record | None = None

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(batch, height, width, in) to (batch, 2 * height, 2 * width, out)."""
        _, height, width, _ = inputs.shape
        if not (height and width and kernel_is_larger(self.kernel, height, width)):
            return super().call(inputs)
        return apply(self, inputs, self.kernel, convolve_transposed, convolve)

    def kernel_gradient(self, inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """The kernel's gradient from the layer's input and its output's gradient."""
        return kernel_gradient(upstream, inputs)


def kernel_is_larger(kernel: keras.Variable, height: int, width: int) -> bool:
    """Whether it has more numbers than one picture's two maps; height and width are the coarse."""
    _, _, fine, coarse = kernel.shape
    return 16 * fine * coarse > height * width * (4 * fine + coarse)


def apply(
    layer: Conv2D | Conv2DTranspose,
    inputs: tf.Tensor,
    kernel: keras.Variable,
    operation: _Operation,
    adjoint: _Operation,
) -> tf.Tensor:
    """`operation(inputs, kernel)`; `adjoint(upstream, kernel)` is the gradient of the inputs."""
    record = layer.record

    @tf.custom_gradient
    def differentiable(x: tf.Tensor, values: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
            to_kernel = layer.kernel_gradient(x, upstream) if record is None else None
            return adjoint(upstream, values), to_kernel

        return operation(x, values), gradients

    output = differentiable(inputs, tf.convert_to_tensor(kernel))
    if record is not None:
        record(layer, inputs, output)
    return output


def _use_matmul(height: int | None, width: int | None) -> bool:
    """Whether a matrix product is faster for a coarse map of this size; GPUs were not measured."""
    if height is None or width is None:
        return False
    return height * width <= _MAX_PIXELS and not devices.has_gpu()


def convolve(fine: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    _, height, width, channels = fine.shape
    height, width, out = height // 2, width // 2, kernel.shape[3]
    if not _use_matmul(height, width):
        return tf.nn.conv2d(fine, kernel, **_STRIDE_TWO)
    coarse = tf.matmul(_im2col(fine), tf.reshape(kernel, [16 * channels, out]))
    return tf.reshape(coarse, [-1, height, width, out])


def convolve_transposed(coarse: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    _, height, width, channels = coarse.shape
    if not _use_matmul(height, width):
        known = zip(coarse.shape, tf.unstack(tf.shape(coarse)), strict=True)
        batch, rows, columns, _ = (size or dynamic for size, dynamic in known)
        shape = [batch, 2 * rows, 2 * columns, kernel.shape[2]]
        return tf.nn.conv2d_transpose(coarse, kernel, shape, **_STRIDE_TWO)
    pixels, matrix = (tf.reshape(x, [-1, channels]) for x in (coarse, kernel))
    return _col2im(tf.matmul(pixels, matrix, transpose_b=True), height, width)


def kernel_gradient(fine: tf.Tensor, coarse: tf.Tensor) -> tf.Tensor:
    """From the layer's input and its output's gradient, whichever of the two maps is which."""
    _, height, width, channels = coarse.shape
    shape = [4, 4, fine.shape[3], channels]
    if not _use_matmul(height, width):
        return tf.raw_ops.Conv2DBackpropFilter(
            input=fine, filter_sizes=shape, out_backprop=coarse, **_STRIDE_TWO
        )
    pixels = tf.reshape(coarse, [-1, channels])
    return tf.reshape(tf.matmul(_im2col(fine), pixels, transpose_a=True), shape)


def _im2col(fine: tf.Tensor) -> tf.Tensor:
    """The 4x4 patches of a map, (batch, 2 h, 2 w, c) to (batch * h * w, 16 c)."""
    patches = tf.image.extract_patches(fine, [1, 4, 4, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME")
    return tf.reshape(patches, [-1, 16 * fine.shape[3]])


def _col2im(patches: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """The adjoint of `_im2col`: sums overlapping patches to a map."""
    channels = patches.shape[1] // 16
    x = tf.reshape(patches, [-1, 16 * height * width, channels])
    x = tf.matmul(tf.constant(_overlaps(height, width), x.dtype), x)
    return tf.reshape(x, [-1, 2 * height, 2 * width, channels])


@functools.cache
def _overlaps(height: int, width: int) -> np.ndarray:
    """Which patch pixels lie on which pixel of the fine map: booleans (4 h w, 16 h w).

    One product with this matrix takes a third of the ops of adding shifted maps.
    """
    rows, columns = (
        2 * np.arange(n)[:, None] + np.arange(4) - 1 == np.arange(2 * n)[:, None, None]
        for n in (height, width)
    )
    # Axes: row, column, patch row, patch column, kernel row, kernel column.
    both = rows[:, None, :, None, :, None] & columns[None, :, None, :, None, :]
    return both.reshape(4 * height * width, 16 * height * width)
