"""The ResNet generators and PatchGANs of the paper and of the keras.io example.

The paper's: Zhu et al. (2017), appendix 7.2, in the form of the authors' PyTorch implementation,
with whose outputs they agree. The keras.io example's differ:

|                        | paper                              | keras.io example            |
|------------------------|------------------------------------|-----------------------------|
| stride 2, PatchGAN     | padded by one pixel on every side  | TensorFlow's `same` padding |
| before a norm          | a bias                             | none                        |
| instance norm          | without scale and offset           | scale from N(0, 0.02)       |
| its epsilon            | 1e-5                               | 1e-3, Keras' default        |
| the generator's last   | kernel from N(0, 0.02)             | Keras' default, Glorot's    |

All other kernels are from N(0, 0.02). The example calls GroupNormalization(groups=1) an instance
norm, which normalises over all channels together; here it is one.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf

from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import (
    LeakyMaximum,
    ReflectionPadding2D,
    draw_seeds,
    kernel_initializer,
)

_SLOPE = 0.2


def resnet_generator(
    output_channels: int = 3,
    *,
    input_channels: int = 3,
    filters: int = 64,
    blocks: int = 9,
    style: str = "paper",
    dropout: float = 0.0,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """c7s1-64, d128, d256, the residual blocks, u128, u64, c7s1-3 in the paper's words.

    Args:
      output_channels: channels of the output.
      input_channels: channels of the input.
      filters: width of the first convolution.
      blocks: number of residual blocks: 9 at 256 pixels, 6 at 128 in the paper.
      style: "paper" or "keras"; the module says what differs.
      dropout: the share of values that each residual block drops between its convolutions in
        training; none in the paper, half in its implementation where that is asked for.
      seed: of the first weights and of the dropout; None draws one.
      dtype: Keras' dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to (batch, height, width,
      output_channels) in (-1, 1). Height and width must be multiples of 4, and 16 at least.
    """
    build = _Builder(style, draw_seeds(seed), dtype)
    x = inputs = keras.layers.Input((None, None, input_channels))
    x = build.reflected(x, filters, 7, "c7s1_in")
    for i in (1, 2):
        x = build.halved(x, filters * 2**i, f"down{i}")
    for i in range(1, blocks + 1):
        residual = build.reflected(x, filters * 4, 3, f"res{i}_1")
        residual = build.dropped(residual, dropout)
        residual = build.reflected(residual, filters * 4, 3, f"res{i}_2", relu=False)
        x = keras.layers.Add(dtype=dtype)([x, residual])
    for i in (1, 2):
        x = build.doubled(x, filters * 4 // 2**i, f"up{i}")
    x = ReflectionPadding2D(3, dtype=dtype)(x)
    x = keras.layers.Conv2D(
        output_channels,
        7,
        kernel_initializer=build.last_kernel(),
        activation="tanh",
        name="c7s1_out",
        dtype="float32",
    )(x)
    return keras.Model(inputs, x)


def resnet_discriminator(
    *,
    input_channels: int = 3,
    filters: int = 64,
    style: str = "paper",
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The 70x70 PatchGAN, C64-C128-C256-C512 in the paper's words, and a convolution to 1.

    The arguments are those that `resnet_generator` has of the same name.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to logits
      (batch, h, w, 1). 256 pixels give 30x30 in the paper's style, 32x32 in that of keras.io.
    """
    build = _Builder(style, draw_seeds(seed), dtype)
    x = inputs = keras.layers.Input((None, None, input_channels))
    x = build.patch(x, filters, 2, "conv1", bias=True)
    x = LeakyMaximum(_SLOPE, dtype=dtype)(x)
    for i, stride in ((2, 2), (3, 2), (4, 1)):
        x = build.patch(x, filters * 2 ** (i - 1), stride, f"conv{i}", bias=build.biased)
        x = keras.layers.LeakyReLU(negative_slope=_SLOPE, dtype=dtype)(build.norm(x))
    build.dtype = "float32"
    return keras.Model(inputs, build.patch(x, 1, 1, "conv5", bias=True))


