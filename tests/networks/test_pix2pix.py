"""The networks against the golden vectors, and on other sizes."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import golden, golden_vectors
from tf_cyclegan.networks import pix2pix
from tf_cyclegan.networks.cpu import small_maps


@pytest.fixture(scope="module")
def expected():
    return golden_vectors.load("pix2pix_networks")


@pytest.fixture(scope="module")
def unet():
    network = pix2pix.unet_generator(3)
    golden_vectors.fill(network, "generator_g")
    return network


@pytest.fixture(scope="module")
def patchgan():
    network = pix2pix.discriminator()
    golden_vectors.fill(network, "discriminator_x")
    return network


@pytest.mark.parametrize(
    ("key", "image", "shape", "every"),
    [("unet_256", "x", (1, 256, 256, 3), 4), ("unet_256x512", "wide", (2, 256, 512, 3), 8)],
)
def test_unet_gives_the_golden_pictures(unet, expected, key, image, shape, every):
    output = np.asarray(unet(golden.image(image, shape), training=False))
    assert output.shape == shape
    np.testing.assert_allclose(output[:, ::every, ::every], expected[key], atol=1e-4)


@pytest.mark.parametrize(
    ("key", "image", "shape"),
    [("disc_256", "x", (1, 256, 256, 3)), ("disc_256x512", "wide", (2, 256, 512, 3))],
)
def test_patchgan_gives_the_golden_logits(patchgan, expected, key, image, shape):
    output = np.asarray(patchgan(golden.image(image, shape), training=False))
    np.testing.assert_allclose(output, expected[key], atol=1e-4)


def test_networks_have_the_tutorials_size(unet, patchgan):
    # Kernels of 4x4 between the widths of the design, two weights a channel for each norm.
    down = [3, 64, 128, 256, 512, 512, 512, 512, 512]
    up = [(512, 512), (1024, 512), (1024, 512), (1024, 512), (1024, 256), (512, 128), (256, 64)]
    kernels = 16 * sum([a * b for a, b in pairwise(down)] + [a * b for a, b in up] + [128 * 3])
    norms = 2 * (sum(down[2:]) + sum(b for _, b in up))
    assert unet.count_params() == kernels + norms + 3 == 54_414_979
    kernels = 16 * sum(a * b for a, b in pairwise([3, 64, 128, 256, 512, 1]))
    assert patchgan.count_params() == kernels + 2 * (128 + 256 + 512) + 1


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 32), (96, 160)])
def test_small_and_oblong_pictures_keep_their_size(height, width):
    pictures = np.zeros((2, height, width, 3), np.float32)
    output = pix2pix.unet_generator(3, filters=2, depth=5)(pictures)
    assert output.shape == pictures.shape
    logits = pix2pix.discriminator(filters=2)(pictures)
    assert logits.shape == (2, height // 8 - 2, width // 8 - 2, 1)


@pytest.mark.parametrize("size", [24, 26, 30])
def test_patchgan_judges_pictures_of_any_size_and_teaches_from_them(size):
    # Wide enough for kernels that outweigh their maps, some of which are odd.
    judge = pix2pix.discriminator(filters=32)
    pictures = tf.random.stateless_normal([1, size, size, 3], [0, 1])
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        logits = judge(pictures)
        loss = tf.reduce_sum(logits**2)
    assert logits.shape == (1, -(-size // 8) - 2, -(-size // 8) - 2, 1)
    gradient, *others = tape.gradient(loss, [pictures, *judge.trainable_variables])
    assert gradient.shape == pictures.shape
    assert all(each is not None for each in others)


def test_batch_norm_and_pairs_as_pix2pix_has_them():
    picture = np.zeros((1, 32, 32, 3), np.float32)
    network = pix2pix.unet_generator(1, "batchnorm", filters=2, depth=5)
    assert network(picture).shape == (1, 32, 32, 1)
    judge = pix2pix.discriminator("batchnorm", target=True, filters=2)
    assert judge([picture, picture]).shape == (1, 2, 2, 1)
    with pytest.raises(ValueError, match="layernorm"):
        pix2pix.discriminator("layernorm")


def test_the_innermost_convolution_is_left_out_where_the_norm_makes_nothing_of_it(monkeypatch):
    def outcome(size):
        network = pix2pix.unet_generator(filters=2, depth=5, seed=3)
        picture = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
        with tf.GradientTape() as tape:
            output = network(picture, training=False)
        innermost = network.layers[5]
        assert innermost.output.shape[-1] == 16
        return output.numpy(), tape.gradient(output, innermost.trainable_variables)

    ours = {size: outcome(size) for size in (32, 64)}
    monkeypatch.setattr(pix2pix, "_Innermost", small_maps.Conv2D)
    plain = {size: outcome(size) for size in (32, 64)}
    for size in ours:
        np.testing.assert_array_equal(ours[size][0], plain[size][0])
    # Kernel, scale, offset.
    assert ours[32][1][0] is None
    np.testing.assert_array_equal(plain[32][1][0], 0)
    assert np.abs(ours[64][1][0]).max() > 0
    for a, b in zip(ours[32][1][1:], plain[32][1][1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_works_in_training_only():
    network = pix2pix.unet_generator(3, filters=2, depth=5, seed=1)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
    still = [np.asarray(network(picture, training=False)) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    moving = [np.asarray(network(picture, training=True)) for _ in range(2)]
    assert np.abs(moving[0] - moving[1]).max() > 0


def test_no_dropout_draws_nothing():
    network = pix2pix.unet_generator(3, filters=2, depth=5, dropout=0.0, seed=1)
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32)
    np.testing.assert_array_equal(network(picture, training=True), network(picture, training=False))
    assert not network.non_trainable_variables


def weights(seed):
    network = pix2pix.unet_generator(3, filters=8, depth=5, seed=seed)
    return [np.asarray(v) for v in [*network.weights, *network.non_trainable_variables]]


def test_the_seed_fixes_all_weights_and_the_dropout():
    first, again, other = weights(3), weights(3), weights(4)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    changed = [(a != b).any() for a, b in zip(first, other, strict=True)]
    assert sum(changed) == len(changed) - sum(not a.any() for a in first)


def test_no_two_layers_share_their_weights():
    kernels = [w for w in weights(3) if w.ndim == 4]
    shapes = [k.shape for k in kernels]
    assert len(set(shapes)) < len(shapes)
    assert len({k.tobytes() for k in kernels}) == len(kernels)


def test_first_weights_have_the_papers_spread():
    network = pix2pix.unet_generator(3, filters=32, depth=5, seed=0)
    kernels = np.concatenate([np.ravel(v) for v in network.weights if v.name == "kernel"])
    assert kernels.std() == pytest.approx(0.02, rel=0.01)
    assert kernels.mean() == pytest.approx(0.0, abs=1e-4)
    scales = np.concatenate([np.ravel(v) for v in network.weights if v.name == "scale"])
    assert scales.mean() == pytest.approx(1.0, abs=0.005)
    assert scales.std() == pytest.approx(0.02, rel=0.1)
    assert not any(np.any(v) for v in network.weights if v.name in ("offset", "bias"))


def test_leaky_slopes_are_the_tutorials():
    layers = pix2pix.discriminator(filters=2)._flatten_layers()
    slopes = [layer.negative_slope for layer in layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert slopes == [pytest.approx(0.3)] * 4
