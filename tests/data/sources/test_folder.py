import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.pictures import make_folder, make_picture
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError


def zipped(path, root, inside=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, inside + file.relative_to(root).as_posix())
    return path


def test_pictures_come_in_the_order_of_their_names(photos):
    pictures = folder.load(photos, "trainA")
    assert pictures.names == ("0.png", "1.png", "2.png", "3.png", "4.png")
    np.testing.assert_array_equal(pictures.read(3), make_picture(3))


def test_nested_folders_upper_case_and_strange_names(tmp_path):
    inner = tmp_path / "trainA" / "day 2"
    inner.mkdir(parents=True)
    Image.fromarray(make_picture(0)).save(inner / "Stra\u00dfe 1.PNG")
    (inner / "notes.txt").write_text("not a picture")
    (inner / "._Stra.png").write_bytes(b"what a Mac leaves behind")
    assert folder.load(tmp_path, "trainA").names == ("day 2/Stra\u00dfe 1.PNG",)


@pytest.mark.parametrize("inside", ["", "horse2zebra/", "a/b/"])
def test_zip_reads_as_the_folder_does(tmp_path, photos, inside):
    path = zipped(tmp_path / "photos.zip", photos, inside)
    for split in ("trainA", "trainB", "testA", "testB"):
        there, here = folder.load(path, split), folder.load(photos, split)
        assert there.names == here.names
        np.testing.assert_array_equal(there.read(1), here.read(1))


def test_missing_test_splits_are_empty(tmp_path):
    root = make_folder(tmp_path / "photos", trainA=1, trainB=1)
    assert len(folder.load(root, "testA")) == 0
    assert len(folder.load(zipped(tmp_path / "p.zip", root), "testB")) == 0


def test_missing_training_split_is_told_with_the_way_out(tmp_path):
    make_folder(tmp_path / "photos" / "apple2orange", trainA=1, trainB=1)
    with pytest.raises(UserError, match=r"has no folder trainA.*did you mean .*apple2orange\?"):
        folder.load(tmp_path / "photos", "trainA")


def test_empty_split_is_told(tmp_path):
    (tmp_path / "trainA").mkdir()
    with pytest.raises(UserError, match="trainA: holds no pictures"):
        folder.load(tmp_path, "trainA")


def test_bad_picture_is_named_with_its_folder(tmp_path):
    root = make_folder(tmp_path / "photos", trainA=2)
    (root / "trainA" / "1.png").write_text("oh no")
    pictures = folder.load(root, "trainA")
    with pytest.raises(UserError, match=r"trainA/1\.png: is not a picture"):
        pictures.read(1)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip"])
def test_missing_path_is_told(tmp_path, name):
    with pytest.raises(UserError, match=f"{name}: no such"):
        folder.load(tmp_path / name, "trainA")


def test_zip_that_is_none_is_told(tmp_path):
    path = tmp_path / "photos.zip"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(UserError, match=r"photos\.zip: is not a sound \.zip file"):
        folder.load(path, "trainA")


def test_damaged_zip_member_is_told(tmp_path, photos):
    path = zipped(tmp_path / "photos.zip", photos)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("trainA/0.png").header_offset + 60
    data[start : start + 20] = bytes(20)
    path.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"photos\.zip: trainA/0\.png cannot be read"):
        folder.load(path, "trainA").read(0)


def test_links_are_followed_and_each_folder_is_taken_once(tmp_path):
    root = make_folder(tmp_path / "photos", trainA=1)
    outside = make_folder(tmp_path / "elsewhere", day=2) / "day"
    (root / "trainA" / "linked").symlink_to(outside)
    (root / "trainA" / "again").symlink_to(outside)
    (outside / "back").symlink_to(root / "trainA")
    (outside / "up").symlink_to(tmp_path)
    (root / "trainA" / "real").mkdir()
    (root / "trainA" / "real" / "x.png").symlink_to(outside / "0.png")
    (root / "trainA" / "a link to real").symlink_to("real")
    names = ("0.png", "again/0.png", "again/1.png", "real/x.png")
    assert folder.load(root, "trainA").names == names


def test_a_file_without_permission_is_told(tmp_path, monkeypatch):
    root = make_folder(tmp_path / "photos", trainA=1)

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(UserError, match=r"trainA/0\.png: cannot be read \(Permission denied\)"):
        folder.load(root, "trainA").read(0)


def test_a_folder_without_permission_is_told(tmp_path, monkeypatch):
    root = make_folder(tmp_path / "photos", trainA=1)

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", forbidden)
    with pytest.raises(UserError, match=r"trainA: cannot be read \(Permission denied\)"):
        folder.load(root, "trainA")


def test_a_file_too_large_to_read_is_told_unread(tmp_path):
    (tmp_path / "trainA").mkdir()
    with (tmp_path / "trainA" / "sparse.bmp").open("wb") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(UserError, match=r"sparse\.bmp: has 2147483649 bytes, and 2147483648 are"):
        folder.load(tmp_path, "trainA").read(0)


def test_zip_members_that_lie_about_their_size_are_told(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trainA/x.png", bytes(10_000))
    data = path.read_bytes()
    for claimed in (100, 2**32 - 2):
        changed = struct.pack("<I", claimed).join(data.split(struct.pack("<I", 10_000)))
        assert changed != data
        path.write_bytes(changed)
        with pytest.raises(UserError, match=r"photos\.zip: trainA/x\.png"):
            folder.load(path, "trainA").read(0)


def test_zip_names_are_taken_once_and_ways_out_are_not(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x.png", "../y.png", "../../z.png", "/etc/a.png", "C:\\b.png"):
            archive.writestr(f"trainA/{name}", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("trainA/x.png", b"")
    assert folder.load(path, "trainA").names == ("/etc/a.png", "C:\\b.png", "x.png")
