"""The tutorial's networks against golden vectors, and their properties at other sizes."""

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


def noise(*shape):
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


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
    assert unet.count_params() == 54_414_979
    assert patchgan.count_params() == 2_765_569


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 32), (96, 160)])
def test_small_and_oblong_pictures(height, width):
    pictures = np.zeros((2, height, width, 3), np.float32)
    assert pix2pix.unet_generator(3, filters=2, depth=5)(pictures).shape == pictures.shape
    logits = pix2pix.discriminator(filters=2)(pictures)
    assert logits.shape == (2, height // 8 - 2, width // 8 - 2, 1)


@pytest.mark.parametrize("size", [24, 26, 30])
def test_patchgan_takes_and_differentiates_pictures_of_any_size(size):
    # Wide enough that kernels are larger than maps, some of which have odd sizes.
    judge = pix2pix.discriminator(filters=32)
    pictures = tf.constant(noise(1, size, size, 3))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        logits = judge(pictures)
        loss = tf.reduce_sum(logits**2)
    assert logits.shape == (1, -(-size // 8) - 2, -(-size // 8) - 2, 1)
    gradient, *others = tape.gradient(loss, [pictures, *judge.trainable_variables])
    assert gradient.shape == pictures.shape
    assert all(each is not None for each in others)


def test_batch_norm_and_pairs_as_in_pix2pix():
    picture = np.zeros((1, 32, 32, 3), np.float32)
    network = pix2pix.unet_generator(1, "batchnorm", filters=2, depth=5)
    assert network(picture).shape == (1, 32, 32, 1)
    judge = pix2pix.discriminator("batchnorm", target=True, filters=2)
    assert judge([picture, picture]).shape == (1, 2, 2, 1)
    with pytest.raises(ValueError, match="layernorm"):
        pix2pix.discriminator("layernorm")


def test_skipping_the_bottleneck_convolution_changes_no_numbers(monkeypatch):
    def run(size):
        network = pix2pix.unet_generator(filters=2, depth=5, seed=3)
        with tf.GradientTape() as tape:
            output = network(noise(2, size, size, 3), training=False)
        bottleneck = network.layers[5]
        assert bottleneck.output.shape[-1] == 16
        return output.numpy(), tape.gradient(output, bottleneck.trainable_variables)

    ours = {size: run(size) for size in (32, 64)}
    monkeypatch.setattr(pix2pix, "_Bottleneck", small_maps.Conv2D)
    plain = {size: run(size) for size in (32, 64)}
    for size in ours:
        np.testing.assert_array_equal(ours[size][0], plain[size][0])
    # Gradients of kernel, scale and offset.
    assert ours[32][1][0] is None
    np.testing.assert_array_equal(plain[32][1][0], 0)
    assert np.abs(ours[64][1][0]).max() > 0
    for a, b in zip(ours[32][1][1:], plain[32][1][1:], strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_works_in_training_only():
    network = pix2pix.unet_generator(3, filters=2, depth=5, seed=1)
    picture = noise(1, 32, 32, 3)
    np.testing.assert_array_equal(*(network(picture, training=False) for _ in range(2)))
    first, second = (network(picture, training=True) for _ in range(2))
    assert np.abs(first - second).max() > 0
    network = pix2pix.unet_generator(3, filters=2, depth=5, dropout=0.0, seed=1)
    np.testing.assert_array_equal(network(picture, training=True), network(picture, training=False))
    assert not network.non_trainable_variables


def test_the_seed_fixes_weights_and_dropout():
    def draw(seed):
        network = pix2pix.unet_generator(3, filters=8, depth=5, seed=seed)
        return [np.asarray(v) for v in [*network.weights, *network.non_trainable_variables]]

    first, again, other = draw(3), draw(3), draw(4)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert all((a != b).any() for a, b in zip(first, other, strict=True) if a.any())
    kernels = [w for w in first if w.ndim == 4]
    assert len({k.shape for k in kernels}) < len(kernels)
    assert len({k.tobytes() for k in kernels}) == len(kernels), "no two layers are equal"


def test_initial_weights_have_the_tutorials_distributions():
    network = pix2pix.unet_generator(3, filters=32, depth=5, seed=0)
    kernels, scales = (
        np.concatenate([np.ravel(v) for v in network.weights if v.name == name])
        for name in ("kernel", "scale")
    )
    assert kernels.std() == pytest.approx(0.02, rel=0.01)
    assert kernels.mean() == pytest.approx(0.0, abs=1e-4)
    assert scales.mean() == pytest.approx(1.0, abs=0.005)
    assert scales.std() == pytest.approx(0.02, rel=0.1)
    assert not any(np.any(v) for v in network.weights if v.name in ("offset", "bias"))
