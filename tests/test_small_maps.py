"""The matrix products against Keras' convolutions: outputs, and gradients of both arguments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks import small_maps


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


@pytest.mark.parametrize(
    ("ours", "theirs", "most"),
    [
        (small_maps.Conv2D, keras.layers.Conv2D, 8),
        (small_maps.Conv2DTranspose, keras.layers.Conv2DTranspose, 4),
    ],
)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 2), (4, 4), (2, 4)])
def test_same_as_keras(ours, theirs, most, height, width, monkeypatch):
    if ours is small_maps.Conv2D:
        height, width = 2 * height, 2 * width
    assert height <= most
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(3, height, width, 5)), tf.float32)
    in_out = (5, 7) if ours is small_maps.Conv2D else (7, 5)
    kernel = rng.normal(size=(4, 4, *in_out)).astype(np.float32)
    settings = {"strides": 2, "padding": "same", "use_bias": False}
    plain = outputs_and_gradients(theirs(7, 4, **settings), kernel, x)
    calls = []
    fold = small_maps._fold
    monkeypatch.setattr(small_maps, "_fold", lambda *a: calls.append(0) or fold(*a))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    product = outputs_and_gradients(ours(7, 4, **settings), kernel, x)
    assert calls, "the matrix product was not taken"
    for a, b in zip(plain, product, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-4)


def test_larger_maps_and_unknown_sizes_are_left_to_keras(monkeypatch):
    monkeypatch.setattr(small_maps, "_convolve", None)
    layer = small_maps.Conv2D(3, 4, strides=2, padding="same", use_bias=False)
    assert layer(tf.zeros([1, 16, 16, 2])).shape == (1, 8, 8, 3)
    traced = tf.function(layer, input_signature=[tf.TensorSpec([1, None, None, 2])])
    assert traced(tf.zeros([1, 4, 4, 2])).shape == (1, 2, 2, 3)
