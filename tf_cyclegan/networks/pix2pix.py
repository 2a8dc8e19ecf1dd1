"""The tutorial's networks: the pix2pix U-Net and PatchGAN of the package tensorflow_examples.

After Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017). All
convolutions are 4x4 with kernels from N(0, 0.02). The blocks are `keras.Sequential`s in the
original's order, so that checkpoints of the tutorial's own networks restore into these.
"""

from collections.abc import Iterator

import keras
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import draw_seeds, kernel_initializer

# The slope in the tutorial is Keras' default; the paper's networks have 0.2.
_SLOPE = 0.3


def unet_generator(
    output_channels: int = 3,
    norm_type: str = "instancenorm",
    *,
    input_channels: int = 3,
    filters: int = 64,
    depth: int = 8,
    dropout: float = 0.5,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The pix2pix U-Net: down blocks, up blocks with skips, tanh.

    The first three up blocks, but not the last one, drop out some of their values in training. At
    `image_size` 256 the eighth down block normalises a 1x1 map, so that nothing of it but `offset`
    goes on: the tutorial's own property, kept. Its kernel has no gradient then, and keeps its first
    values.

    Args:
      output_channels: channels of the output.
      norm_type: "instancenorm" or "batchnorm".
      input_channels: channels of the input.
      filters: width of the first block; doubled from block to block, up to eight times it.
      depth: number of down blocks. Height and width must be multiples of 2 ** depth.
      dropout: the share of values that those up blocks drop; half in the original.
      seed: of the first weights and of the dropout; None draws one.
      dtype: Keras' dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to (batch, height, width,
      output_channels) in (-1, 1).

    Raises:
      ValueError: norm_type is neither of the two.
    """
    seeds = draw_seeds(seed)
    widths = [filters * min(2**i, 8) for i in range(depth)]
    x = inputs = keras.layers.Input((None, None, input_channels))
    skips = []
    for i, width in enumerate(widths):
        innermost = i == depth - 1 and norm_type == "instancenorm"
        kind = _Innermost if innermost else small_maps.Conv2D
        x = _downsample(kind, width, norm_type if i else None, seeds, dtype)(x)
        skips.append(x)
    # One layer for all the skips, as in the original: checkpoints count the layers.
    concatenate = keras.layers.Concatenate(dtype=dtype)
    for i, (width, skip) in enumerate(zip(widths[-2::-1], skips[-2::-1], strict=True)):
        # Not in the last one: next to the picture it shows on backgrounds (docs/quality.md).
        dropped = dropout if i < min(3, depth - 2) else 0.0
        x = _upsample(width, norm_type, dropped, seeds, dtype)(x)
        x = concatenate([x, skip])
    last = keras.layers.Conv2DTranspose(
        output_channels,
        4,
        strides=2,
        padding="same",
        kernel_initializer=kernel_initializer(seeds),
        activation="tanh",
        dtype="float32",
    )
    return keras.Model(inputs, last(x))


def discriminator(
    norm_type: str = "instancenorm",
    target: bool = False,
    *,
    input_channels: int = 3,
    filters: int = 64,
    seed: int | None = None,
    dtype: str = "float32",
) -> keras.Model:
    """The 70x70 PatchGAN: judges overlapping patches of a picture.

    Args:
      norm_type: "instancenorm" or "batchnorm".
      target: whether it judges a pair, [picture, target], as pix2pix does, and not one picture.
      input_channels: channels of the picture, and of the target.
      filters: width of the first block.
      seed: of the first weights; None draws one.
      dtype: Keras' dtype policy of all layers but the last, which is float32.

    Returns:
      A model of float (batch, height, width, input_channels) in [-1, 1] to logits
      (batch, h, w, 1), with h = height / 8 - 2, so 256 gives 30. Heights and widths must be 24 at
      least.

    Raises:
      ValueError: norm_type is neither of the two.
    """
    seeds = draw_seeds(seed)
    x = inputs = keras.layers.Input((None, None, input_channels), name="input_image")
    if target:
        inputs = [x, keras.layers.Input((None, None, input_channels), name="target_image")]
        x = keras.layers.Concatenate()(inputs)
    for i in range(3):
        norm = norm_type if i else None
        x = _downsample(small_maps.Conv2D, filters * 2**i, norm, seeds, dtype)(x)
    x = keras.layers.ZeroPadding2D(dtype=dtype)(x)
    x = keras.layers.Conv2D(
        filters * 8, 4, kernel_initializer=kernel_initializer(seeds), use_bias=False, dtype=dtype
    )(x)
    x = _norm(norm_type, seeds, dtype)(x)
    x = keras.layers.LeakyReLU(negative_slope=_SLOPE, dtype=dtype)(x)
    x = keras.layers.ZeroPadding2D(dtype=dtype)(x)
    last = keras.layers.Conv2D(1, 4, kernel_initializer=kernel_initializer(seeds), dtype="float32")
    return keras.Model(inputs, last(x))


class _Innermost(small_maps.Conv2D):
    """A convolution with an instance norm after it, left out where that makes nothing of it.

    A map of one pixel minus its mean is zero, whatever it was, and so are the gradients of the
    kernel, which is one of the largest.
    """

    def convolution_op(self, inputs: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        if inputs.shape[1:3] == (2, 2):
            return tf.zeros([tf.shape(inputs)[0], 1, 1, self.filters], inputs.dtype)
        return super().convolution_op(inputs, kernel)


def _downsample(
    kind: type[keras.layers.Layer],
    width: int,
    norm_type: str | None,
    seeds: Iterator[int],
    dtype: str,
) -> keras.Sequential:
    block = keras.Sequential([_convolution(kind, width, seeds, dtype)])
    if norm_type is not None:
        block.add(_norm(norm_type, seeds, dtype))
    block.add(keras.layers.LeakyReLU(negative_slope=_SLOPE, dtype=dtype))
    return block


def _upsample(
    width: int, norm_type: str, dropout: float, seeds: Iterator[int], dtype: str
) -> keras.Sequential:
    block = keras.Sequential([_convolution(small_maps.Conv2DTranspose, width, seeds, dtype)])
    block.add(_norm(norm_type, seeds, dtype))
    if dropout:
        block.add(keras.layers.Dropout(dropout, seed=next(seeds), dtype=dtype))
    block.add(keras.layers.ReLU(dtype=dtype))
    return block


def _convolution(
    kind: type[keras.layers.Layer], width: int, seeds: Iterator[int], dtype: str
) -> keras.layers.Layer:
    return kind(
        width,
        4,
        strides=2,
        padding="same",
        kernel_initializer=kernel_initializer(seeds),
        use_bias=False,
        dtype=dtype,
    )


def _norm(norm_type: str, seeds: Iterator[int], dtype: str) -> keras.layers.Layer:
    if norm_type == "instancenorm":
        return InstanceNormalization(seed=next(seeds), dtype=dtype)
    if norm_type == "batchnorm":
        return keras.layers.BatchNormalization(dtype=dtype)
    raise ValueError(f"norm_type is 'instancenorm' or 'batchnorm', not {norm_type!r}")