class _Builder:
    """The blocks of one network, in the paper's or the keras.io example's style."""

    def __init__(self, style: str, seeds: Iterator[int], dtype: str):
        if style not in ("paper", "keras"):
            raise ValueError(f"style is 'paper' or 'keras', not {style!r}")
        self.biased = style == "paper"
        self._paper = style == "paper"
        self._seeds = seeds
        self.dtype = dtype

    def kernel(self) -> keras.initializers.Initializer:
        return kernel_initializer(self._seeds)

    def last_kernel(self) -> keras.initializers.Initializer:
        if self._paper:
            return self.kernel()
        return keras.initializers.GlorotUniform(seed=next(self._seeds))

    def norm(self, x: tf.Tensor) -> tf.Tensor:
        if self._paper:
            return InstanceNormalization(affine=False, dtype=self.dtype)(x)
        seed = next(self._seeds)
        return InstanceNormalization(1e-3, scale_mean=0.0, seed=seed, dtype=self.dtype)(x)

    def reflected(
        self, x: tf.Tensor, width: int, size: int, name: str, relu: bool = True
    ) -> tf.Tensor:
        """A convolution that keeps the size, with mirrored borders."""
        x = ReflectionPadding2D(size // 2, dtype=self.dtype)(x)
        x = keras.layers.Conv2D(
            width,
            size,
            kernel_initializer=self.kernel(),
            use_bias=self.biased,
            name=name,
            dtype=self.dtype,
        )(x)
        return self._normed(x, relu)

    def dropped(self, x: tf.Tensor, rate: float) -> tf.Tensor:
        """A dropout, where there is to be one."""
        if not rate:
            return x
        return keras.layers.Dropout(rate, seed=next(self._seeds), dtype=self.dtype)(x)

    def halved(self, x: tf.Tensor, width: int, name: str) -> tf.Tensor:
        """A 3x3 convolution with stride 2."""
        if self._paper:
            x = keras.layers.ZeroPadding2D(dtype=self.dtype)(x)
        kind = keras.layers.Conv2D
        return self._normed(self._convolution(kind, x, width, 3, 2, name, self.biased))

    def doubled(self, x: tf.Tensor, width: int, name: str) -> tf.Tensor:
        """A 3x3 transposed convolution with stride 2.

        Whole, its output is one pixel larger than twice the input. PyTorch's padding 1 and output
        padding 1 cut off the first row and column, TensorFlow's `same` the last.
        """
        x = self._convolution(keras.layers.Conv2DTranspose, x, width, 3, 2, name, self.biased)
        if self._paper:
            x = keras.layers.Cropping2D(((1, 0), (1, 0)), dtype=self.dtype)(x)
        return self._normed(x)

    def patch(self, x: tf.Tensor, width: int, stride: int, name: str, bias: bool) -> tf.Tensor:
        """A 4x4 convolution of the PatchGAN."""
        if self._paper:
            x = keras.layers.ZeroPadding2D(dtype=self.dtype)(x)
        return self._convolution(keras.layers.Conv2D, x, width, 4, stride, name, bias)

    def _convolution(
        self,
        kind: type[keras.layers.Layer],
        x: tf.Tensor,
        width: int,
        size: int,
        stride: int,
        name: str,
        bias: bool,
    ) -> tf.Tensor:
        layer = kind(
            width,
            size,
            strides=stride,
            padding="valid" if self._paper else "same",
            kernel_initializer=self.kernel(),
            use_bias=bias,
            name=name,
            dtype=self.dtype,
        )
        return layer(x)

    def _normed(self, x: tf.Tensor, relu: bool = True) -> tf.Tensor:
        x = self.norm(x)
        return keras.layers.ReLU(dtype=self.dtype)(x) if relu else x
