"""Kernels' gradients taken for all passes at once, against TensorFlow's, of each pass."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.networks.cpu.kernel_gradients import Passes

SETTINGS = {"strides": 2, "padding": "same", "use_bias": False}


def network(kind, channels=64, dtype="float32", size=8):
    """Kernels of 64 channels outweigh maps of 4x4. A bias before them is what the tape watches."""
    keras.utils.set_random_seed(1)
    x = keras.layers.Input((size, size, 3))
    first = keras.layers.Conv2D(3, 1, dtype=dtype)(x)
    halved = kind.Conv2D(channels, 4, **SETTINGS, dtype=dtype)(first)
    doubled = kind.Conv2DTranspose(3, 4, **SETTINGS, dtype=dtype)(keras.layers.ReLU()(halved))
    return keras.Model(x, doubled)


def two_passes(model, x):
    """A loss of a pass over two pictures, and of one over another."""
    first, second = model(x[:2]), model(x[2:])
    return tf.reduce_sum(first**2) + tf.reduce_sum(tf.sin(second) ** 2)


def traced(model, loss_of=two_passes, passes=None, scale=None, size=8):
    """The traced function of the gradients, and what it gives."""

    def run(x):
        with tf.GradientTape() as tape:
            if passes is None:
                loss = loss_of(model, x)
            else:
                with passes.recorded():
                    loss = loss_of(model, x)
        take = tape.gradient if passes is None else lambda *a, **k: passes.gradients(tape, *a, **k)
        return take(loss, model.trainable_variables, output_gradients=scale)

    x = tf.constant(np.random.default_rng(0).normal(size=(3, size, size, 3)), tf.float32)
    function = tf.function(run).get_concrete_function(x)
    return function, function(x)


def assert_close(plain, ours):
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3 * np.abs(a).max())


# The limit says who convolves.
@pytest.mark.parametrize(
    ("most", "operation"), [(16, "MatMul"), (0, "Conv2DBackpropFilter")], ids=["ours", "library's"]
)
@pytest.mark.parametrize("scale", [None, 4.0])
def test_one_operation_for_both_passes_makes_the_same_gradient(most, operation, scale, monkeypatch):
    monkeypatch.setattr(small_maps, "_MOST_PIXELS", most)
    scale = None if scale is None else tf.constant(scale)
    _, plain = traced(network(keras.layers), scale=scale)
    model = network(small_maps)
    function, ours = traced(model, passes=Passes(model), scale=scale)
    assert_close(plain, ours)
    # The gradients of the two large kernels come from one operation each.
    for output in function.outputs[2:]:
        op = output.op
        while op.type != operation:
            assert op.type in ("Identity", "Reshape", "Cast"), op.type
            op = op.inputs[0].op
        assert op.outputs[0].shape.num_elements() == 16 * 3 * 64


def test_in_bfloat16_the_gradient_is_float32():
    model, exact = network(small_maps, dtype="mixed_bfloat16"), network(small_maps)
    _, (_, _, gradient, _) = traced(model, passes=Passes(model))
    _, (_, _, expected, _) = traced(exact, passes=Passes(exact))
    assert gradient.dtype == tf.float32
    # Rounding turns a few ReLUs around.
    assert np.abs(gradient - expected).mean() < 0.02 * np.abs(expected).mean()


def test_what_the_loss_does_not_depend_on_has_none():
    model, other = network(small_maps), network(small_maps)
    passes = Passes(model, other)
    x = tf.ones([1, 8, 8, 3])
    with tf.GradientTape() as tape, passes.recorded():
        loss = tf.reduce_sum(model(x))
        other(x)
    weights = [*model.trainable_variables, *other.trainable_variables]
    found = passes.gradients(tape, loss, weights)
    assert all(gradient is not None for gradient in found[:4])
    assert found[4:] == [None] * 4


def test_another_networks_kernels_are_not_mixed_in():
    """A loss goes through the other generator, whose kernels are not asked for."""
    other = network(small_maps)

    def through(model, x):
        return tf.reduce_sum(other(model(x)) ** 2)

    _, plain = traced(network(keras.layers), through)
    model = network(small_maps)
    _, ours = traced(model, through, Passes(model, other))
    assert_close(plain, ours)
    # And afterwards gradients are taken as ever.
    _, again = traced(model, through)
    assert_close(plain, again)


def test_passes_over_maps_larger_than_kernels_are_not_recorded():
    model = network(small_maps, channels=2, size=32)
    passes = Passes(model)
    with passes.recorded():
        model(tf.zeros([1, 32, 32, 3]))
    assert not any(passes._made.values())
