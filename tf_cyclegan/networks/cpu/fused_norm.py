"""An instance norm as the batch norm of each picture, which TensorFlow has in one operation."""

import tensorflow as tf

from tf_cyclegan.system import devices

# What TensorFlow's batch norm takes.
_DTYPES = (tf.float32, tf.bfloat16, tf.float16)


def fits(x: tf.Tensor) -> bool:
    """Whether it is faster for maps (batch, height, width, channels): on CPUs, batch size known."""
    pictures, height, width, _ = x.shape
    # Of one pixel nothing but `offset` is to be left, exactly. On GPUs it was not measured.
    known = bool(pictures) and (height, width) != (1, 1)
    return known and x.dtype in _DTYPES and not devices.has_gpu()


def instance_norm(x: tf.Tensor, *affine: tf.Tensor, epsilon: float) -> tf.Tensor:
    """The instance norm of maps that fit, half as long as by steps where they are large.

    Args:
      x: float (batch, height, width, channels).
      *affine: scale and offset, float32 (channels,) both; or nothing.
      epsilon: added to the variance.
    """
    scale, offset = affine or (tf.ones(x.shape[-1:]), tf.zeros(x.shape[-1:]))
    unused = tf.zeros([0])

    def batch_norm(picture: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.FusedBatchNormV3(
            x=picture,
            scale=scale,
            offset=offset,
            mean=unused,
            variance=unused,
            epsilon=epsilon,
            is_training=True,
        ).y

    if x.shape[0] == 1:
        return batch_norm(x)
    # As concatenating them, with half as many operations in the gradient.
    return tf.squeeze(tf.stack([batch_norm(picture) for picture in tf.split(x, x.shape[0])]), 1)
