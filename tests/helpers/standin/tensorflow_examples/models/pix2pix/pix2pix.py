"""A stand-in for the package's module: the same functions, layers and flags, from Keras alone.

Written from the networks' description, independently of tf_cyclegan, so that checkpoints that
restore in both prove something.
"""

import keras
import tensorflow as tf
from absl import flags

# A test may make the networks narrower.
FILTERS = 64

flags.DEFINE_integer("buffer_size", 400, "")
flags.DEFINE_integer("batch_size", 1, "")
flags.DEFINE_integer("epochs", 1, "")
flags.DEFINE_string("path", None, "")
flags.DEFINE_boolean("enable_function", True, "")


class InstanceNormalization(keras.layers.Layer):
    def build(self, shape):
        normal = keras.initializers.RandomNormal(1.0, 0.02)
        self.scale = self.add_weight(name="scale", shape=shape[-1:], initializer=normal)
        self.offset = self.add_weight(name="offset", shape=shape[-1:], initializer="zeros")

    def call(self, x):
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        return self.scale * (x - mean) / tf.sqrt(variance + 1e-5) + self.offset


def _convolution(kind, width, **settings):
    normal = keras.initializers.RandomNormal(0.0, 0.02)
    return kind(width * FILTERS // 64, 4, kernel_initializer=normal, **settings)


def unet_generator(output_channels, norm_type="batchnorm"):
    assert norm_type == "instancenorm"
    halving = {"strides": 2, "padding": "same"}
    downs = []
    for width in (64, 128, 256, 512, 512, 512, 512, 512):
        layers = [_convolution(keras.layers.Conv2D, width, use_bias=False, **halving)]
        layers += [InstanceNormalization()] if downs else []
        downs.append(keras.Sequential([*layers, keras.layers.LeakyReLU()]))
    ups = []
    for width in (512, 512, 512, 512, 256, 128, 64):
        layers = [_convolution(keras.layers.Conv2DTranspose, width, use_bias=False, **halving)]
        layers += [InstanceNormalization()]
        layers += [keras.layers.Dropout(0.5)] if len(ups) < 3 else []
        ups.append(keras.Sequential([*layers, keras.layers.ReLU()]))
    tanh = {"activation": "tanh", **halving}
    last = keras.layers.Conv2DTranspose(output_channels, 4, **tanh)
    join = keras.layers.Concatenate()
    outputs = [keras.Input([None, None, 3])]
    for down in downs:
        outputs.append(down(outputs[-1]))
    x = outputs[-1]
    for up, skip in zip(ups, outputs[-2:0:-1], strict=True):
        x = join([up(x), skip])
    return keras.Model(outputs[0], last(x))


def discriminator(norm_type="batchnorm", target=True):
    assert (norm_type, target) == ("instancenorm", False)
    x = picture = keras.Input([None, None, 3], name="input_image")
    for width in (64, 128, 256):
        layers = [
            _convolution(keras.layers.Conv2D, width, strides=2, padding="same", use_bias=False)
        ]
        layers += [InstanceNormalization()] if width > 64 else []
        x = keras.Sequential([*layers, keras.layers.LeakyReLU()])(x)
    x = keras.layers.ZeroPadding2D()(x)
    x = _convolution(keras.layers.Conv2D, 512, use_bias=False)(x)
    x = keras.layers.LeakyReLU()(InstanceNormalization()(x))
    x = keras.layers.Conv2D(1, 4)(keras.layers.ZeroPadding2D()(x))
    return keras.Model(picture, x)
