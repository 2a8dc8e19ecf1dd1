import dataclasses

import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import sizes

CONFIG = Config(image_size=64)


@pytest.mark.parametrize(
    ("given", "parsed"), [("input", "input"), ("train", "train"), ("100", 100), (16, 16)]
)
def test_work_sizes_are_words_or_pixels(given, parsed):
    assert sizes.parse(given, CONFIG) == parsed


@pytest.mark.parametrize("given", ["half", "15", 0, -64, "1.5", "", "²", "9" * 5000])
def test_other_work_sizes_are_refused(given):
    with pytest.raises(UserError, match=f"work_size={given}: give input, train, or the pixels"):
        sizes.parse(given, CONFIG)


@pytest.mark.parametrize(
    ("preprocess", "default"),
    [("resize_crop", "train"), ("resize", "train"), ("crop", "input"), ("none", "input")],
)
def test_the_default_is_what_training_did(preprocess, default):
    config = dataclasses.replace(CONFIG, preprocess=preprocess)
    assert sizes.parse(None, config) == default


@pytest.mark.parametrize(
    ("work_size", "size", "at_work"),
    [
        ("input", (480, 641), (480, 641)),
        ("train", (480, 640), (64, 85)),
        ("train", (640, 480), (85, 64)),
        (128, (30, 60), (128, 256)),
        ("train", (1, 1), (64, 64)),
        # 16 to 1, and beyond.
        ("train", (10, 160), (64, 1024)),
        ("train", (10, 10_000), (10, 10_000)),
        ("train", (4, 4000), (8, 8095)),
    ],
)
def test_proportions_are_kept(work_size, size, at_work):
    assert sizes.at_work(*size, work_size, CONFIG) == at_work


@pytest.mark.parametrize("size", [(1, 400_000_000), (20_001, 20_001), (1, 2**25)])
def test_what_no_memory_holds_is_refused(size):
    with pytest.raises(UserError, match=r"work_size=input: .* more than the limit of 400000000"):
        sizes.at_work(*size, "input", CONFIG)
    with pytest.raises(UserError, match="give a smaller one"):
        sizes.at_work(480, 640, 100_000, CONFIG)


@pytest.mark.parametrize("height", [1, 2, 15, 16, 17, 64, 100])
@pytest.mark.parametrize("multiple", [4, 16, 256])
def test_pictures_are_reflected_up_and_cropped_back(height, multiple):
    picture = make_picture(0, height, 37)
    padded, rows, columns = sizes.reflected_up(picture, multiple)
    assert padded.shape[0] % multiple == padded.shape[1] % multiple == 0
    assert height <= padded.shape[0] < max(height, 16) + multiple
    np.testing.assert_array_equal(padded[rows, columns], picture)
    assert padded.min() >= picture.min()


def test_what_fits_is_not_copied():
    picture = make_picture(0, 32, 64)
    assert sizes.reflected_up(picture, 16)[0] is picture
