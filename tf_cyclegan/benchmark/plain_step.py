"""The training step as the TensorFlow tutorial arranges it: what ours is measured against.

https://www.tensorflow.org/tutorials/generative/cyclegan: each pass of a network by itself, so that
the generators are called three times each and the discriminators twice, one persistent tape, and
Keras' own layers and Adam. The mathematics is that of `CycleGAN.train_step`, in float32, but for
averaged generators, which the tutorial has not.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan import networks
from tf_cyclegan.config import Config
from tf_cyclegan.model import losses
from tf_cyclegan.model.cyclegan import NETWORKS
from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.upsampling import ResizeConv2D


class PlainStep:
    """The tutorial's step with the networks of a Config, unet or resnet.

    Attributes:
      networks: the four networks by name, with the first weights of `CycleGAN(config)`.
      train_step: the traced function of two batches of pictures to the losses by name.

    Raises:
      ValueError: the settings have what the tutorial has not.
    """

    def __init__(self, config: Config):
        if config.pool_size or config.update_order != "simultaneous":
            raise ValueError("the tutorial has no image pool and updates simultaneously")
        if config.augmentations or config.gradient_penalty:
            raise ValueError("the tutorial has no augmentation and no gradient penalty")
        seeds = np.random.SeedSequence(config.seed).generate_state(8).tolist()
        self.networks = {
            "generator_g": plain_network(networks.build_generator(config, "AtoB", seeds[0])),
            "generator_f": plain_network(networks.build_generator(config, "BtoA", seeds[1])),
            "discriminator_x": plain_network(networks.build_discriminator(config, "A", seeds[2])),
            "discriminator_y": plain_network(networks.build_discriminator(config, "B", seeds[3])),
        }
        self._optimizers: dict[str, keras.optimizers.Optimizer] = {}
        for name, network in self.networks.items():
            self._optimizers[name] = keras.optimizers.Adam(
                config.learning_rate, beta_1=config.beta_1
            )
            self._optimizers[name].build(network.trainable_variables)
        self._config = config
        self._adversarial = losses.ADVERSARIAL_LOSSES[config.adversarial_loss]
        shape = (None, config.image_size, config.image_size)
        channels = (config.channels_x, config.channels_y)
        pictures = [tf.TensorSpec((*shape, c), tf.float32) for c in channels]
        self.train_step = tf.function(self._train_step, input_signature=pictures, autograph=False)

    def _train_step(self, real_x: tf.Tensor, real_y: tf.Tensor) -> dict[str, tf.Tensor]:
        g, f, d_x, d_y = (self.networks[name] for name in NETWORKS)
        weight = self._config.cycle_weight
        identity = weight * self._config.identity_weight
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = g(real_x, training=True), f(real_y, training=True)
            cycled_x, cycled_y = f(fake_y, training=True), g(fake_x, training=True)
            same_x, same_y = f(real_x, training=True), g(real_y, training=True)
            real = {"x": d_x(real_x, training=True), "y": d_y(real_y, training=True)}
            fake = {"x": d_x(fake_x, training=True), "y": d_y(fake_y, training=True)}
            cycle = weight * (
                losses.absolute_error(real_x, cycled_x) + losses.absolute_error(real_y, cycled_y)
            )
            same_x_error = identity * losses.absolute_error(real_x, same_x)
            same_y_error = identity * losses.absolute_error(real_y, same_y)
            totals = {
                "generator_g": self._adversarial.generator(fake["y"]) + cycle + same_y_error,
                "generator_f": self._adversarial.generator(fake["x"]) + cycle + same_x_error,
                "discriminator_x": self._adversarial.discriminator(real["x"], fake["x"]),
                "discriminator_y": self._adversarial.discriminator(real["y"], fake["y"]),
            }
        weights = {name: self.networks[name].trainable_variables for name in NETWORKS}
        gradients = {name: tape.gradient(totals[name], weights[name]) for name in NETWORKS}
        for name in NETWORKS:
            self._optimizers[name].apply(gradients[name])
        return totals


class _PlainNorm(InstanceNormalization):
    """As in tensorflow_examples, differentiated by TensorFlow."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        normal = (x - mean) * tf.math.rsqrt(variance + self.epsilon)
        return self.scale * normal + self.offset if self.affine else normal


class _PlainResizeConv2D(ResizeConv2D):
    """An enlarged map, and a convolution of it."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        enlarged = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
        kernel = tf.transpose(tf.reverse(self.kernel, [0, 1]), [0, 1, 3, 2])
        x = tf.nn.conv2d(enlarged, kernel, 1, "SAME")
        return self.activation(tf.nn.bias_add(x, self.bias) if self.use_bias else x)


_PLAIN = {
    ResizeConv2D: _PlainResizeConv2D,
    small_maps.Conv2D: keras.layers.Conv2D,
    small_maps.Conv2DTranspose: keras.layers.Conv2DTranspose,
    InstanceNormalization: _PlainNorm,
}


def plain_network(network: keras.Model) -> keras.Model:
    """The same network of Keras' own layers, as the tutorial has it, with the same weights."""

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        kind = next((_PLAIN[k] for k in type(layer).__mro__ if k in _PLAIN), type(layer))
        return kind.from_config(layer.get_config())

    plain = keras.models.clone_model(network, clone_function=clone, recursive=True)
    for ours, theirs in zip(network.weights, plain.weights, strict=True):
        theirs.assign(ours)
    return plain
