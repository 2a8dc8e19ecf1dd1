"""The model of https://keras.io/examples/generative/cyclegan/, as its readers save it.

Written from the example's description, independently of tf_cyclegan, so that equal outputs prove
something.
"""

import keras
import numpy as np
from keras import layers


class ReflectionPadding2D(layers.Layer):
    def __init__(self, size, **settings):
        super().__init__(**settings)
        self.size = size

    def call(self, x):
        pad = [self.size, self.size]
        return keras.ops.pad(x, [[0, 0], pad, pad, [0, 0]], mode="reflect")


def _normalized(x, groups, activation=None):
    normal = keras.initializers.RandomNormal(0.0, 0.02)
    x = layers.GroupNormalization(groups=groups, gamma_initializer=normal)(x)
    return activation(x) if activation else x


def _relu():
    return layers.Activation("relu")


def generator(filters, blocks, channels=3, groups=1, name="generator_G"):
    x = picture = layers.Input((32, 32, channels), name=f"{name}_img_input")
    x = layers.Conv2D(filters, 7, use_bias=False)(ReflectionPadding2D(3)(x))
    x = _normalized(x, groups, _relu())
    for width in (2 * filters, 4 * filters):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = _normalized(x, groups, _relu())
    for _ in range(blocks):
        before = x
        x = layers.Conv2D(4 * filters, 3, use_bias=False)(ReflectionPadding2D(1)(x))
        x = _normalized(x, groups, _relu())
        x = layers.Conv2D(4 * filters, 3, use_bias=False)(ReflectionPadding2D(1)(x))
        x = layers.add([before, _normalized(x, groups)])
    for width in (2 * filters, filters):
        x = layers.Conv2DTranspose(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = _normalized(x, groups, _relu())
    x = layers.Conv2D(channels, 7)(ReflectionPadding2D(3)(x))
    return keras.Model(picture, layers.Activation("tanh")(x), name=name)


def discriminator(filters, name="discriminator_X"):
    x = picture = layers.Input((32, 32, 3), name=f"{name}_img_input")
    x = layers.LeakyReLU(0.2)(layers.Conv2D(filters, 4, strides=2, padding="same")(x))
    for width, stride in ((2, 2), (4, 2), (8, 1)):
        x = layers.Conv2D(width * filters, 4, strides=stride, padding="same", use_bias=False)(x)
        x = _normalized(x, 1, layers.LeakyReLU(0.2))
    return keras.Model(picture, layers.Conv2D(1, 4, padding="same")(x), name=name)


class CycleGan(keras.Model):
    """The example's model, after three updates with weights that give lively pictures."""

    def __init__(self, filters=2, blocks=2):
        super().__init__()
        self.gen_G = generator(filters, blocks)
        self.gen_F = generator(filters, blocks, name="generator_F")
        self.disc_X = discriminator(filters)
        self.disc_Y = discriminator(filters, name="discriminator_Y")
        self.compile()
        for name in ("gen_G", "gen_F", "disc_X", "disc_Y"):
            network = liven(getattr(self, name), name)
            adam = keras.optimizers.Adam(2e-4, beta_1=0.5)
            for _ in range(3):
                variables = network.trainable_variables
                adam.apply([keras.ops.copy(v) for v in variables], variables)
            setattr(self, f"{name}_optimizer", adam)
        self(np.zeros((1, 32, 32, 3), np.float32))

    def call(self, x):
        return self.disc_X(x), self.disc_Y(x), self.gen_G(x), self.gen_F(x)


def liven(network, seed):
    """Weights from N(0, 0.3): as initialized, outputs are nearly zero."""
    rng = np.random.default_rng(list(seed.encode()))
    for variable in network.trainable_variables:
        variable.assign(rng.normal(0, 0.3, variable.shape))
    return network
