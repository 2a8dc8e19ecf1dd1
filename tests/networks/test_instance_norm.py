"""Instance norm by hand, and against TensorFlow's gradients of its formula."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.instance_norm import InstanceNormalization, instance_norm


def plain_norm(x, *affine):
    """The formula, differentiated by TensorFlow."""
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    normal = (x - mean) * tf.math.rsqrt(variance + 1e-5)
    return normal * affine[0] + affine[1] if affine else normal


def first_and_second_order(norm, sources, weights):
    """The output, gradients of a loss, and gradients of their squared norm, as in a penalty."""
    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as inner:
            inner.watch(sources)
            y = norm(*sources)
            loss = tf.reduce_sum(weights * tf.sin(y))
        first = inner.gradient(loss, sources)
        squared_norm = tf.add_n([tf.reduce_sum(tf.square(gradient)) for gradient in first])
    return [y, *first, *outer.gradient(squared_norm, sources)]


def test_instance_norm_by_hand():
    # Mean 3 and variance 4 in one channel, 0 and 0 in the other.
    x = np.zeros((1, 1, 2, 2), np.float32)
    x[0, 0, :, 0] = [1.0, 5.0]
    norm = InstanceNormalization(epsilon=0.0625)
    norm.build(x.shape)
    norm.scale.assign([2.0, 1.0])
    norm.offset.assign([10.0, -1.0])
    width = 2.0 / np.sqrt(4.0625)
    expected = [[10 - 2 * width, -1.0], [10 + 2 * width, -1.0]]
    np.testing.assert_allclose(np.asarray(norm(x))[0, 0], expected, rtol=1e-6)
    plain = InstanceNormalization(epsilon=0.0625, affine=False)
    np.testing.assert_allclose(np.asarray(plain(x))[0, 0, :, 0], [-width, width], rtol=1e-6)
    assert plain.weights == []


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("batch", [1, 2, None])
def test_outputs_and_gradients_are_those_of_the_formula(affine, batch):
    rng = np.random.default_rng(0)
    shape = (batch or 2, 4, 3, 5)
    sources = [tf.constant(rng.normal(1.0, 2.0, shape), tf.float32)]
    if affine:
        sources += [tf.constant(rng.normal(size=5), tf.float32) for _ in range(2)]
    weights = tf.constant(rng.normal(size=shape), tf.float32)
    signature = [tf.TensorSpec([batch, 4, 3, 5]), *(tf.TensorSpec([5]) for _ in sources[1:])]

    def trace(norm):
        run = functools.partial(first_and_second_order, norm, weights=weights)
        traced = tf.function(lambda *sources: run(list(sources)), input_signature=signature)
        ops = {op.type for op in traced.get_concrete_function().graph.get_operations()}
        return traced(*sources), "FusedBatchNormV3" in ops

    in_graph, fused = trace(instance_norm)
    expected, _ = trace(plain_norm)
    eager = first_and_second_order(instance_norm, sources, weights)
    assert fused == (batch is not None)
    for ours, ours_eager, right in zip(in_graph, eager, expected, strict=True):
        margin = {"rtol": 1e-3, "atol": 1e-4 * np.abs(right).max()}
        np.testing.assert_allclose(ours, right, **margin)
        np.testing.assert_allclose(ours_eager, right, **margin)


def test_bfloat16_norms_have_float32_statistics():
    x = tf.random.stateless_normal([1, 64, 64, 1], [0, 1], 100.0)
    out = InstanceNormalization(affine=False, dtype="mixed_bfloat16")(x)
    assert out.dtype == tf.bfloat16
    # A bfloat16 sum stops growing at 256.
    expected = plain_norm(tf.cast(tf.cast(x, tf.bfloat16), tf.float32))
    np.testing.assert_allclose(tf.cast(out, tf.float32), expected, atol=0.02)


def test_a_large_mean_leaves_the_variance_accurate():
    x = np.random.default_rng(0).normal(1000.0, 1.0, (1, 32, 32, 3)).astype(np.float32)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean((1, 2))) / np.sqrt(wide.var((1, 2)) + 1e-5)
    np.testing.assert_allclose(instance_norm(tf.constant(x)), expected, atol=2e-3)


def test_a_single_pixel_becomes_the_offset():
    norm = InstanceNormalization()
    norm.build((1, 1, 1, 3))
    norm.offset.assign([1.0, 2.0, 3.0])
    out = norm(np.full((1, 1, 1, 3), 1e6, np.float32))
    np.testing.assert_array_equal(np.asarray(out).ravel(), [1.0, 2.0, 3.0])
