"""The instance norm by hand, and against what TensorFlow makes of its formula."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan.networks.instance_norm import InstanceNormalization, instance_norm


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


def plain_norm(x, *affine):
    """As TensorFlow differentiates it by itself."""
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    normal = (x - mean) * tf.math.rsqrt(variance + 1e-5)
    return normal * affine[0] + affine[1] if affine else normal


def first_and_second_order(norm, sources, weights):
    """The gradients of a sum over the output, and of the size of those, as a penalty takes it."""
    with tf.GradientTape() as outer:
        outer.watch(sources)
        with tf.GradientTape() as inner:
            inner.watch(sources)
            y = norm(*sources)
            loss = tf.reduce_sum(weights * tf.sin(y))
        first = inner.gradient(loss, sources)
        size = tf.add_n([tf.reduce_sum(tf.square(gradient)) for gradient in first])
    second = outer.gradient(size, sources)
    return [y, *first, *second]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("pictures", [1, 2, None])
def test_gradients_of_the_instance_norm(affine, pictures):
    """Of a number of pictures that is known while tracing, and of one that is not."""
    rng = np.random.default_rng(0)
    shape = (pictures or 2, 4, 3, 5)
    sources = [tf.constant(rng.normal(1.0, 2.0, shape), tf.float32)]
    if affine:
        sources += [tf.constant(rng.normal(size=5), tf.float32) for _ in range(2)]
    weights = tf.constant(rng.normal(size=shape), tf.float32)
    signature = [tf.TensorSpec([pictures, 4, 3, 5]), *(tf.TensorSpec([5]) for _ in sources[1:])]

    def outcome(norm):
        run = functools.partial(first_and_second_order, norm, weights=weights)
        traced = tf.function(lambda *sources: run(list(sources)), input_signature=signature)
        kinds = {o.type for o in traced.get_concrete_function().graph.get_operations()}
        return traced(*sources), "FusedBatchNormV3" in kinds

    got, fused = outcome(instance_norm)
    expected, _ = outcome(plain_norm)
    eager = first_and_second_order(instance_norm, sources, weights)
    assert fused == (pictures is not None)
    for ours, ours_eager, right in zip(got, eager, expected, strict=True):
        margin = {"rtol": 1e-3, "atol": 1e-4 * np.abs(right).max()}
        np.testing.assert_allclose(ours, right, **margin)
        np.testing.assert_allclose(ours_eager, right, **margin)


def test_statistics_are_float32_in_a_norm_of_bfloat16():
    x = tf.random.stateless_normal([1, 64, 64, 1], [0, 1], 100.0)
    norm = InstanceNormalization(affine=False, dtype="mixed_bfloat16")
    out = norm(x)
    assert out.dtype == tf.bfloat16
    # Their sum in bfloat16 would stop growing at 256.
    expected = plain_norm(tf.cast(tf.cast(x, tf.bfloat16), tf.float32))
    np.testing.assert_allclose(tf.cast(out, tf.float32), expected, atol=0.02)


def test_a_large_mean_takes_little_of_the_precision():
    """The mean is taken off before squaring, or nothing would be left of the variance."""
    x = np.random.default_rng(0).normal(1000.0, 1.0, (1, 32, 32, 3)).astype(np.float32)
    wide = x.astype(np.float64)
    expected = (wide - wide.mean((1, 2))) / np.sqrt(wide.var((1, 2)) + 1e-5)
    np.testing.assert_allclose(instance_norm(tf.constant(x)), expected, atol=2e-3)


def test_each_picture_is_normalised_by_itself():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2)).astype(np.float32)
    norm = InstanceNormalization()
    together = np.asarray(norm(x))
    for i in range(3):
        np.testing.assert_allclose(np.asarray(norm(x[i : i + 1]))[0], together[i], atol=1e-6)


def test_a_single_pixel_leaves_the_offset():
    norm = InstanceNormalization()
    norm.build((1, 1, 1, 3))
    norm.offset.assign([1.0, 2.0, 3.0])
    out = norm(np.full((1, 1, 1, 3), 1e6, np.float32))
    np.testing.assert_array_equal(np.asarray(out).ravel(), [1.0, 2.0, 3.0])
