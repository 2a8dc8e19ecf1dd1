"""The ResNet generators and PatchGANs of the paper and of the keras.io example.

The paper's: Zhu et al. (2017), appendix 7.2, as the authors' PyTorch implementation computes them.
The keras.io example's differ:

|                            | paper                        | keras.io example            |
|----------------------------|------------------------------|-----------------------------|
| stride 2, PatchGAN         | one zero pixel on every side | TensorFlow's `same` padding |
| convolutions before a norm | bias                         | no bias                     |
| instance norm              | no scale and offset          | scale from N(0, 0.02)       |
| its epsilon                | 1e-5                         | 1e-3, Keras' default        |
| last kernel of generators  | N(0, 0.02)                   | Glorot, Keras' default      |

All other kernels are from N(0, 0.02). The example's GroupNormalization(groups=1) normalizes over
all channels together, as `norm_type="layer"` does; the default is the instance norm that the
example means.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf

from tf_cyclegan.networks.attention_mask import Blend
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import (
    LeakyMaximum,
    ReflectionPadding2D,
    draw_seeds,
    kernel_initializer,
)
from tf_cyclegan.networks.spectral_norm import SpectralConv2D
from tf_cyclegan.networks.upsampling import ResizeConv2D, check

_SLOPE = 0.2


def resnet_generator(
    output_channels: int = 3,
    *,
    input_channels: int = 3,
    filters: int = 64,
    blocks: int = 9,
    style: str = "paper",
    norm_type: str = "instance",
    dropout: float = 0.0,
    upsampling: str = "transposed",
    attention_mask: bool = False,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The paper's c7s1-64, d128, d256, residual blocks, u128, u64, c7s1-3.

    Args:
      output_channels: channels of the output.
      input_channels: channels of the input.
      filters: width of the first convolution.
      blocks: number of residual blocks; the paper has 9 at 256 pixels, 6 at 128.
      style: "paper" or "keras"; the module's docstring tells them apart.
      norm_type: "instance", or "layer" for a norm over all channels together.
      dropout: dropout rate between the convolutions of each residual block; the paper has none,
        its implementation 0.5 on request.
      upsampling: "transposed" convolutions, or "resize" (`ResizeConv2D`).
      attention_mask: whether the output is a `Blend` of the input and of something new.
      seed: seed of the weights and of dropout; None picks one.
      dtype: Keras dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to (batch, height, width,
      output_channels) in (-1, 1), for heights and widths that are multiples of 4 and at least 16.

    Raises:
      ValueError: style, norm_type or upsampling is unknown.
    """
    check(upsampling)
    build = _Builder(style, norm_type, draw_seeds(seed), dtype)
    x = inputs = keras.layers.Input((None, None, input_channels))
    x = build.reflected(x, filters, 7, "c7s1_in")
    for i in (1, 2):
        x = build.downsample(x, filters * 2**i, f"down{i}")
    for i in range(1, blocks + 1):
        residual = build.reflected(x, filters * 4, 3, f"res{i}_1")
        if dropout:
            residual = keras.layers.Dropout(dropout, seed=next(build.seeds), dtype=dtype)(residual)
        residual = build.reflected(residual, filters * 4, 3, f"res{i}_2", relu=False)
        x = keras.layers.Add(dtype=dtype)([x, residual])
    for i in (1, 2):
        enlarge = build.upsample if upsampling == "transposed" else build.enlarge
        x = enlarge(x, filters * 4 // 2**i, f"up{i}")
    x = ReflectionPadding2D(3, dtype=dtype)(x)
    last = keras.layers.Conv2D(
        output_channels + 1 if attention_mask else output_channels,
        7,
        kernel_initializer=build.last_kernel_initializer(),
        activation=None if attention_mask else "tanh",
        name="c7s1_out",
        dtype="float32",
    )
    if attention_mask:
        return keras.Model(inputs, Blend(dtype="float32")([inputs, last(x)]))
    return keras.Model(inputs, last(x))


def resnet_discriminator(
    *,
    input_channels: int = 3,
    filters: int = 64,
    spectral_norm: bool = False,
    style: str = "paper",
    norm_type: str = "instance",
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The paper's 70x70 PatchGAN: C64-C128-C256-C512 and a convolution to one channel.

    Arguments and errors are those of `resnet_generator`; `spectral_norm` divides kernels by their
    largest singular values.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to logits (batch, h, w, 1).
      256 pixels give 30x30 logits in the paper's style, 32x32 in that of keras.io.
    """
    kind = SpectralConv2D if spectral_norm else keras.layers.Conv2D
    build = _Builder(style, norm_type, draw_seeds(seed), dtype, kind)
    x = inputs = keras.layers.Input((None, None, input_channels))
    x = build.padded(x, filters, 4, 2, "conv1", bias=True)
    x = LeakyMaximum(_SLOPE, dtype=dtype)(x)
    for i, stride in ((2, 2), (3, 2), (4, 1)):
        x = build.padded(x, filters * 2 ** (i - 1), 4, stride, f"conv{i}", bias=build.paper)
        x = keras.layers.LeakyReLU(negative_slope=_SLOPE, dtype=dtype)(build.norm(x))
    return keras.Model(inputs, build.padded(x, 1, 4, 1, "conv5", bias=True, dtype="float32"))


class _Builder:
    """Adds the layers of one network, in the style of the paper or of the keras.io example."""

    def __init__(
        self,
        style: str,
        norm_type: str,
        seeds: Iterator[int],
        dtype: str,
        kind: type[keras.layers.Layer] = keras.layers.Conv2D,
    ):
        if style not in ("paper", "keras"):
            raise ValueError(f"style is 'paper' or 'keras', not {style!r}")
        if norm_type not in ("instance", "layer"):
            raise ValueError(f"norm_type is 'instance' or 'layer', not {norm_type!r}")
        self.paper = style == "paper"
        self.seeds = seeds
        self._norm_type = norm_type
        self._padding = "valid" if self.paper else "same"
        self._dtype = dtype
        self._kind = kind

    def last_kernel_initializer(self) -> keras.initializers.Initializer:
        if self.paper:
            return kernel_initializer(self.seeds)
        return keras.initializers.GlorotUniform(seed=next(self.seeds))

    def norm(self, x: tf.Tensor) -> tf.Tensor:
        if self._norm_type == "layer":
            layer = keras.layers.GroupNormalization(
                groups=1,
                epsilon=1e-5 if self.paper else 1e-3,
                center=not self.paper,
                scale=not self.paper,
                gamma_initializer=kernel_initializer(self.seeds),
                dtype=self._dtype,
            )
            return layer(x)
        if self.paper:
            return InstanceNormalization(affine=False, dtype=self._dtype)(x)
        seed = next(self.seeds)
        return InstanceNormalization(1e-3, scale_mean=0.0, seed=seed, dtype=self._dtype)(x)

    def reflected(
        self, x: tf.Tensor, width: int, size: int, name: str, relu: bool = True
    ) -> tf.Tensor:
        """A convolution with reflection padding, and its norm."""
        x = ReflectionPadding2D(size // 2, dtype=self._dtype)(x)
        x = self._convolution(x, width, size, name, self.paper)
        x = self.norm(x)
        return keras.layers.ReLU(dtype=self._dtype)(x) if relu else x

    def downsample(self, x: tf.Tensor, width: int, name: str) -> tf.Tensor:
        x = self.norm(self.padded(x, width, 3, 2, name, self.paper))
        return keras.layers.ReLU(dtype=self._dtype)(x)

    def upsample(self, x: tf.Tensor, width: int, name: str) -> tf.Tensor:
        """A 3x3 transposed convolution of stride 2, its norm and ReLU.

        Unpadded, its output has one row and column more than twice the input's. PyTorch's padding 1
        with output padding 1 crops the first ones, TensorFlow's `same` the last.
        """
        kind = keras.layers.Conv2DTranspose
        x = self._convolution(x, width, 3, name, self.paper, 2, self._padding, kind=kind)
        if self.paper:
            x = keras.layers.Cropping2D(((1, 0), (1, 0)), dtype=self._dtype)(x)
        return keras.layers.ReLU(dtype=self._dtype)(self.norm(x))

    def enlarge(self, x: tf.Tensor, width: int, name: str) -> tf.Tensor:
        """`ResizeConv2D`, its norm and ReLU."""
        layer = ResizeConv2D(
            width,
            kernel_initializer=kernel_initializer(self.seeds),
            use_bias=self.paper,
            name=name,
            dtype=self._dtype,
        )
        return keras.layers.ReLU(dtype=self._dtype)(self.norm(layer(x)))

    def padded(
        self,
        x: tf.Tensor,
        width: int,
        size: int,
        stride: int,
        name: str,
        bias: bool,
        dtype: str | None = None,
    ) -> tf.Tensor:
        """A convolution with zero padding."""
        if self.paper:
            x = keras.layers.ZeroPadding2D(dtype=self._dtype)(x)
        return self._convolution(x, width, size, name, bias, stride, self._padding, dtype)

    def _convolution(
        self,
        x: tf.Tensor,
        width: int,
        size: int,
        name: str,
        bias: bool,
        stride: int = 1,
        padding: str = "valid",
        dtype: str | None = None,
        kind: type[keras.layers.Layer] | None = None,
    ) -> tf.Tensor:
        layer = (kind or self._kind)(
            width,
            size,
            strides=stride,
            padding=padding,
            kernel_initializer=kernel_initializer(self.seeds),
            use_bias=bias,
            name=name,
            dtype=dtype or self._dtype,
        )
        return layer(x)
