"""Joint kernel gradients of several passes against those of `tape.gradient`."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.cpu import small_maps
from tf_cyclegan.networks.cpu.kernel_gradients import Passes

SETTINGS = {"strides": 2, "padding": "same", "use_bias": False}


def network(kind, channels=64, dtype="float32", size=8):
    """Kernels of 64 channels are larger than 4x4 maps. The tape watches the bias before them."""
    keras.utils.set_random_seed(1)
    x = keras.layers.Input((size, size, 3))
    first = keras.layers.Conv2D(3, 1, dtype=dtype)(x)
    halved = kind.Conv2D(channels, 4, **SETTINGS, dtype=dtype)(first)
    doubled = kind.Conv2DTranspose(3, 4, **SETTINGS, dtype=dtype)(keras.layers.ReLU()(halved))
    return keras.Model(x, doubled)


def two_passes(model, x):
    """A loss of a pass over two pictures and of one over another."""
    first, second = model(x[:2]), model(x[2:])
    return tf.reduce_sum(first**2) + tf.reduce_sum(tf.sin(second) ** 2)


def gradients(model, loss_of=two_passes, passes=None, scale=None):
    """The traced function of the gradients, and its values."""

    def run(x):
        with tf.GradientTape() as tape:
            if passes is None:
                loss = loss_of(model, x)
            else:
                with passes.recorded():
                    loss = loss_of(model, x)
        weights = model.trainable_variables
        if passes is None:
            return tape.gradient(loss, weights, output_gradients=scale)
        return passes.gradients(tape, loss, weights, output_gradients=scale)

    x = tf.constant(np.random.default_rng(0).normal(size=(3, 8, 8, 3)), tf.float32)
    function = tf.function(run).get_concrete_function(x)
    return function, function(x)


def assert_close(plain, ours):
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3 * np.abs(a).max())


@pytest.mark.parametrize(
    ("max_pixels", "operation"),
    [(16, "MatMul"), (0, "Conv2DBackpropFilter")],
    ids=["matmul", "convolution"],
)
@pytest.mark.parametrize("scale", [None, 4.0])
def test_one_op_for_both_passes_gives_the_same_gradient(max_pixels, operation, scale, monkeypatch):
    monkeypatch.setattr(small_maps, "_MAX_PIXELS", max_pixels)
    scale = None if scale is None else tf.constant(scale)
    _, plain = gradients(network(keras.layers), scale=scale)
    model = network(small_maps)
    function, ours = gradients(model, passes=Passes(model), scale=scale)
    assert_close(plain, ours)
    for output in function.outputs[2:]:
        op = output.op
        while op.type != operation:
            assert op.type in ("Identity", "Reshape", "Cast"), op.type
            op = op.inputs[0].op
        assert op.outputs[0].shape.num_elements() == 16 * 3 * 64


def test_bfloat16_gives_float32_gradients():
    model, exact = network(small_maps, dtype="mixed_bfloat16"), network(small_maps)
    _, (_, _, gradient, _) = gradients(model, passes=Passes(model))
    _, (_, _, expected, _) = gradients(exact, passes=Passes(exact))
    assert gradient.dtype == tf.float32
    # Rounding flips the sign before a few ReLUs.
    assert np.abs(gradient - expected).mean() < 0.02 * np.abs(expected).mean()


def test_weights_that_do_not_affect_the_loss_have_no_gradient():
    model, other = network(small_maps), network(small_maps)
    passes = Passes(model, other)
    x = tf.ones([1, 8, 8, 3])
    with tf.GradientTape() as tape, passes.recorded():
        loss = tf.reduce_sum(model(x))
        other(x)
    found = passes.gradients(tape, loss, [*model.trainable_variables, *other.trainable_variables])
    assert all(gradient is not None for gradient in found[:4])
    assert found[4:] == [None] * 4


def test_passes_through_another_network_are_not_mixed_in():
    """A loss goes through the other generator, whose gradients are not asked for."""
    other = network(small_maps)

    def through(model, x):
        return tf.reduce_sum(other(model(x)) ** 2)

    _, plain = gradients(network(keras.layers), through)
    model = network(small_maps)
    _, ours = gradients(model, through, Passes(model, other))
    assert_close(plain, ours)
    # After recording, the tape's gradients are complete again.
    _, again = gradients(model, through)
    assert_close(plain, again)


def test_passes_with_maps_larger_than_kernels_are_not_recorded():
    model = network(small_maps, channels=2, size=32)
    passes = Passes(model)
    with passes.recorded():
        model(tf.zeros([1, 32, 32, 3]))
    assert not any(passes._passes.values())
