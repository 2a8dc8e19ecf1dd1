"""Generators that say where they change a picture, and leave the rest as it is."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tf_cyclegan")
class Blend(keras.layers.Layer):
    """The input picture, with something new where a mask is 1.

    Pumarola et al., "GANimation" (2018), section 3; with cycle consistency and without labels: Tang
    et al., "AttentionGAN" (2021). There A = 0 is the new, here it is 1.

    Input: pictures (batch, height, width, channels) in [-1, 1], and what the last convolution
    makes, (batch, height, width, channels + 1): the new picture before its tanh, then the mask
    before its sigmoid. Output: pictures in [-1, 1].
    """

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> tuple[int | None, ...]:
        return input_shape[0]

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        pictures, made = inputs
        new, mask = tf.tanh(made[..., :-1]), tf.sigmoid(made[..., -1:])
        return pictures + mask * (new - pictures)
