"""Kernels' gradients taken for all passes at once, against TensorFlow's, of each pass."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan import precision
from tf_cyclegan.networks import kernel_gradients, small_maps

SETTINGS = {"strides": 2, "padding": "same", "use_bias": False}


def network(kind, channels, dtype="float32", size=8):
    keras.utils.set_random_seed(1)
    x = keras.layers.Input((size, size, 3))
    halved = kind.Conv2D(channels, 4, **SETTINGS, dtype=dtype)(x)
    doubled = kind.Conv2DTranspose(3, 4, **SETTINGS, dtype=dtype)(keras.layers.ReLU()(halved))
    return keras.Model(x, doubled)


def two_passes(model, x):
    """A loss of a pass over two pictures, and of one over another."""
    first, second = model(x[:2]), model(x[2:])
    return tf.reduce_sum(first**2) + tf.reduce_sum(tf.sin(second) ** 2)


def traced(model, loss_of, gradients_of):
    def run(x):
        with tf.GradientTape() as tape:
            loss = loss_of(model, x)
        return gradients_of(tape, loss, model.trainable_variables)

    x = tf.constant(np.random.default_rng(0).normal(size=(3, 8, 8, 3)), tf.float32)
    function = tf.function(run).get_concrete_function(x)
    return function, function(x)


def by_tape(tape, loss, weights):
    return tape.gradient(loss, weights)


# With 64 channels the kernels outweigh maps of 4x4, and the limit says who convolves.
@pytest.mark.parametrize(
    ("most", "operation"), [(16, "MatMul"), (0, "Conv2DBackpropFilter")], ids=["ours", "library's"]
)
@pytest.mark.parametrize("scaled", [False, True])
def test_one_operation_for_both_passes_makes_the_same_gradient(
    most, operation, scaled, monkeypatch
):
    monkeypatch.setattr(small_maps, "_MOST_PIXELS", most)
    model = network(small_maps, 64)
    _, plain = traced(network(keras.layers, 64), two_passes, by_tape)
    gradients_of = precision.LossScale().gradients if scaled else kernel_gradients.gradients
    function, ours = traced(model, two_passes, gradients_of)
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-3)
    kernels = [output.op for output in function.outputs]
    while any(op.type != operation for op in kernels):
        assert all(op.type in (operation, "Identity", "Reshape", "RealDiv") for op in kernels), (
            kernels
        )
        kernels = [op if op.type == operation else op.inputs[0].op for op in kernels]
    assert [op.outputs[0].shape.num_elements() for op in kernels] == [16 * 3 * 64] * 2


def test_passes_over_maps_of_different_sizes():
    def halves(model, x):
        return tf.reduce_sum(model(x) ** 2) + tf.reduce_sum(tf.sin(model(x[:, :4])) ** 2)

    _, plain = traced(network(keras.layers, 64, size=None), halves, by_tape)
    _, ours = traced(network(small_maps, 64, size=None), halves, kernel_gradients.gradients)
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-3)


def test_in_bfloat16_the_gradient_is_float32():
    _, (gradient, _) = traced(
        network(small_maps, 64, "mixed_bfloat16"), two_passes, kernel_gradients.gradients
    )
    _, (exact, _) = traced(network(small_maps, 64), two_passes, kernel_gradients.gradients)
    assert gradient.dtype == tf.float32
    np.testing.assert_allclose(gradient, exact, atol=0.02 * np.abs(exact).max())


def test_second_derivatives_come_on_top():
    def penalty(model, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(model(x) ** 2)
        return y + tf.reduce_sum(tape.gradient(y, x) ** 2)

    _, plain = traced(network(keras.layers, 64), penalty, by_tape)
    _, ours = traced(network(small_maps, 64), penalty, kernel_gradients.gradients)
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3 * np.abs(a).max())


def test_what_the_loss_does_not_depend_on_has_none():
    other = network(small_maps, 64)

    def gradients(tape, loss, weights):
        found = kernel_gradients.gradients(tape, loss, [*weights, *other.trainable_variables])
        assert found[2:] == [None, None]
        return found[:2]

    traced(network(small_maps, 64), two_passes, gradients)


def test_another_networks_kernels_are_not_mixed_in():
    """A tape's loss goes through the other generator, whose kernels it does not want."""
    other = network(small_maps, 64)

    def through(model, x):
        return tf.reduce_sum(other(model(x)) ** 2)

    _, plain = traced(network(keras.layers, 64), through, by_tape)
    _, ours = traced(network(small_maps, 64), through, kernel_gradients.gradients)
    for a, b in zip(plain, ours, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3 * np.abs(a).max())
    # And afterwards gradients are taken as ever.
    _, again = traced(network(small_maps, 64), through, by_tape)
    for a, b in zip(plain, again, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-3 * np.abs(a).max())
