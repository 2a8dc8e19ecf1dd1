import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import prepared_pictures
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_training

CONFIG = Config(image_size=32)


@pytest.fixture
def reads():
    """The indices of the pictures that are read, in order."""
    return []


@pytest.fixture
def pictures(reads):
    original = Pictures(("a", "b", "c"), lambda i: reads.append(i) or make_picture(i))
    return lambda: prepared_pictures.prepare(original, "A", CONFIG)


def test_pictures_are_preprocessed_and_read_once(pictures, reads):
    prepared = pictures()
    assert prepared.names == ("a", "b", "c")
    expected = for_training(make_picture(1), "A", CONFIG, "b")
    for _ in range(2):
        np.testing.assert_array_equal(prepared.read(1), expected)
    assert reads == [1]
    # A subset shares the cache.
    np.testing.assert_array_equal(prepared.without({0}).read(0), expected)
    assert reads == [1]


@pytest.mark.parametrize("limit", ["_CACHE_BYTES", "_MAX_CACHED_PICTURE_BYTES"])
def test_the_cache_is_limited(pictures, reads, monkeypatch, limit):
    monkeypatch.setattr(prepared_pictures, limit, 36 * 36 * 3 - 1)
    prepared = pictures()
    for _ in range(2):
        assert prepared.read(0).nbytes == 36 * 36 * 3
    assert reads == [0, 0]
