import math

import numpy as np
import pytest
from scipy import ndimage, stats

from helpers.pictures import make_picture
from tf_cyclegan.evaluation import sliced_wasserstein as swd

PICTURES = [make_picture(i, 64, 64) for i in range(12)]
OTHERS = [make_picture(100 + i, 64, 64) for i in range(12)]


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def descriptors(pictures, fewest=None, levels=3, seed=0):
    count = swd.descriptor_count(fewest or len(pictures))
    found = swd.Descriptors(len(pictures), count, levels, seed)
    for picture in pictures:
        found.add(picture)
    return found


def scores(pictures, others, sizes=(64, 32, 16)):
    fewest = min(len(pictures), len(others))
    sets = (descriptors(each, fewest, len(sizes)) for each in (pictures, others))
    return swd.scores(*sets, sizes)


def test_the_distance_in_one_dimension_by_hand():
    found = swd.wasserstein(
        np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]), np.array([[8.0, 5.0, 6.0], [1.0, 2.0, 0.0]])
    )
    np.testing.assert_allclose(found, [5, 0])


def test_the_distance_in_one_dimension_of_normal_samples():
    x, y = normal(0, 1, 20000), 0.7 + normal(1, 1, 20000)
    assert swd.wasserstein(x, y)[0] == pytest.approx(0.7, abs=0.03)
    assert swd.wasserstein(x, y)[0] == pytest.approx(stats.wasserstein_distance(x[0], y[0]))
    # |sigma - 1| E|N(0, 1)|
    assert swd.wasserstein(x, 3 * normal(2, 1, 20000))[0] == pytest.approx(1.5958, abs=0.05)


@pytest.mark.parametrize("size", [1, 3, 147])
def test_a_shift_counts_by_its_mean_share_in_a_direction(size):
    """The mean of |u.v| over unit vectors u is |v| gamma(d / 2) / (sqrt(pi) gamma((d + 1) / 2))."""
    points, shift = normal(0, 50, size), 5 * normal(1, size)
    share = math.exp(math.lgamma(size / 2) - math.lgamma((size + 1) / 2)) / math.sqrt(math.pi)
    found = swd.sliced_wasserstein(points, points + shift)
    error = 3 / math.sqrt(swd.PROJECTIONS)  # |u.v| spreads less than its mean.
    assert found == pytest.approx(share * np.linalg.norm(shift), rel=error if size > 1 else 1e-5)


def test_projections_of_a_normal_distribution_are_normal():
    found = swd.sliced_wasserstein(normal(0, 20000, 5), 2 * normal(1, 20000, 5))
    assert found == pytest.approx(math.sqrt(2 / math.pi), abs=0.02)
    assert swd.sliced_wasserstein(normal(0, 20000, 5), normal(1, 20000, 5)) < 0.02


def test_sets_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(5, 3\) and \(6, 3\) cannot be compared"):
        swd.sliced_wasserstein(normal(0, 5, 3), normal(0, 6, 3))


