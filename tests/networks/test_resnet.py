"""The paper's networks against golden vectors; the keras.io example's properties."""

import keras
import numpy as np
import pytest

from helpers import golden, golden_vectors
from tf_cyclegan.networks import resnet


@pytest.fixture(scope="module")
def expected():
    return golden_vectors.load("reference_networks")


@pytest.mark.parametrize(
    ("key", "blocks", "image", "shape", "every"),
    [
        ("resnet_9blocks_256", 9, "x", (1, 256, 256, 3), 4),
        ("resnet_6blocks_128", 6, "x", (1, 128, 128, 3), 2),
        ("resnet_6blocks_128x192", 6, "rect", (1, 128, 192, 3), 2),
    ],
)
def test_generator_gives_the_golden_pictures(expected, key, blocks, image, shape, every):
    network = resnet.resnet_generator(blocks=blocks)
    golden_vectors.fill(network, f"resnet_{blocks}")
    output = np.asarray(network(golden.image(image, shape)))
    assert output.shape == shape
    np.testing.assert_allclose(output[:, ::every, ::every], expected[key], atol=1e-4)


def test_discriminator_gives_the_golden_logits(expected):
    network = resnet.resnet_discriminator()
    golden_vectors.fill(network, "disc")
    output = np.asarray(network(golden.image("x", (1, 256, 256, 3))))
    np.testing.assert_allclose(output, expected["disc_256"], atol=1e-4)


def test_networks_have_the_papers_size():
    # The reference implementation prints 11.378 million and 2.765 million.
    assert resnet.resnet_generator(blocks=9).count_params() == 11_378_179
    assert resnet.resnet_discriminator().count_params() == 2_764_737


def test_keras_style():
    generator = resnet.resnet_generator(filters=4, blocks=2, style="keras", seed=0)
    convolutions = [layer for layer in generator.layers if hasattr(layer, "use_bias")]
    assert [layer.name for layer in convolutions if layer.use_bias] == ["c7s1_out"]
    assert generator.get_layer("down1").padding == generator.get_layer("up1").padding == "same"
    scales = np.concatenate([w.numpy() for w in generator.weights if w.name == "scale"])
    assert abs(scales.mean()) < 0.01
    assert 0.01 < scales.std() < 0.03
    # Glorot's uniform reaches sqrt(6 / (49 * (4 + 3))), far beyond 0.02.
    assert 0.1 < np.abs(generator.get_layer("c7s1_out").kernel.numpy()).max() < 0.1323
    assert generator(np.zeros((1, 32, 48, 3), np.float32)).shape == (1, 32, 48, 3)
    judge = resnet.resnet_discriminator(filters=2, style="keras")
    assert judge(np.zeros((1, 256, 256, 3), np.float32)).shape == (1, 32, 32, 1)
    biased = [judge.get_layer(f"conv{i}").use_bias for i in range(1, 6)]
    assert biased == [True, False, False, False, True]


def test_keras_style_has_an_instance_norm():
    """Channels of different scales come out alike; a norm over all channels keeps them apart."""
    generator = resnet.resnet_generator(filters=2, blocks=1, style="keras")
    norm = next(layer for layer in generator.layers if "normalization" in layer.name)
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 2)) * [1.0, 100.0]
    norm.scale.assign([1.0, 1.0])
    np.testing.assert_allclose(np.asarray(norm(x)).std(axis=(1, 2)), 1.0, rtol=1e-3)


@pytest.mark.parametrize(("style", "weights"), [("paper", 0), ("keras", 2)])
def test_a_norm_over_all_channels_keeps_their_scales_apart(style, weights):
    generator = resnet.resnet_generator(filters=2, blocks=1, style=style, norm_type="layer")
    norms = [layer for layer in generator.layers if "normalization" in layer.name]
    assert {type(norm) for norm in norms} == {keras.layers.GroupNormalization}
    assert {len(norm.weights) for norm in norms} == {weights}
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 2)) * [1.0, 100.0]
    found = x / np.sqrt(x.var()) - x.mean() / x.std()
    if weights:
        norms[0].gamma.assign([1.0, 1.0])
    np.testing.assert_allclose(np.asarray(norms[0](x)), found, atol=1e-4)
    judge = resnet.resnet_discriminator(filters=2, style=style, norm_type="layer")
    assert sum(isinstance(layer, keras.layers.GroupNormalization) for layer in judge.layers) == 3


@pytest.mark.parametrize("style", ["paper", "keras"])
def test_grey_in_and_colour_out(style):
    network = resnet.resnet_generator(3, input_channels=1, filters=2, blocks=1, style=style)
    assert network(np.zeros((2, 16, 32, 1), np.float32)).shape == (2, 16, 32, 3)


def test_the_seed_fixes_weights_of_the_papers_distribution():
    first, again, other = (
        [w.numpy() for w in resnet.resnet_generator(filters=8, blocks=2, seed=s).weights]
        for s in (1, 1, 2)
    )
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    kernels = [(a, c) for a, c in zip(first, other, strict=True) if a.ndim == 4]
    assert all((a != c).any() for a, c in kernels)
    assert np.concatenate([a.ravel() for a, _ in kernels]).std() == pytest.approx(0.02, rel=0.05)
    assert not any(a.any() for a in first if a.ndim == 1)


def test_unknown_styles_are_refused():
    with pytest.raises(ValueError, match="'torch'"):
        resnet.resnet_generator(style="torch")
    with pytest.raises(ValueError, match="'group'"):
        resnet.resnet_generator(norm_type="group")


def test_residual_blocks_have_dropout_in_training_only():
    network = resnet.resnet_generator(filters=2, blocks=3, dropout=0.5, seed=1)
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.5] * 3
    picture = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3)).astype(np.float32)
    np.testing.assert_array_equal(*(network(picture, training=False) for _ in range(2)))
    first, second = (network(picture, training=True) for _ in range(2))
    assert np.abs(first - second).max() > 0
    plain = resnet.resnet_generator(filters=2, blocks=3, seed=1)
    shapes = [[v.shape for v in each.trainable_variables] for each in (plain, network)]
    assert shapes[0] == shapes[1]
