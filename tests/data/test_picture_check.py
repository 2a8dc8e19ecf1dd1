import pytest

from helpers.pictures import make_picture
from tf_cyclegan.config import Config
from tf_cyclegan.data.picture_check import keep_usable
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import prepare
from tf_cyclegan.system.errors import UserError


@pytest.fixture
def said():
    return []


def pictures(count, bad=()):
    def read(i):
        if i in bad:
            raise UserError(f"{i}.png: is bad; remove it")
        return make_picture(i)

    return Pictures(tuple(f"{i}.png" for i in range(count)), read)


def test_good_pictures_are_kept_silently(said):
    usable = keep_usable({"trainA": pictures(3), "testA": pictures(0)}, False, said.append)
    assert usable["trainA"].names == ("0.png", "1.png", "2.png")
    assert len(usable["testA"]) == 0
    assert said == []


def test_bad_pictures_of_all_splits_are_listed(said):
    splits = {"trainA": pictures(4, bad={1, 3}), "trainB": pictures(30, bad={29})}
    with pytest.raises(UserError, match=r"^3 of 34 pictures cannot .*: skip_unreadable=True$"):
        keep_usable(splits, False, said.append)
    assert said == [f"{i}.png: is bad; remove it" for i in (1, 3, 29)]


def test_a_single_bad_picture_is_the_error(said):
    with pytest.raises(UserError, match=r"^2\.png: is bad; remove it, .*: skip_unreadable=True$"):
        keep_usable({"trainA": pictures(4, bad={2})}, False, said.append)
    assert said == []


def test_bad_pictures_are_skipped_on_request(said):
    usable = keep_usable({"trainA": pictures(4, bad={1, 3})}, True, said.append)
    assert usable["trainA"].names == ("0.png", "2.png")
    assert said[2:] == ["Going on without 2 of 4 pictures, which cannot be used (listed above)"]


def test_a_split_without_usable_pictures_is_an_error(said):
    small = prepare(pictures(3), "A", Config(image_size=64, preprocess="crop"))
    with pytest.raises(UserError, match="trainA: none of the pictures can be used"):
        keep_usable({"trainA": small}, True, said.append)