@pytest.mark.parametrize("shape", [(64, 64, 3), (37, 50, 3), (16, 31, 1)])
def test_the_filters_agree_with_scipy(shape):
    picture, taps = normal(0, *shape), np.array([1, 4, 6, 4, 1]) / 16

    def smoothed(array):
        for axis in (0, 1):
            array = ndimage.convolve1d(array, taps, axis=axis, mode="mirror")
        return array

    small = swd.halved(picture)
    np.testing.assert_allclose(small, smoothed(picture)[::2, ::2], atol=1e-5)
    spread = np.zeros(shape)
    spread[::2, ::2] = small
    np.testing.assert_allclose(
        swd.enlarged(small, *shape[:2]), 4 * smoothed(spread), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("shape", [(64, 64, 3), (100, 77, 3), (33, 40, 1)])
def test_the_levels_add_up_to_the_picture(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    levels = swd.laplacian_pyramid(picture, 3)
    assert len(levels) == 3
    found = levels[-1]
    for level in levels[-2::-1]:
        found = level + swd.enlarged(found, *level.shape[:2])
    np.testing.assert_allclose(found, picture, atol=1e-3)


def test_a_flat_picture_is_all_in_the_coarsest_level():
    *fine, coarse = swd.laplacian_pyramid(np.full((64, 48, 3), 77, np.uint8), 3)
    assert not any(level.any() for level in fine)
    np.testing.assert_array_equal(coarse, np.full((16, 12, 3), 77.0))


@pytest.mark.parametrize(
    ("side", "sizes"),
    [
        (256, (256, 128, 64, 32, 16)),
        (100, (100, 50, 25)),
        (33, (33, 17)),
        (31, (31, 16)),
        (16, (16,)),
        (9, (9,)),
        (7, (7,)),
    ],
)
def test_levels_go_down_to_16_pixels(side, sizes):
    assert swd.level_sizes(side) == sizes
    levels = swd.laplacian_pyramid(np.zeros((side, 2 * side, 1)), len(sizes))
    assert tuple(level.shape[0] for level in levels) == sizes


def test_a_picture_smaller_than_a_neighbourhood_is_refused():
    with pytest.raises(ValueError, match="window shape cannot be larger"):
        swd.Descriptors(1, 1, 1).add(np.zeros((6, 9, 3), np.uint8))


def test_descriptors_are_neighbourhoods_from_everywhere():
    """The picture counts its pixels, so that a pixel's value says where it is."""
    numbers = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    count = 4000
    found = swd.Descriptors(1, count, 1)
    found.add(numbers)
    values = found.normalized(0).reshape(count, 7, 7)
    step = values[0, 0, 1] - values[0, 0, 0]
    np.testing.assert_allclose(np.diff(values, axis=2), step, rtol=1e-3)
    np.testing.assert_allclose(np.diff(values, axis=1), 16 * step, rtol=1e-3)
    corners = np.unique(np.round((values[:, 0, 0] - values.min()) / step))
    np.testing.assert_array_equal(corners, (16 * np.arange(10)[:, None] + np.arange(10)).ravel())


def test_descriptors_are_normalized_by_channel():
    found = descriptors(PICTURES)
    for level in range(3):
        values = found.normalized(level)
        assert values.shape == (12 * 128, 3 * 49)
        channels = values.reshape(-1, 3, 49)
        np.testing.assert_allclose(channels.mean(axis=(0, 2)), 0, atol=1e-3)
        np.testing.assert_allclose(channels.std(axis=(0, 2)), 1, atol=1e-3)


def test_both_sets_give_equally_many_descriptors():
    assert [swd.descriptor_count(n) for n in (4, 256, 500)] == [512, 2**15, 2**15]
    few, many = descriptors(PICTURES, 5), descriptors(PICTURES + OTHERS, 5)
    assert len(few.normalized(0)) == len(many.normalized(0)) == 640
    assert 0 < scores(PICTURES[:5], PICTURES + OTHERS)["swd"] < 500


def test_missing_pictures_are_noticed():
    found = swd.Descriptors(3, 300, 1)
    for picture in PICTURES[:2]:
        found.add(picture)
    with pytest.raises(ValueError, match="200 descriptors were collected, not 300"):
        found.normalized(0)


def test_more_pictures_than_descriptors():
    found = swd.Descriptors(12, 5, 1)
    for picture in PICTURES:
        found.add(picture)
    assert len(found.normalized(0)) == 5


def test_equal_sets_have_no_distance():
    assert set(scores(PICTURES, PICTURES).values()) == {0.0}
    sampled = (descriptors(PICTURES, seed=seed) for seed in range(2))
    other_places = swd.scores(*sampled, (64, 32, 16))
    different = scores(PICTURES, OTHERS)
    assert 0 < other_places["swd"] < different["swd"] / 2


def test_scores_are_those_of_each_level_and_their_mean():
    found = scores(PICTURES, OTHERS)
    assert list(found) == ["swd", "swd_64", "swd_32", "swd_16"]
    assert found["swd"] == pytest.approx(np.mean(list(found.values())[1:]))
    assert found == scores(PICTURES, OTHERS)
    sets = [descriptors(each).normalized(1) for each in (PICTURES, OTHERS)]
    assert found["swd_32"] == pytest.approx(1000 * swd.sliced_wasserstein(*sets))


@pytest.mark.parametrize("amplitude", [2, 4])
def test_a_faint_checkerboard_is_seen_at_the_finest_scale(amplitude):
    board = amplitude * (np.indices((64, 64)).sum(axis=0) % 2 * 2 - 1)[..., None]
    made = [np.clip(picture.astype(int) + board, 0, 255).astype(np.uint8) for picture in PICTURES]
    clean, found = scores(PICTURES, OTHERS), scores(made, OTHERS)
    assert found["swd_64"] > 2.5 * clean["swd_64"]
    for name in ("swd_32", "swd_16"):
        assert found[name] == pytest.approx(clean[name], rel=0.02)


def test_coarse_differences_are_seen_at_coarse_scales():
    waves = 40 * np.sin(np.arange(64) * 2 * np.pi / 32)[:, None, None]
    flat = [np.full((64, 64, 3), 128, np.uint8)] * 12
    noisy = [np.clip(128 + 20 * normal(i, 64, 64, 3), 0, 255).astype(np.uint8) for i in range(12)]
    wavy = [np.clip(picture + waves, 0, 255).astype(np.uint8) for picture in noisy]
    found = scores(wavy, noisy)
    assert found["swd_16"] > 4 * found["swd_64"]
    assert set(scores(flat, flat).values()) == {0.0}
    assert all(np.isfinite(list(scores(flat, noisy).values())))


def test_a_cast_and_a_contrast_that_all_share_are_not_seen():
    even = [picture // 2 * 2 for picture in PICTURES]
    duller = [picture // 2 + np.array([100, 30, 0], np.uint8) for picture in even]
    assert scores(even, duller)["swd"] < 0.01


def test_a_missing_variety_is_seen():
    assert scores(PICTURES[:1] * 12, OTHERS)["swd"] > 1.2 * scores(PICTURES, OTHERS)["swd"]


def test_pictures_of_any_size():
    sizes = [(64, 80), (100, 50), (51, 77), (129, 64)]
    pictures, others = ([make_picture(s + i, *sizes[i]) for i in range(4)] for s in (0, 50))
    found = scores(pictures, others, swd.level_sizes(50))
    assert list(found) == ["swd", "swd_50", "swd_25"]
    assert all(value > 0 for value in found.values())


def test_grey_pictures():
    grey = [picture[..., :1] for picture in PICTURES]
    assert descriptors(grey).normalized(2).shape == (12 * 128, 49)
    assert scores(grey, [picture[..., :1] for picture in OTHERS])["swd"] > 0
