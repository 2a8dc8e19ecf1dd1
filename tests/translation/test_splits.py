"""From a split to files, with a stand-in that makes negatives."""

import dataclasses
import shutil

import numpy as np
import pytest

from helpers.pictures import make_picture
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import splits

BOTH = ("AtoB", "BtoA")


class Negatives:
    def translate(self, picture, direction):
        return 255 - picture


@pytest.fixture
def copied(photos, tmp_path):
    return shutil.copytree(photos, tmp_path / "photos")


def test_a_split_becomes_files_and_a_sheet(tiny, tmp_path, photos):
    pictures = splits.load(tiny, "test", BOTH)["BtoA"]
    written = splits.translate(Negatives(), pictures, "BtoA", tmp_path / "out")
    assert written == splits.Written(
        2, tmp_path / "out" / "BtoA", tmp_path / "out" / "BtoA.png", shown=2
    )
    assert sorted(p.name for p in written.folder.iterdir()) == ["0.png", "1.png"]
    source = images.decode((photos / "testB" / "1.png").read_bytes(), "")
    made = images.decode((written.folder / "1.png").read_bytes(), "")
    np.testing.assert_array_equal(made, 255 - source)
    sheet = images.decode(written.sheet.read_bytes(), "")
    assert sheet.shape == (20 + 132, 4 + 4 * 132, 3)


def test_a_sheet_shows_48_pictures(tmp_path):
    pictures = Pictures(tuple(map(str, range(50))), lambda i: make_picture(i, 8, 8))
    written = splits.translate(Negatives(), pictures, "AtoB", tmp_path)
    assert (written.count, written.shown) == (50, 48)


def test_train_split_and_limit(tiny):
    found = splits.load(tiny, "train", BOTH, limit=3)
    assert {direction: len(pictures) for direction, pictures in found.items()} == {
        "AtoB": 3,
        "BtoA": 3,
    }


def test_directions_without_pictures_are_left_out(tiny, copied):
    shutil.rmtree(copied / "testB")
    assert list(splits.load(tiny, "test", BOTH, dataset=str(copied))) == ["AtoB"]
    with pytest.raises(UserError, match="has no pictures testB; give split=train"):
        splits.load(tiny, "test", ["BtoA"], dataset=str(copied))
    shutil.rmtree(copied / "testA")
    with pytest.raises(UserError, match="has no pictures testA or testB; give split=train"):
        splits.load(tiny, "test", BOTH, dataset=str(copied))
    shutil.rmtree(copied / "trainB")
    with pytest.raises(UserError, match="has no pictures testA or testB; put some in"):
        splits.load(tiny, "test", BOTH, dataset=str(copied))


def test_a_bad_picture_is_told_before_anything_is_written(tiny, copied):
    (copied / "testA" / "2.png").write_text("not a picture")
    with pytest.raises(UserError, match=r"testA/2\.png"):
        splits.load(tiny, "test", BOTH, dataset=str(copied))
    told = []
    found = splits.load(tiny, "test", BOTH, None, str(copied), True, told.append)
    assert len(found["AtoB"]) == 2
    assert told[-1].startswith("Going on without 1 of 5 pictures")


def test_each_picture_is_decoded_once(tiny, tmp_path, monkeypatch):
    read = []
    decode = images.decode
    monkeypatch.setattr(images, "decode", lambda *args: read.append(1) or decode(*args))
    for direction, pictures in splits.load(tiny, "test", BOTH).items():
        splits.translate(Negatives(), pictures, direction, tmp_path)
    assert len(read) == 5


def test_pictures_are_read_again_where_they_are_too_large_to_keep(monkeypatch):
    monkeypatch.setattr("tf_cyclegan.data.pictures._CACHE_BYTES", 10)
    read = []
    pictures = Pictures(("a", "b"), lambda i: read.append(i) or np.full((2, 2, 2), i, np.uint8))
    cached = pictures.cached()
    assert [cached.read(i)[0, 0, 0] for i in (0, 1, 0, 1)] == [0, 1, 0, 1]
    assert read == [0, 1, 1], "8 bytes of a, and none are left for b"
    cached.read(1)
    assert [cached.read(i)[0, 0, 0] for i in (1, 1)] == [1, 1], "what was read twice makes room"


def test_the_settings_say_how_large_drawings_are(tiny):
    config = dataclasses.replace(tiny, dataset="mini_horse2zebra", limit_test=None)
    found = splits.load(config, "test", ["AtoB"], limit=1)
    assert found["AtoB"].read(0).shape == (64, 64, 3)
