"""The layers by hand, and what TensorFlow's optimizer makes of a discriminator's first ones."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_cyclegan import cores
from tf_cyclegan.networks.layers import (
    InstanceNormalization,
    LeakyMaximum,
    Normal,
    ReflectionPadding2D,
    draw_seeds,
    instance_norm,
)


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
@pytest.mark.parametrize("in_graph", [True, False])
def test_gradients_of_the_instance_norm(affine, in_graph):
    rng = np.random.default_rng(0)
    sources = [tf.constant(rng.normal(1.0, 2.0, (2, 4, 3, 5)), tf.float32)]
    if affine:
        sources += [tf.constant(rng.normal(size=5), tf.float32) for _ in range(2)]
    wrap = tf.function if in_graph else lambda run: run
    weights = tf.constant(rng.normal(size=(2, 4, 3, 5)), tf.float32)
    results = [
        wrap(lambda: first_and_second_order(run, sources, weights))()  # noqa: B023
        for run in (instance_norm, plain_norm)
    ]
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_statistics_are_float32_in_a_norm_of_bfloat16():
    x = tf.random.stateless_normal([1, 64, 64, 1], [0, 1], 100.0)
    norm = InstanceNormalization(affine=False, dtype="mixed_bfloat16")
    out = norm(x)
    assert out.dtype == tf.bfloat16
    # Their sum in bfloat16 would stop growing at 256.
    expected = plain_norm(tf.cast(tf.cast(x, tf.bfloat16), tf.float32))
    np.testing.assert_allclose(tf.cast(out, tf.float32), expected, atol=0.02)


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


def test_reflection_leaves_the_border_pixels_out():
    x = np.arange(3, dtype=np.float32)[None, :, None, None] * np.ones((1, 1, 3, 1), np.float32)
    padded = np.asarray(ReflectionPadding2D(2)(x))
    np.testing.assert_array_equal(padded[0, :, 0, 0], [2, 1, 0, 1, 2, 1, 0])
    assert padded.shape == (1, 7, 7, 1)


def test_leaky_maximum():
    np.testing.assert_allclose(LeakyMaximum(0.25)(np.array([-4.0, 0.0, 4.0])), [-1.0, 0.0, 4.0])


def test_seeds_do_not_repeat_and_can_be_drawn_again():
    first, again = (list(zip(range(50), draw_seeds(7), strict=False)) for _ in range(2))
    assert first == again
    assert len({seed for _, seed in first}) == 50
    assert next(draw_seeds(8)) != first[0][1]


def test_first_weights_are_normal_and_follow_from_the_seed_alone(monkeypatch):
    drawn = np.asarray(Normal(1.0, 7)((3, 2**18)))
    assert drawn.dtype == np.float32
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [1.0, 0.02], atol=1e-4)
    first, second = drawn.ravel()[: 2**18], drawn.ravel()[2**19 :]
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.01, "each part has numbers of its own"
    monkeypatch.setattr(cores, "usable", lambda: 1)
    np.testing.assert_array_equal(Normal(1.0, 7)((3, 2**18)), drawn)
    assert np.abs(Normal(1.0, 8)((5,)) - Normal(1.0, 7)((5,))).min() > 0
    assert np.abs(Normal(1.0, None)((5,)) - Normal(1.0, None)((5,))).min() > 0


def test_the_papers_step_is_optimized_without_errors():
    """TensorFlow writes such errors past Python, so only another process shows them."""
    code = (
        "import numpy as np\n"
        "from tf_cyclegan import Config, CycleGAN\n"
        "config = Config(image_size=32, filters=2, generator='resnet', residual_blocks=1)\n"
        "CycleGAN(config).train_step(*np.zeros((2, 1, 32, 32, 3), np.float32))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "optimizer" not in done.stderr
    assert "failed:" not in done.stderr.replace("failed call to cuInit", "")
