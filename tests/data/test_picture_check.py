import re

import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data.picture_check import PictureCheck
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import PreparedPictures
from tf_cyclegan.system.errors import UserError


def source(count, bad=()):
    def read(i):
        if i in bad:
            raise UserError(f"{i}.png: is bad; remove it")
        return make_picture(i)

    return Pictures(tuple(f"{i}.png" for i in range(count)), read)


def test_says_nothing_where_all_are_good():
    said = []
    check = PictureCheck(said.append)
    assert check.usable("trainA", source(3)).names == ("0.png", "1.png", "2.png")
    assert len(check.usable("testA", source(0))) == 0
    check.conclude(skip=False)
    assert said == []


def test_lists_all_bad_ones_of_all_splits():
    said = []
    check = PictureCheck(said.append)
    assert check.usable("trainA", source(4, bad={1, 3})).names == ("0.png", "2.png")
    check.usable("trainB", source(30, bad={29}))
    told = "3 of 34 pictures cannot be used (listed above); remove them, or go on without them: "
    with pytest.raises(UserError, match=re.escape(f"{told}skip_unreadable=True")):
        check.conclude(skip=False)
    assert said == [f"{i}.png: is bad; remove it" for i in (1, 3, 29)]


def test_a_single_one_is_told_at_once():
    said = []
    check = PictureCheck(said.append)
    check.usable("trainA", source(4, bad={2}))
    with pytest.raises(UserError, match=r"^2\.png: is bad; remove it, .*: skip_unreadable=True$"):
        check.conclude(skip=False)
    assert said == []


def test_goes_on_without_them():
    said = []
    check = PictureCheck(said.append)
    config = Config(image_size=32)
    left = check.usable("trainA", PreparedPictures(source(4, bad={1, 3}), "A", config))
    check.conclude(skip=True)
    assert isinstance(left, PreparedPictures)
    assert left.names == ("0.png", "2.png")
    assert said[2:] == ["Going on without 2 of 4 pictures, which cannot be used (listed above)"]


def test_pictures_too_small_to_crop_are_among_them():
    check = PictureCheck(lambda line: None)
    small = PreparedPictures(source(3), "A", Config(image_size=64, preprocess="crop"))
    assert len(check.usable("trainA", small)) == 0
    with pytest.raises(UserError, match="trainA: none of the pictures can be used"):
        check.conclude(skip=True)
