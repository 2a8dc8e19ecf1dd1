"""The largest singular value against NumPy's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.networks.pix2pix import discriminator
from tf_cyclegan.networks.resnet import resnet_discriminator
from tf_cyclegan.networks.spectral_norm import SpectralConv2D

# Of Keras, while it saves a network.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def picture():
    return tf.random.stateless_uniform([2, 8, 8, 3], [0, 0], -1, 1)


def built(passes):
    layer = SpectralConv2D(5, 4, strides=2, padding="same", use_bias=False)
    layer.build((None, 8, 8, 3))
    layer.kernel.assign(tf.random.stateless_normal([4, 4, 3, 5], [1, 2]))
    for _ in range(passes):
        layer(picture(), training=True)
    return layer


def test_the_kernel_is_divided_by_its_largest_singular_value():
    layer = built(500)
    matrix = layer.kernel.numpy().reshape(48, 5)
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    expected = tf.nn.conv2d(picture(), layer.kernel / largest, 2, "SAME")
    np.testing.assert_allclose(layer(picture()), expected, rtol=1e-4, atol=1e-6)


def test_one_step_of_the_power_iteration_in_a_training_pass_and_none_else():
    layer = built(0)
    matrix, vector = layer.kernel.numpy().reshape(48, 5), layer.vector.numpy()
    layer(picture())
    np.testing.assert_array_equal(layer.vector, vector)
    left = matrix @ vector / np.linalg.norm(matrix @ vector)
    expected = matrix.T @ left / np.linalg.norm(matrix.T @ left)
    output = layer(picture(), training=True)
    np.testing.assert_allclose(layer.vector, expected, rtol=1e-5)
    value = left @ matrix @ expected
    plain = tf.nn.conv2d(picture(), layer.kernel / value, 2, "SAME")
    np.testing.assert_allclose(output, plain, rtol=1e-4, atol=1e-6)


def test_the_gradient_takes_the_singular_vectors_for_constants():
    """That of f(W / s) is (G - <G, W / s> u v^T) / s, with G = f': Miyato et al., equation 10."""
    layer = built(500)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(picture()) ** 2)
    found = tape.gradient(total, layer.kernel).numpy().reshape(48, 5)
    u, s, vt = np.linalg.svd(layer.kernel.numpy().reshape(48, 5), full_matrices=False)
    scaled = tf.Variable(layer.kernel / s[0])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.nn.conv2d(picture(), scaled, 2, "SAME") ** 2)
    plain = tape.gradient(total, scaled).numpy().reshape(48, 5)
    inner = np.sum(plain * layer.kernel.numpy().reshape(48, 5) / s[0])
    expected = (plain - inner * np.outer(u[:, 0], vt[0])) / s[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("build", [discriminator, resnet_discriminator])
def test_every_convolution_of_a_discriminator_has_it(build):
    network = build(filters=2, spectral_norm=True)
    convolutions = [x for x in flat_layers(network) if isinstance(x, keras.layers.Conv2D)]
    assert len(convolutions) == 5
    assert all(isinstance(x, SpectralConv2D) for x in convolutions)
    plain = [x for x in flat_layers(build(filters=2)) if isinstance(x, SpectralConv2D)]
    assert not plain


def test_it_reloads(tmp_path):
    network = keras.Sequential([keras.layers.Input((8, 8, 3)), SpectralConv2D(5, 3)])
    network(picture(), training=True)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(again(picture()), network(picture()))


def test_in_bfloat16_the_value_is_found_in_float32():
    layer = SpectralConv2D(5, 3, dtype="mixed_bfloat16")
    assert layer(picture(), training=True).dtype == tf.bfloat16
    assert layer.vector.dtype == "float32"
