"""From a split to files, with a stand-in for the generators."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

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
def folder(photos, tmp_path):
    """A copy of the photos that a test may change."""
    return shutil.copytree(photos, tmp_path / "photos")


def test_a_split_becomes_files_and_a_sheet_of_pictures_decoded_once(
    tiny, tmp_path, photos, monkeypatch
):
    count, decode = [], images.decode
    monkeypatch.setattr(images, "decode", lambda *args: count.append(1) or decode(*args))
    for direction, pictures in splits.load(tiny, "test", BOTH).items():
        written = splits.translate(Negatives(), pictures, direction, tmp_path)
    assert len(count) == 5
    assert written == splits.Written(2, tmp_path / "BtoA", tmp_path / "BtoA.png", shown=2)
    assert sorted(p.name for p in written.folder.iterdir()) == ["0.png", "1.png"]
    source = images.decode((photos / "testB" / "1.png").read_bytes(), "")
    made = images.decode((written.folder / "1.png").read_bytes(), "")
    np.testing.assert_array_equal(made, 255 - source)
    sheet = images.decode(written.sheet.read_bytes(), "")
    assert sheet.shape == (20 + 132, 4 + 4 * 132, 3)


def test_nothing_of_somebody_elses_is_overwritten(tiny, tmp_path):
    pictures = splits.load(tiny, "test", BOTH)["BtoA"]
    splits.translate(Negatives(), pictures, "BtoA", tmp_path)
    splits.translate(Negatives(), pictures, "BtoA", tmp_path)  # What it wrote itself is.
    Image.fromarray(make_picture(7)).save(tmp_path / "BtoA" / "1.png")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.png")}
    with pytest.raises(UserError, match=r"BtoA/1\.png: exists, and tf_cyclegan did not write it"):
        splits.translate(Negatives(), pictures, "BtoA", tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.png")} == before


def test_another_data_set_gets_a_folder_of_its_own(tiny, tmp_path):
    def output(dataset):
        return splits.default_output(tmp_path, "test", tiny, dataset).name

    assert output(None) == output(tiny.dataset) == "test"
    assert output("/elsewhere/holiday") == "holiday-test"
    assert output("set.zip") == "set-test"
    assert output("cycle_gan/horse2zebra") == "horse2zebra-test"


def test_a_sheet_shows_48_pictures(tmp_path):
    pictures = Pictures(tuple(map(str, range(50))), lambda i: make_picture(i, 8, 8))
    written = splits.translate(Negatives(), pictures, "AtoB", tmp_path)
    assert (written.count, written.shown) == (50, 48)


def test_train_split_and_limit(tiny):
    found = splits.load(tiny, "train", BOTH, limit=3)
    assert {d: len(pictures) for d, pictures in found.items()} == {"AtoB": 3, "BtoA": 3}


def test_directions_without_pictures_are_left_out(tiny, folder):
    def load(*directions):
        return splits.load(tiny, "test", directions, dataset=str(folder))

    shutil.rmtree(folder / "testB")
    assert list(load(*BOTH)) == ["AtoB"]
    with pytest.raises(UserError, match="has no pictures testB; give split=train"):
        load("BtoA")
    shutil.rmtree(folder / "testA")
    with pytest.raises(UserError, match="has no pictures testA or testB; give split=train"):
        load(*BOTH)
    shutil.rmtree(folder / "trainB")
    with pytest.raises(UserError, match="has no pictures testA or testB; put some in"):
        load(*BOTH)


def test_a_bad_picture_is_reported_or_skipped(tiny, folder):
    (folder / "testA" / "2.png").write_text("not a picture")
    with pytest.raises(UserError, match=r"testA/2\.png"):
        splits.load(tiny, "test", BOTH, dataset=str(folder))
    lines = []
    found = splits.load(tiny, "test", BOTH, None, str(folder), True, lines.append)
    assert len(found["AtoB"]) == 2
    assert "1 of 5 pictures" in lines[-1]


def test_pictures_too_large_for_the_cache_are_decoded_again(monkeypatch):
    monkeypatch.setattr("tf_cyclegan.data.pictures._CACHE_BYTES", 10)
    read = []
    pictures = Pictures(("a", "b"), lambda i: read.append(i) or np.full((2, 2, 2), i, np.uint8))
    cached = pictures.cached()
    assert [cached.read(i)[0, 0, 0] for i in (0, 1, 0, 1)] == [0, 1, 0, 1]
    assert read == [0, 1, 1], "a takes 8 of 10 bytes"
    cached.read(1)
    assert [cached.read(i)[0, 0, 0] for i in (1, 1)] == [1, 1], "a picture read twice is dropped"


def test_drawings_have_the_runs_size(tiny):
    config = dataclasses.replace(tiny, dataset="mini_horse2zebra", limit_test=None)
    found = splits.load(config, "test", ["AtoB"], limit=1)
    assert found["AtoB"].read(0).shape == (64, 64, 3)
