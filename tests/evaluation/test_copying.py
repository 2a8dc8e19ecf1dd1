import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.data import images
from tf_cyclegan.evaluation import copying

IDENTICAL = {"unchanged": 1.0, "correlation": 1.0}


def test_a_copy_in_colour_or_grey_is_identical():
    picture = make_picture(0)
    grey = images.to_channels(picture, 1)
    for source, translated in ((picture, picture), (picture, grey), (grey, picture), (grey, grey)):
        assert copying.scores(source, translated.copy()) == pytest.approx(IDENTICAL)


def test_unchanged_is_a_share_of_the_area():
    source = np.full((4, 8, 3), 100, np.uint8)
    made = source + np.uint8(copying.UNCHANGED_WITHIN)
    made[:, 6:] -= np.uint8(1)
    assert copying.scores(source, made)["unchanged"] == 0.25


def test_brightening_changes_every_pixel_but_no_correlation():
    source = np.arange(0, 192, dtype=np.uint8).reshape(8, 8, 3)
    found = copying.scores(source, source + np.uint8(40))
    assert found == pytest.approx({"unchanged": 0.0, "correlation": 1.0})


def test_correlation_by_hand():
    # Deviations (-1, 0, 1) and (-1, 2, -1): their product is 0. A negative reverses the sign.
    x, y = np.array([[[0], [1], [2]]], np.uint8), np.array([[[0], [3], [0]]], np.uint8)
    assert copying.correlation(x, y) == pytest.approx(0.0)
    assert copying.correlation(x, 255 - x) == pytest.approx(-1.0)
    assert copying.correlation(x, np.full_like(x, 7)) == 0.0
