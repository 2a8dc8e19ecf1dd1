import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data import prepared_pictures
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import PreparedPictures
from tf_cyclegan.data.preprocessing import for_training


@pytest.fixture
def reads():
    """The numbers of the pictures that are read, in order."""
    return []


def prepared(reads, **changes):
    pictures = Pictures(("a", "b", "c"), lambda i: reads.append(i) or make_picture(i))
    return PreparedPictures(pictures, "A", Config(image_size=32, **changes))


def test_are_ready_for_the_crop(reads):
    pictures = prepared(reads)
    assert (len(pictures), pictures.names) == (3, ("a", "b", "c"))
    expected = for_training(make_picture(1), "A", Config(image_size=32), "b")
    np.testing.assert_array_equal(pictures.read(1), expected)


def test_are_read_once(reads):
    pictures = prepared(reads)
    for i in (0, 1, 2, 2, 1, 0):
        pictures.read(i)
    assert reads == [0, 1, 2]


def test_what_is_left_is_still_in_memory(reads):
    pictures = prepared(reads)
    third = pictures.read(2)
    rest = pictures.without({0})
    assert rest.names == rest.pictures.names == ("b", "c")
    np.testing.assert_array_equal(rest.read(1), third)
    np.testing.assert_array_equal(rest.pictures.read(1), make_picture(2))
    assert reads == [2, 2], "once through each of the two"


@pytest.mark.parametrize("limit", ["_CACHE_BYTES", "_LARGEST_KEPT"])
def test_memory_has_its_limits(reads, monkeypatch, limit):
    """Pictures have 36 * 36 * 3 bytes."""
    monkeypatch.setattr(prepared_pictures, limit, 3887)
    pictures = prepared(reads)
    assert pictures.read(0).nbytes == 3888
    pictures.read(0)
    assert reads == [0, 0]
