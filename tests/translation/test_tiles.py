import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.data import images
from tf_cyclegan.networks import pix2pix, resnet
from tf_cyclegan.translation import tiles
from tf_cyclegan.translation.inference import Inference
from tf_cyclegan.translation.tiles import Tiling

MULTIPLES = {"unet": 8, "resnet": 4}


@pytest.fixture(scope="module", params=list(MULTIPLES))
def network(request):
    """A generator, and what sizes are multiples of."""
    if request.param == "unet":
        generator = pix2pix.unet_generator(3, depth=3, filters=2, seed=0)
    else:
        generator = resnet.resnet_generator(3, filters=2, blocks=1, seed=0)
    for variable in generator.trainable_variables:
        if len(variable.shape) == 4:
            variable.assign(variable * 10)
    return Inference(generator), MULTIPLES[request.param]


def picture(height, width):
    """Details on a smooth ground, float32 in [-1, 1]."""
    rng = np.random.default_rng(0)
    noise = rng.normal(scale=20, size=(height, width, 3))
    return images.to_float(np.clip(make_picture(1, height, width) + noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(("size", "overlap", "multiple"), [(512, 128, 4), (1024, 256, 256)])
def test_tiles_cover_a_side_evenly_and_their_weights_add_up_to_1(size, overlap, multiple):
    tiling = Tiling(size, overlap, multiple)
    for length in range(multiple, 6 * size, multiple * (1 if multiple > 4 else 7)):
        starts, weights = tiling.starts(length), tiling.weights(length)
        total, tile = np.zeros(length), min(size, length)
        for start, weight in zip(starts, weights, strict=True):
            assert start % multiple == 0
            total[start : start + tile] += weight
            assert (weight >= 0).all()
        np.testing.assert_allclose(total, 1, atol=1e-6)
        assert starts[0] == 0
        assert starts[-1] + tile == length
        steps = np.diff(starts)
        assert steps.size == 0 or size - steps.max() >= overlap
        assert steps.size == 0 or steps.max() - steps.min() <= multiple


def test_borders_that_are_none_have_no_weight():
    first, last = Tiling(64, 16, 4).weights(112)
    np.testing.assert_array_equal(first[-4:], 0)
    np.testing.assert_array_equal(last[:4], 0)
    assert first[0] == last[-1] == 1


@pytest.mark.parametrize("size", [(352, 416), (416, 112), (120, 352)])
def test_tiles_that_overlap_enough_are_the_whole_by_the_same_statistics(network, size):
    inference, multiple = network
    whole = picture(*size)
    statistics = inference.measure(whole[None])
    expected = inference.translate_with(whole[None], statistics)[0]
    assert expected.std() > 0.05
    # A quarter of the overlap is more than the receptive field reaches.
    made = tiles.translate(whole, inference, Tiling(224, 104, multiple), statistics)
    np.testing.assert_allclose(made, expected, atol=1e-4)


def test_uint8_comes_back_as_uint8(network):
    inference, multiple = network
    whole = images.to_uint8(picture(64, 160))
    made = tiles.translate(whole, inference, Tiling(64, 16, multiple))
    assert (made.dtype, made.shape) == (np.uint8, whole.shape)
    floats = tiles.translate(images.to_float(whole), inference, Tiling(64, 16, multiple))
    np.testing.assert_array_equal(made, images.to_uint8(floats))


def test_statistics_of_the_reduced_picture_change_little(network, monkeypatch):
    inference, multiple = network
    whole = picture(352, 416)
    expected = inference.translate(whole[None])[0]
    tiling = Tiling(224, 104, multiple)

    def difference(statistics):
        made = tiles.translate(whole, inference, tiling, statistics)
        return np.abs(made - expected).mean() / expected.std()

    assert difference(None) < 1e-3, "a picture that is not reduced"
    # A quarter of the pixels: the noise is gone.
    monkeypatch.setattr(tiles, "_REDUCED_PIXELS", 352 * 416 // 4)
    reduced = difference(None)
    part = difference(inference.measure(whole[None, :120, :120]))
    assert reduced < part / 2


def test_there_is_no_seam(network):
    inference, multiple = network
    whole = picture(160, 320)
    tiling = Tiling(64, 16, multiple)
    made = tiles.translate(whole, inference, tiling)
    single = inference.translate_with(whole[None], inference.measure(whole[None]))[0]
    for axis, length in ((0, 160), (1, 320)):
        starts = tiling.starts(length)
        borders = np.array([*starts[1:], *(s + 64 for s in starts[:-1])]) - 1
        others = [0, 1][1 - axis], 2
        jumps = np.abs(np.diff(made, axis=axis)).mean(others)
        expected = np.abs(np.diff(single, axis=axis)).mean(others)
        # In a band around each border, as it is blended.
        for border in borders:
            np.testing.assert_allclose(
                jumps[border - 2 : border + 3], expected[border - 2 : border + 3], rtol=0.1
            )


def test_reduced_pictures_keep_multiples_and_proportions():
    whole = picture(512, 1024)
    assert tiles.reduced(whole, 256, 2**30) is whole
    assert tiles.reduced(whole, 16, 100 * 200).shape == (96, 192, 3)
    assert tiles.reduced(whole, 256, 100).shape == (256, 256, 3)
