import functools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tf_cyclegan.data.sources.mini_horse2zebra import draw
from tf_cyclegan.evaluation import mini_truth


@functools.cache
def scenes(split, size):
    """All scenes of a split; every fourth of the larger ones, which take longer to draw."""
    return [draw(split, i, size) for i in range(0, 60, 4 if size > 64 else 1)]


def stripes(size, picture):
    """The stripe score of what `picture` makes of some test scenes of A."""
    return [mini_truth.stripes(picture(scene), scene.mask) for scene in scenes("testA", size)[:9]]


@pytest.mark.parametrize(("size", "low", "high"), [(64, 0.9, 0.08), (128, 0.97, 0.01)])
def test_stripes_of_all_real_test_pictures(size, low, high):
    horses = [mini_truth.stripes(s.horse, s.mask) for s in scenes("testA", size)]
    zebras = [mini_truth.stripes(s.zebra, s.mask) for s in scenes("testB", size)]
    assert np.mean(zebras) > low
    assert np.percentile(zebras, 5) > low - 0.1
    assert np.mean(horses) < high
    assert np.percentile(horses, 95) < high
    assert min(zebras) > max(horses) + 0.5


def test_nothing_else_is_striped():
    rng = np.random.default_rng(0)
    assert max(stripes(64, lambda s: np.full_like(s.horse, 128))) == 0.0
    assert max(stripes(64, lambda s: np.full_like(s.horse, 255))) == 0.0
    noise = stripes(64, lambda s: rng.integers(0, 256, s.mask.shape, np.uint8).repeat(3, axis=2))
    assert np.mean(noise) < 0.15
    coloured = stripes(64, lambda s: rng.integers(0, 256, s.horse.shape, np.uint8))
    assert np.mean(coloured) < 0.02
    grey_horse = stripes(64, lambda s: s.horse.mean(axis=2, keepdims=True).astype(np.uint8))
    assert np.mean(grey_horse) < 0.1


def test_brown_stripes_do_not_count():
    def brown(scene):
        return (scene.zebra * np.array([1.0, 0.55, 0.3])).astype(np.uint8)

    assert np.mean(stripes(64, lambda s: s.zebra)) > 0.9
    assert np.mean(stripes(64, brown)) < 0.1


def test_stripes_on_half_of_the_animal_count_half():
    scene = scenes("testB", 128)[0]
    inside = scene.mask[..., 0] > 0
    middle = round(np.median(np.nonzero(inside)[1]))
    half = np.where(np.arange(128)[None, :, None] < middle, scene.zebra, scene.horse)
    assert 0.35 < mini_truth.stripes(half, scene.mask) < 0.65


def test_the_meadow_does_not_matter():
    scene = scenes("testB", 64)[0]
    outside = np.where(scene.mask > 0, scene.zebra, np.uint8(255))
    again = np.where(scene.mask > 0, scene.zebra, np.uint8(0))
    assert mini_truth.stripes(outside, scene.mask) == mini_truth.stripes(again, scene.mask)


def test_smoothing_agrees_with_scipy():
    inside = scenes("testA", 64)[0].mask[..., 0] > 0
    plane = scenes("testA", 64)[0].horse[..., 1].astype(float)
    filtered, weights = (
        gaussian_filter(p, 0.05 * 64, mode="constant", truncate=6)[inside]
        for p in (plane * inside, inside * 1.0)
    )
    found = mini_truth._smooth(np.stack([plane, 2 * plane], axis=-1), inside, 0.05)[:, inside]
    np.testing.assert_allclose(found[1], 2 * found[0])
    np.testing.assert_allclose(found[0], filtered / weights, rtol=1e-6)


def test_errors_by_hand():
    mask = np.array([[[255], [1]], [[0], [0]]], np.uint8)
    counterpart = np.array([[[10, 10, 10], [90, 90, 90]], [[50, 50, 50], [50, 50, 50]]], np.uint8)
    made = np.array([[[90, 90, 90], [16, 10, 10]], [[50, 53, 50], [44, 50, 50]]], np.uint8)
    found = mini_truth.scores(made, counterpart, mask)
    assert found["background_error"] == pytest.approx((3 + 6) / 6)
    assert found["silhouette_error"] == pytest.approx((6 * 80 - 6) / 6)
    # The colours are the right ones, but for one value: where they are does not matter.
    assert found["coat_error"] == pytest.approx(6 / 6)


def test_the_truth_itself_has_no_errors():
    for scene in scenes("testA", 64)[:3]:
        found = mini_truth.scores(scene.zebra, scene.zebra, scene.mask)
        errors = [v for name, v in found.items() if name.endswith("_error")]
        assert errors == [0.0] * 3
        untouched = mini_truth.scores(scene.horse, scene.zebra, scene.mask)
        assert untouched["background_error"] == 0.0
        assert untouched["coat_error"] > 30


def test_grey_pictures_are_scored():
    scene = scenes("testB", 128)[0]
    grey = scene.zebra.mean(axis=2, keepdims=True).astype(np.uint8)
    assert mini_truth.scores(grey, grey, scene.mask)["stripes"] > 0.9
