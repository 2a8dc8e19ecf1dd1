"""Against an enlargement and a convolution, one after the other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.networks.pix2pix import unet_generator
from tf_cyclegan.networks.resnet import resnet_generator
from tf_cyclegan.networks.upsampling import ResizeConv2D

# Of Keras, while it saves a network.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def plainly(layer, x):
    enlarged = tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)
    kernel = tf.transpose(tf.reverse(tf.convert_to_tensor(layer.kernel), [0, 1]), [0, 1, 3, 2])
    return tf.tanh(tf.nn.conv2d(enlarged, kernel, 1, "SAME") + layer.bias)


# With kernels larger than the maps, in a matrix product and not, and with smaller ones.
@pytest.mark.parametrize("shape", [(2, 2, 2, 32), (1, 4, 6, 64), (2, 8, 8, 3)])
def test_it_is_an_enlargement_and_a_convolution(shape):
    layer = ResizeConv2D(24, activation="tanh", bias_initializer="random_normal")
    x = tf.random.stateless_normal(shape, [0, 0]) * 0.1
    layer.build(shape)
    found, expected = [], []
    for results, function in ((found, layer), (expected, lambda x: plainly(layer, x))):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = function(x)
            total = tf.reduce_sum(output**2)
        gradients = tape.gradient(total, [x, *layer.trainable_variables])
        results.extend([output, *map(tf.convert_to_tensor, gradients)])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def checkered(network, grey):
    """How much pixels differ from those two further, within: 0 without a checkerboard."""
    inner = network(np.full((1, 64, 64, 3), grey, np.float32), training=False)[0, 24:40, 24:40]
    return float(tf.reduce_max(tf.abs(inner[1:] - inner[:-1])))


@pytest.mark.parametrize("build", [unet_generator, resnet_generator])
def test_a_plain_surface_stays_plain(build):
    settings = {"depth": 2} if build is unet_generator else {"blocks": 1}
    assert checkered(build(filters=4, seed=0, upsampling="resize", **settings), 0.5) < 1e-6
    assert checkered(build(filters=4, seed=0, **settings), 0.5) > 1e-3


@pytest.mark.parametrize(("build", "count"), [(unet_generator, 8), (resnet_generator, 2)])
def test_all_enlargements_of_a_generator_are_of_the_kind(build, count):
    layers = flat_layers(build(filters=2, upsampling="resize"))
    transposed = [x for x in layers if isinstance(x, keras.layers.Conv2DTranspose)]
    assert len(transposed) == count
    assert all(isinstance(x, ResizeConv2D) for x in transposed)
    with pytest.raises(ValueError, match="one of transposed, resize, not 'sub_pixel'"):
        build(upsampling="sub_pixel")


def test_it_takes_maps_of_any_size_and_reloads(tmp_path):
    inputs = keras.layers.Input((None, None, 4))
    network = keras.Model(inputs, ResizeConv2D(3)(inputs))
    assert network.output.shape == (None, None, None, 3)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    for shape in ((1, 3, 5, 4), (2, 8, 2, 4)):
        x = tf.random.stateless_normal(shape, [0, 0])
        assert again(x).shape == (shape[0], 2 * shape[1], 2 * shape[2], 3)
        np.testing.assert_array_equal(again(x), network(x))
