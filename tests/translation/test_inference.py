import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.data import images
from tf_cyclegan.networks import pix2pix, resnet
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.translation.inference import Inference


def enlarged(generator, gain=10.0):
    for variable in generator.trainable_variables:
        if len(variable.shape) == 4:
            variable.assign(variable * gain)
        elif variable.name == "scale":  # From N(0, 0.02) on in the style of keras.
            variable.assign(variable * 0 + 1)
    return generator


def make(kind):
    if kind == "unet":
        return enlarged(pix2pix.unet_generator(3, depth=3, filters=2, seed=0))
    style = {"style": "keras"} if kind == "keras" else {}
    return enlarged(resnet.resnet_generator(3, filters=2, blocks=1, seed=0, **style))


def batch(*seeds, height=24, width=40):
    return np.stack([images.to_float(make_picture(seed, height, width)) for seed in seeds])


@pytest.fixture(scope="module", params=["unet", "resnet", "keras"])
def network(request):
    generator = make(request.param)
    return generator, Inference(generator)


def test_it_is_the_generator_at_any_size_and_after_tracing(network):
    generator, inference = network
    for size in ({}, {"height": 16, "width": 64}):
        pictures = batch(0, **size)
        expected = np.asarray(generator(pictures, training=False))
        assert expected.std() > 0.05
        for _ in range(4):
            np.testing.assert_allclose(inference.translate(pictures), expected, atol=1e-4)


def test_by_its_own_statistics_a_picture_is_translated_as_ever(network):
    _, inference = network
    assert inference.has_statistics
    pictures = batch(1)
    translated = inference.translate_with(pictures, inference.measure(pictures))
    np.testing.assert_allclose(translated, inference.translate(pictures), atol=1e-4)


def test_statistics_are_those_of_all_pictures_together(network):
    generator, inference = network
    first = next(each for each in flat_layers(generator) if isinstance(each, InstanceNormalization))
    seen = []

    def spy(maps):
        seen.append(np.asarray(maps))
        return np.float32(0), np.float32(1)

    first.statistics = spy
    generator(batch(1, 2), training=False)
    first.statistics = None
    mean, variance = inference.measure(batch(1, 2))[0]
    np.testing.assert_allclose(mean, seen[0].mean((0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(variance, seen[0].var((0, 1, 2)), rtol=1e-3)


def test_the_generator_stays_as_it_was(network):
    generator, inference = network
    pictures = batch(3)
    before = np.asarray(generator(pictures))
    inference.translate_with(pictures, inference.measure(batch(4, 5)))
    assert all(getattr(layer, "statistics", None) is None for layer in flat_layers(generator))
    np.testing.assert_array_equal(generator(pictures), before)


def test_many_sizes_are_not_all_traced(monkeypatch):
    monkeypatch.setattr("tf_cyclegan.translation.inference._MOST_TRACES", 1)
    inference = Inference(make("unet"))
    for width in (16, 24, 32):
        for _ in range(4):
            assert inference.translate(batch(0, width=width)).shape == (1, 24, width, 3)
    assert list(inference._traced) == [(1, 24, 16, 3)]
    assert inference._for_any_size.experimental_get_tracing_count() == 1


def test_other_norms_have_no_statistics():
    layer = resnet.resnet_generator(3, filters=2, blocks=1, norm_type="layer")
    assert not Inference(layer).has_statistics
