"""The tutorial's networks: the pix2pix U-Net and PatchGAN of the package tensorflow_examples.

From Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017). All
convolutions are 4x4 with kernels from N(0, 0.02). Blocks are `keras.Sequential`s in the original's
order, so that checkpoints of the tutorial restore into these networks.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf

from tf_cyclegan.networks.attention_mask import Blend
from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import draw_seeds, kernel_initializer
from tf_cyclegan.networks.spectral_norm import SpectralConv2D
from tf_cyclegan.networks.upsampling import ResizeConv2D, check


def unet_generator(
    output_channels: int = 3,
    norm_type: str = "instancenorm",
    *,
    input_channels: int = 3,
    filters: int = 64,
    depth: int = 8,
    dropout: float = 0.5,
    upsampling: str = "transposed",
    attention_mask: bool = False,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The pix2pix U-Net: down blocks, up blocks with skip connections, tanh.

    With depth 8 at 256 pixels, the instance norm of the bottleneck normalizes a 1x1 map, which only
    `offset` survives: a property of the tutorial's network, kept. That convolution's kernel gets no
    gradient and keeps its initial values.

    Args:
      output_channels: channels of the output.
      norm_type: "instancenorm" or "batchnorm".
      input_channels: channels of the input.
      filters: width of the first block; doubles with each block up to 8 * filters.
      depth: number of down blocks; height and width must be multiples of 2 ** depth.
      dropout: dropout rate of the first three up blocks, except the outermost.
      upsampling: "transposed" convolutions, or "resize" (`ResizeConv2D`).
      attention_mask: whether the output is a `Blend` of the input and of something new.
      seed: seed of the weights and of dropout; None picks one.
      dtype: Keras dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to (batch, height, width,
      output_channels) in (-1, 1).

    Raises:
      ValueError: norm_type or upsampling is unknown.
    """
    check(upsampling)
    seeds = draw_seeds(seed)
    widths = [filters * min(2**i, 8) for i in range(depth)]
    x = inputs = keras.layers.Input((None, None, input_channels))
    skips = []
    for i, width in enumerate(widths):
        bottleneck = i == depth - 1 and norm_type == "instancenorm"
        kind = _Bottleneck if bottleneck else small_maps.Conv2D
        norm = norm_type if i else None
        x = _block(kind, width, norm, _leaky_relu(dtype), seeds, dtype)(x)
        skips.append(x)
    # One layer for all skips, as in the original: checkpoints number the layers.
    concatenate = keras.layers.Concatenate(dtype=dtype)
    for i, (width, skip) in enumerate(zip(widths[-2::-1], skips[-2::-1], strict=True)):
        # In the outermost block dropout shows on backgrounds (docs/quality.md).
        rate = dropout if i < min(3, depth - 2) else 0.0
        relu = keras.layers.ReLU(dtype=dtype)
        kind = small_maps.Conv2DTranspose if upsampling == "transposed" else ResizeConv2D
        x = _block(kind, width, norm_type, relu, seeds, dtype, rate)(x)
        x = concatenate([x, skip])
    if attention_mask:
        made = _last_layer(upsampling, output_channels + 1, None, seeds)(x)
        return keras.Model(inputs, Blend(dtype="float32")([inputs, made]))
    return keras.Model(inputs, _last_layer(upsampling, output_channels, "tanh", seeds)(x))


def _last_layer(
    upsampling: str, channels: int, activation: str | None, seeds: Iterator[int]
) -> keras.layers.Layer:
    settings = {
        "kernel_initializer": kernel_initializer(seeds),
        "activation": activation,
        "dtype": "float32",
    }
    if upsampling == "resize":
        return ResizeConv2D(channels, **settings)
    return keras.layers.Conv2DTranspose(channels, 4, strides=2, padding="same", **settings)


def discriminator(
    norm_type: str = "instancenorm",
    target: bool = False,
    *,
    input_channels: int = 3,
    filters: int = 64,
    spectral_norm: bool = False,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The 70x70 PatchGAN.

    Args:
      norm_type: "instancenorm" or "batchnorm".
      target: whether it takes a pair, [picture, target], as in pix2pix.
      input_channels: channels of the picture, and of the target.
      filters: width of the first block.
      spectral_norm: whether kernels are divided by their largest singular values.
      seed: seed of the weights; None picks one.
      dtype: Keras dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to logits (batch, h, w, 1)
      with h = ceil(height / 8) - 2, 30 for 256 pixels; for heights and widths of at least 24.

    Raises:
      ValueError: norm_type is unknown.
    """
    seeds = draw_seeds(seed)
    plain = SpectralConv2D if spectral_norm else keras.layers.Conv2D
    strided = SpectralConv2D if spectral_norm else small_maps.Conv2D
    x = inputs = keras.layers.Input((None, None, input_channels), name="input_image")
    if target:
        inputs = [x, keras.layers.Input((None, None, input_channels), name="target_image")]
        x = keras.layers.Concatenate()(inputs)
    for i in range(3):
        norm = norm_type if i else None
        x = _block(strided, filters * 2**i, norm, _leaky_relu(dtype), seeds, dtype)(x)
    x = keras.layers.ZeroPadding2D(dtype=dtype)(x)
    x = plain(
        filters * 8, 4, kernel_initializer=kernel_initializer(seeds), use_bias=False, dtype=dtype
    )(x)
    x = _leaky_relu(dtype)(_norm(norm_type, seeds, dtype)(x))
    x = keras.layers.ZeroPadding2D(dtype=dtype)(x)
    last = plain(1, 4, kernel_initializer=kernel_initializer(seeds), dtype="float32")
    return keras.Model(inputs, last(x))


@keras.saving.register_keras_serializable("tf_cyclegan")
class _Bottleneck(small_maps.Conv2D):
    """A convolution before an instance norm, skipped where its output is one pixel.

    Such a map minus its mean is zero, and so is the gradient of this kernel, one of the largest.
    """

    def convolution_op(self, inputs: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        if inputs.shape[1:3] == (2, 2):
            return tf.zeros([tf.shape(inputs)[0], 1, 1, self.filters], inputs.dtype)
        return super().convolution_op(inputs, kernel)


def _block(
    kind: type[keras.layers.Layer],
    width: int,
    norm_type: str | None,
    activation: keras.layers.Layer,
    seeds: Iterator[int],
    dtype: str,
    dropout: float = 0.0,
) -> keras.Sequential:
    shape = {} if kind is ResizeConv2D else {"kernel_size": 4, "strides": 2, "padding": "same"}
    initializer = kernel_initializer(seeds)
    layers = [
        kind(width, **shape, kernel_initializer=initializer, use_bias=False, dtype=dtype),
    ]
    if norm_type is not None:
        layers.append(_norm(norm_type, seeds, dtype))
    if dropout:
        layers.append(keras.layers.Dropout(dropout, seed=next(seeds), dtype=dtype))
    return keras.Sequential([*layers, activation])


def _leaky_relu(dtype: str) -> keras.layers.Layer:
    # Keras' default slope, which the tutorial uses; the paper has 0.2.
    return keras.layers.LeakyReLU(negative_slope=0.3, dtype=dtype)


def _norm(norm_type: str, seeds: Iterator[int], dtype: str) -> keras.layers.Layer:
    if norm_type == "instancenorm":
        return InstanceNormalization(seed=next(seeds), dtype=dtype)
    if norm_type == "batchnorm":
        return keras.layers.BatchNormalization(dtype=dtype)
    raise ValueError(f"norm_type is 'instancenorm' or 'batchnorm', not {norm_type!r}")
