"""Doubling height and width without a checkerboard."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps

UPSAMPLINGS = ("transposed", "resize")


def check(upsampling: str) -> None:
    """Raises ValueError unless it is one of `UPSAMPLINGS`."""
    if upsampling not in UPSAMPLINGS:
        raise ValueError(f"upsampling is one of {', '.join(UPSAMPLINGS)}, not {upsampling!r}")


@keras.saving.register_keras_serializable("tf_cyclegan")
class ResizeConv2D(small_maps.Conv2DTranspose):
    """Nearest-neighbour enlargement and a 3x3 convolution, instead of a transposed convolution.

    The kernel of a transposed convolution overlaps itself unevenly, which draws a checkerboard on
    plain surfaces: Odena et al., "Deconvolution and Checkerboard Artifacts" (2016). Here a plain
    surface stays plain.

    Both together are one transposed convolution of stride 2, whose 4x4 kernel is the 3x3 one,
    smeared by 2x2 ones. So it is computed: an enlarged map would make it four times as slow.

    (batch, height, width, any channels) to (batch, 2 * height, 2 * width, filters).

    Args:
      filters: channels of the output.
      **settings: those of Keras' Conv2DTranspose, except size, stride and padding. The kernel,
        (3, 3, filters, channels), is that of a transposed convolution too: turned by 180 degrees.
    """

    def __init__(self, filters: int, **settings: Any):
        super().__init__(filters, 3, strides=2, padding="same", **settings)

    def get_config(self) -> dict[str, Any]:
        fixed = ("kernel_size", "strides", "padding", "output_padding", "dilation_rate")
        return {name: v for name, v in super().get_config().items() if name not in fixed}

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        _, height, width, _ = inputs.shape
        if height and width and small_maps.kernel_is_larger(self.kernel, height, width):
            x = small_maps.apply(self, inputs, self.kernel, _enlarge, _enlarge_adjoint)
        else:
            x = _enlarge(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            x = tf.nn.bias_add(x, self.bias)
        return self.activation(x)

    def kernel_gradient(self, inputs: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
        """The kernel's gradient from the layer's input and its output's gradient."""
        smeared = super().kernel_gradient(inputs, upstream)
        rows = tf.reshape(smeared, [16, -1])
        return tf.reshape(
            tf.matmul(tf.constant(_SMEAR, rows.dtype), rows, transpose_a=True),
            [3, 3, *smeared.shape[2:]],
        )


def _enlarge(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return small_maps.convolve_transposed(inputs, _smeared(kernel))


def _enlarge_adjoint(upstream: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return small_maps.convolve(upstream, _smeared(kernel))


def _smeared(kernel: tf.Tensor) -> tf.Tensor:
    """(3, 3, out, in) to (4, 4, out, in)."""
    rows = tf.matmul(tf.constant(_SMEAR, kernel.dtype), tf.reshape(kernel, [9, -1]))
    return tf.reshape(rows, [4, 4, *kernel.shape[2:]])


def _smear() -> np.ndarray:
    """(16, 9): each 3x3 kernel's place to the 2x2 places that it is copied to."""
    one = np.eye(4, 3) + np.eye(4, 3, -1)
    return np.kron(one, one)


_SMEAR = _smear()
