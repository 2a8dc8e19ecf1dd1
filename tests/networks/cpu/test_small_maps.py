"""The matrix products against Keras' convolutions: outputs, and gradients of both arguments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.system import devices

KINDS = ("Conv2D", "Conv2DTranspose")


def make(module, kind):
    return getattr(module, kind)(8, 4, strides=2, padding="same", use_bias=False)


def outputs_and_gradients(layer, kernel, x):
    layer.build(x.shape)
    layer.kernel.assign(kernel)

    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            weights = tf.reshape(tf.range(tf.size(y), dtype=tf.float32), tf.shape(y))
            loss = tf.reduce_sum(tf.sin(weights) * y)
        return [y, *tape.gradient(loss, [x, layer.kernel])]

    # In a graph, with any batch size, as in the training step.
    shape = tf.TensorSpec([None, *x.shape[1:]])
    return [tensor.numpy() for tensor in tf.function(run, input_signature=[shape])(x)]


def assert_same_as_keras(kind, height, width, channels=9):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(3, height, width, channels)), tf.float32)
    in_out = (channels, 8) if kind == "Conv2D" else (8, channels)
    kernel = rng.normal(size=(4, 4, *in_out)).astype(np.float32)
    plain = outputs_and_gradients(make(keras.layers, kind), kernel, x)
    ours = outputs_and_gradients(make(small_maps, kind), kernel, x)
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4 if channels == 9 else 1e-3)


@pytest.mark.parametrize("kind", KINDS)
# Of the coarse map. Kernels of 9 and 8 channels are larger than maps of 20 pixels.
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 2), (4, 4), (2, 4), (5, 4)])
def test_numbers_are_those_of_keras(kind, height, width, monkeypatch):
    called = set()
    for name in ("convolve", "_col2im"):
        function = getattr(small_maps, name)
        monkeypatch.setattr(
            small_maps, name, lambda *a, name=name, f=function: called.add(name) or f(*a)
        )
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    scale = 2 if kind == "Conv2D" else 1
    assert_same_as_keras(kind, scale * height, scale * width)
    assert called == ({"convolve", "_col2im"} if height * width <= 16 else {"convolve"})


@pytest.mark.parametrize("size", [7, 9])
def test_maps_of_odd_size_are_left_to_keras(size):
    """The PatchGAN has them, as it takes pictures of any size."""
    assert_same_as_keras("Conv2D", size, size, channels=64)


@pytest.mark.parametrize("kind", KINDS)
def test_larger_maps_and_unknown_sizes_are_left_to_keras(kind, monkeypatch):
    monkeypatch.setattr(small_maps, "apply", None)
    layer, plain = make(small_maps, kind), make(keras.layers, kind)
    assert layer(tf.zeros([1, 16, 16, 9])).shape == plain(tf.zeros([1, 16, 16, 9])).shape
    traced = tf.function(layer, input_signature=[tf.TensorSpec([1, None, None, 9])])
    assert traced(tf.zeros([1, 4, 4, 9])).shape == plain(tf.zeros([1, 4, 4, 9])).shape
