"""Augmentation of what a discriminator sees, real and generated alike.

Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training" (2020): a discriminator
that has few pictures learns them by heart, and augmenting the real ones alone would teach the
generators to make augmented pictures. All is differentiable by the pictures. Strengths are those of
the authors' implementation.
"""

from collections.abc import Sequence

import tensorflow as tf

# Shares of height and width: the largest shift, and the side of the hole.
_SHIFT, _HOLE = 1 / 8, 1 / 2


def augment(pictures: tf.Tensor, kinds: Sequence[str], seed: tf.Tensor) -> tf.Tensor:
    """Augments each picture by itself.

    - color: brightness + U(-0.5, 0.5), saturation * U(0, 2), contrast * U(0.5, 1.5), not clipped;
    - translation: shifted by up to an eighth of height and width, zeros where nothing is left;
    - cutout: a square of half of height and width set to zero, at any place, partly outside too.

    Args:
      pictures: float32 (batch, height, width, channels) in [-1, 1].
      kinds: some of KINDS.
      seed: int64 (2,). Equal seeds draw the same.

    Returns:
      Pictures of the same shape.
    """
    for number, (name, function) in enumerate(_FUNCTIONS.items()):
        if name in kinds:
            own = tf.random.experimental.stateless_fold_in(seed, number)
            pictures = function(pictures, own)
    return pictures


def _colour(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    draws = tf.random.stateless_uniform([3, tf.shape(x)[0], 1, 1, 1], seed)
    x += draws[0] - 0.5
    grey = tf.reduce_mean(x, axis=3, keepdims=True)
    x = grey + 2.0 * draws[1] * (x - grey)
    mean = tf.reduce_mean(x, axis=[1, 2, 3], keepdims=True)
    return mean + (draws[2] + 0.5) * (x - mean)


def _translate(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    batch, height, width, _ = tf.unstack(tf.shape(x))
    draws = tf.random.stateless_uniform([2, batch], seed)
    down, right = (
        _shifts(draw, size) for draw, size in zip(tf.unstack(draws), (height, width), strict=True)
    )
    # As products with matrices of ones and zeros, whose gradients are products too.
    return tf.einsum("bij,bjkc,blk->bilc", down, x, right)


def _shifts(draws: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Matrices (batch, size, size) that shift by up to an eighth, either way; draws in [0, 1)."""
    most = tf.cast(tf.cast(size, tf.float32) * _SHIFT + 0.5, tf.int32)
    by = tf.cast(draws * tf.cast(2 * most + 1, tf.float32), tf.int32) - most
    places = tf.range(size)
    return tf.cast(places[:, None] - by[:, None, None] == places, tf.float32)


def _cut_out(x: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    batch, height, width, _ = tf.unstack(tf.shape(x))
    draws = tf.random.stateless_uniform([2, batch, 1], seed)
    rows, columns = (
        _in_hole(draw, size) for draw, size in zip(tf.unstack(draws), (height, width), strict=True)
    )
    hole = rows[:, :, None, None] & columns[:, None, :, None]
    return tf.where(hole, 0.0, x)


def _in_hole(draws: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Which rows, or columns, are in the hole: bool (batch, size), for draws (batch, 1)."""
    side = tf.cast(tf.cast(size, tf.float32) * _HOLE + 0.5, tf.int32)
    centre = tf.cast(draws * tf.cast(size + 1 - side % 2, tf.float32), tf.int32)
    places = tf.range(size)
    return (places >= centre - side // 2) & (places < centre - side // 2 + side)


# In the order in which they are applied.
_FUNCTIONS = {"color": _colour, "translation": _translate, "cutout": _cut_out}
KINDS = tuple(_FUNCTIONS)
