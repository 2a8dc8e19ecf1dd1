"""Instance normalization, as a layer and as a function."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tf_cyclegan.networks.cpu import fused_norm
from tf_cyclegan.networks.layers import Normal

_GradientFunction = Callable[[tf.Tensor], list[tf.Tensor]]


@keras.saving.register_keras_serializable("tf_cyclegan")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes each channel of each picture over height and width.

    `scale * (x - mean) / sqrt(variance + epsilon) + offset`, from Ulyanov et al., "Instance
    Normalization: The Missing Ingredient for Fast Stylization" (2016).

    Input and output: float (batch, height, width, channels). A 1x1 map becomes `offset`.

    Args:
      epsilon: added to the variance.
      affine: whether to learn `scale` and `offset`, as in tensorflow_examples' pix2pix module; the
        paper's networks have neither.
      scale_mean: `scale` starts from N(scale_mean, 0.02), `offset` from zero.
      seed: seed of `scale`; None picks one.
      **settings: those of any Keras layer. Mean and variance are float32 whatever `dtype` is.

    Attributes:
      statistics: called with the maps, returns the mean and variance to normalize by, float32 and
        broadcastable to the maps. None for those of each picture.
    """

    statistics: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]] | None = None

    def __init__(
        self,
        epsilon: float = 1e-5,
        affine: bool = True,
        scale_mean: float = 1.0,
        seed: int | None = None,
        **settings: Any,
    ):
        super().__init__(**settings)
        self.epsilon = epsilon
        self.affine = affine
        self._initializer = Normal(scale_mean, seed)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "affine": self.affine,
            "scale_mean": self._initializer.mean,
            "seed": self._initializer.seed,
        }

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.affine:
            shape = (input_shape[-1],)
            self.scale = self.add_weight(
                name="scale", shape=shape, initializer=self._initializer, autocast=False
            )
            self.offset = self.add_weight(
                name="offset", shape=shape, initializer="zeros", autocast=False
            )

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def call(self, x: tf.Tensor) -> tf.Tensor:
        weights = (self.scale, self.offset) if self.affine else ()
        affine = [tf.convert_to_tensor(weight) for weight in weights]
        if self.statistics is None:
            return instance_norm(x, *affine, epsilon=self.epsilon)
        mean, variance = self.statistics(x)
        scale, offset = affine or (None, None)
        wide = tf.cast(x, tf.float32)
        y = tf.nn.batch_normalization(wide, mean, variance, offset, scale, self.epsilon)
        return tf.cast(y, x.dtype)


def instance_norm(x: tf.Tensor, *affine: tf.Tensor, epsilon: float = 1e-5) -> tf.Tensor:
    """Instance norm, computed in float32 and differentiable twice, for gradient penalties.

    Args:
      x: float (batch, height, width, channels).
      *affine: scale and offset, both float32 (channels,), or neither.
      epsilon: added to the variance.
    """
    if fused_norm.is_faster(x):
        return fused_norm.instance_norm(x, *affine, epsilon=epsilon)
    return _unfused(x, *affine, epsilon=epsilon)


def _unfused(x: tf.Tensor, *affine: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Any batch size, with a custom gradient: that of `tf.nn.moments` takes five times the ops."""

    @tf.custom_gradient
    def normalize(x: tf.Tensor, *affine: tf.Tensor) -> tuple[tf.Tensor, _GradientFunction]:
        wide = tf.cast(x, tf.float32)
        centred = wide - tf.reduce_mean(wide, [1, 2], keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), [1, 2], keepdims=True)
        gain = tf.math.rsqrt(variance + epsilon)
        normal = centred * gain

        def gradients(upstream: tf.Tensor) -> list[tf.Tensor]:
            upstream = tf.cast(upstream, tf.float32)
            mean = tf.reduce_mean(upstream, [1, 2], keepdims=True)
            slope = tf.reduce_mean(upstream * normal, [1, 2], keepdims=True)
            to_x = (upstream - mean - normal * slope) * (gain * affine[0] if affine else gain)
            if not affine:
                return [tf.cast(to_x, x.dtype)]
            pixels = _count_pixels(x)
            to_affine = (pixels * tf.reduce_sum(each, [0, 1, 2]) for each in (slope, mean))
            return [tf.cast(to_x, x.dtype), *to_affine]

        y = normal * affine[0] + affine[1] if affine else normal
        return tf.cast(y, x.dtype), gradients

    return normalize(x, *affine)


def _count_pixels(x: tf.Tensor) -> float | tf.Tensor:
    _, height, width, _ = x.shape
    if height and width:
        # A constant is one op of the graph instead of seven.
        return float(height * width)
    return tf.cast(tf.reduce_prod(tf.shape(x)[1:3]), tf.float32)
