"""The matrix products against Keras' convolutions: outputs, and gradients of both arguments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.system import devices


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

    # In a graph, with a batch of any size, as in the training step.
    shape = tf.TensorSpec([None, *x.shape[1:]])
    return [tensor.numpy() for tensor in tf.function(run, input_signature=[shape])(x)]


KINDS = [
    (small_maps.Conv2D, keras.layers.Conv2D),
    (small_maps.Conv2DTranspose, keras.layers.Conv2DTranspose),
]
SETTINGS = {"strides": 2, "padding": "same", "use_bias": False}


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
# Of the coarse map. Kernels of 9 and 8 channels outweigh maps of 20 pixels.
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 2), (4, 4), (2, 4), (5, 4)])
def test_same_as_keras(ours, theirs, height, width, monkeypatch):
    product = height * width <= 16
    if ours is small_maps.Conv2D:
        height, width = 2 * height, 2 * width
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(3, height, width, 9)), tf.float32)
    in_out = (9, 8) if ours is small_maps.Conv2D else (8, 9)
    kernel = rng.normal(size=(4, 4, *in_out)).astype(np.float32)
    plain = outputs_and_gradients(theirs(8, 4, **SETTINGS), kernel, x)
    taken = []
    for name in ("_down", "_fold"):
        whole = getattr(small_maps, name)
        monkeypatch.setattr(
            small_maps, name, lambda *a, name=name, whole=whole: taken.append(name) or whole(*a)
        )
    monkeypatch.setattr(devices, "has_gpu", lambda: False)
    found = outputs_and_gradients(ours(8, 4, **SETTINGS), kernel, x)
    assert set(taken) == ({"_down", "_fold"} if product else {"_down"})
    for a, b in zip(plain, found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_larger_maps_and_unknown_sizes_are_left_to_keras(ours, theirs, monkeypatch):
    monkeypatch.setattr(small_maps, "_recorded", None)
    layer, keras_own = ours(8, 4, **SETTINGS), theirs(8, 4, **SETTINGS)
    assert layer(tf.zeros([1, 16, 16, 9])).shape == keras_own(tf.zeros([1, 16, 16, 9])).shape
    traced = tf.function(layer, input_signature=[tf.TensorSpec([1, None, None, 9])])
    assert traced(tf.zeros([1, 4, 4, 9])).shape == keras_own(tf.zeros([1, 4, 4, 9])).shape


@pytest.mark.parametrize("size", [7, 9])
def test_maps_of_odd_size_are_left_to_keras(size):
    """As the PatchGAN has them, which takes pictures of any size."""
    x = tf.random.stateless_normal([2, size, size, 64], [0, 1])
    kernel = np.random.default_rng(0).normal(size=(4, 4, 64, 8)).astype(np.float32)
    plain = outputs_and_gradients(keras.layers.Conv2D(8, 4, **SETTINGS), kernel, x)
    found = outputs_and_gradients(small_maps.Conv2D(8, 4, **SETTINGS), kernel, x)
    for a, b in zip(plain, found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-3)
