import numpy as np
import pytest

from tf_cyclegan.data.sources.drawings.scene import Scene, draw_scene

SEEDS = range(24)


def scene(seed: int, size: int = 64) -> Scene:
    return draw_scene(np.random.default_rng([5, seed]), size)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [scene(seed) for seed in SEEDS]


def inside(one: Scene) -> np.ndarray:
    return one.mask[..., 0] == 255


def reduced(picture: np.ndarray, size: int) -> np.ndarray:
    block = len(picture) // size
    return picture.reshape(size, block, size, block, -1).mean(axis=(1, 3))


@pytest.mark.parametrize("size", [16, 50, 64, 128])
def test_shapes_and_types(size):
    one = scene(0, size)
    assert one.horse.shape == one.zebra.shape == (size, size, 3)
    assert one.mask.shape == (size, size, 1)
    assert one.horse.dtype == one.zebra.dtype == one.mask.dtype == np.uint8
    assert set(np.unique(one.mask)) == {0, 255}


def test_too_small_a_size_is_an_error():
    with pytest.raises(ValueError, match=r"at least 16 .* got 15"):
        scene(0, 15)


def test_the_animal_and_nothing_else_differs(scenes):
    # Hooves, eyes and black tails are the same in both coats.
    for one in scenes:
        differs = (one.horse != one.zebra).any(axis=-1)
        assert not differs[~inside(one)].any()
        assert differs[inside(one)].mean() > 0.9


def test_the_animal_is_large_and_fully_inside_the_picture(scenes):
    for one in scenes:
        rows, columns = np.nonzero(inside(one))
        assert 0.12 < inside(one).mean() < 0.35
        assert 0.6 < np.ptp(columns) / 64 < 0.9
        assert min(rows.min(), columns.min()) > 0
        assert max(rows.max(), columns.max()) < 63


def test_horses_are_brown_and_the_background_is_not(scenes):
    for one in scenes:
        red, green, blue = one.horse[inside(one)].astype(float).T
        assert ((red > 1.15 * green) & (green > blue)).mean() > 0.7
        red, green, blue = one.horse[~inside(one)].astype(float).T
        # A few flowers are red or pink.
        assert ((red > 1.2 * green) & (red > 1.4 * blue)).mean() < 0.02


def test_zebras_are_black_and_white(scenes):
    for one in scenes:
        coat = one.zebra[inside(one)].astype(float)
        assert (coat.mean(axis=1) < 80).mean() > 0.25
        assert (coat.mean(axis=1) > 175).mean() > 0.2


def test_stripes_run_across_the_trunk(scenes):
    def changes(picture: np.ndarray, one: Scene) -> int:
        """Counts changes between dark and light along the trunk."""
        rows, columns = np.nonzero(inside(one))
        row = rows.min() + round(0.45 * np.ptp(rows))
        line = picture[row, columns[rows == row]].mean(axis=-1)
        return int((np.diff(np.sign(line - 128)) != 0).sum())

    assert np.median([changes(one.zebra, one) for one in scenes]) >= 7
    assert np.median([changes(one.horse, one) for one in scenes]) <= 2


def test_scenes_vary(scenes):
    heads = [np.nonzero(inside(one))[1].mean() for one in scenes]
    assert np.ptp(heads) > 4
    assert len({one.horse.tobytes() for one in scenes}) == len(scenes)


def test_equal_generators_give_equal_scenes():
    first, second, other = scene(3), scene(3), scene(4)
    for part in ("horse", "zebra", "mask"):
        np.testing.assert_array_equal(getattr(first, part), getattr(second, part))
        assert (getattr(first, part) != getattr(other, part)).any()


@pytest.mark.parametrize("size", [128, 256])
def test_a_scene_looks_the_same_at_every_size(size):
    for seed in range(3):
        small, large = scene(seed), scene(seed, size)
        for part in ("horse", "zebra"):
            picture = reduced(getattr(large, part), 64)
            assert np.abs(picture - getattr(small, part)).mean() < 4
        # The same measure separates different scenes.
        assert np.abs(reduced(large.zebra, 64) - scene(seed + 1).zebra).mean() > 16
