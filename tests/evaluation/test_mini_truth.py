import functools

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tf_cyclegan.data.sources.mini_horse2zebra import draw
from tf_cyclegan.evaluation import mini_truth


@functools.cache
def scenes(split, size):
    """The scenes of a split; every fourth at the larger sizes, which take longer to draw."""
    return [draw(split, i, size) for i in range(0, 60, 4 if size > 64 else 1)]


def stripes(paint, count=9):
    """The stripe scores of pictures that `paint` makes of test scenes of A."""
    return [mini_truth.stripes(paint(s), s.mask) for s in scenes("testA", 64)[:count]]


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(("size", "low", "high"), [(64, 0.9, 0.08), (128, 0.97, 0.01)])
def test_stripes_tell_zebras_from_horses(size, low, high):
    horses = [mini_truth.stripes(s.horse, s.mask) for s in scenes("testA", size)]
    zebras = [mini_truth.stripes(s.zebra, s.mask) for s in scenes("testB", size)]
    assert np.mean(zebras) > low
    assert np.percentile(zebras, 5) > low - 0.1
    assert np.mean(horses) < high
    assert np.percentile(horses, 95) < high
    assert min(zebras) > max(horses) + 0.5


@pytest.mark.parametrize(
    ("paint", "high"),
    [
        (lambda s: np.full_like(s.horse, 128), 1e-12),
        (lambda s: np.full_like(s.horse, 255), 1e-12),
        (lambda s: noise(s.mask.shape, s.horse.sum()).repeat(3, axis=2), 0.15),
        (lambda s: noise(s.horse.shape, s.horse.sum()), 0.02),
        (lambda s: s.horse.mean(axis=2, keepdims=True).astype(np.uint8), 0.1),
        (lambda s: (s.zebra * np.array([1.0, 0.55, 0.3])).astype(np.uint8), 0.1),
    ],
    ids=["grey", "white", "grey noise", "coloured noise", "grey horse", "brown zebra"],
)
def test_nothing_else_is_striped(paint, high):
    assert np.mean(stripes(paint)) < high


def test_half_striped_and_grey_pictures():
    scene = scenes("testB", 128)[0]
    inside = scene.mask[..., 0] > 0
    middle = round(np.median(np.nonzero(inside)[1]))
    half = np.where(np.arange(128)[None, :, None] < middle, scene.zebra, scene.horse)
    assert 0.35 < mini_truth.stripes(half, scene.mask) < 0.65
    grey = scene.zebra.mean(axis=2, keepdims=True).astype(np.uint8)
    assert mini_truth.scores(grey, grey, scene.mask)["stripes"] > 0.9


def test_the_background_does_not_matter():
    light, dark = (
        stripes(lambda s, level=level: np.where(s.mask > 0, s.zebra, np.uint8(level)), 1)
        for level in (255, 0)
    )
    assert light == dark


def test_smoothing_agrees_with_scipy():
    scene = scenes("testA", 64)[0]
    inside, plane = scene.mask[..., 0] > 0, scene.horse[..., 1].astype(float)
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
    # All colours are right but for one value, in exchanged places.
    assert found["coat_error"] == pytest.approx(6 / 6)


def test_the_truth_has_no_errors_and_a_copy_has_the_wrong_coat():
    for scene in scenes("testA", 64)[:3]:
        found = mini_truth.scores(scene.zebra, scene.zebra, scene.mask)
        assert [v for name, v in found.items() if name.endswith("_error")] == [0.0] * 3
        copied = mini_truth.scores(scene.horse, scene.zebra, scene.mask)
        assert copied["background_error"] == 0.0
        assert copied["coat_error"] > 30
