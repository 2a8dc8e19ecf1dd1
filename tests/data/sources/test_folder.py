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


@pytest.fixture
def root(tmp_path):
    return make_folder(tmp_path / "photos", trainA=2, trainB=1)


def zipped(path, root, inside=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, inside + file.relative_to(root).as_posix())
    return path


def test_pictures_are_sorted_by_name(photos):
    pictures = folder.load(photos, "trainA")
    assert pictures.names == ("0.png", "1.png", "2.png", "3.png", "4.png")
    np.testing.assert_array_equal(pictures.read(3), make_picture(3))


def test_nested_folders_are_searched_and_other_files_are_ignored(tmp_path):
    inner = tmp_path / "trainA" / "day 2"
    inner.mkdir(parents=True)
    Image.fromarray(make_picture(0)).save(inner / "Stra\u00dfe 1.PNG")
    (inner / "notes.txt").write_text("not a picture")
    (inner / "._Stra.png").write_bytes(b"metadata of macOS")
    assert folder.load(tmp_path, "trainA").names == ("day 2/Stra\u00dfe 1.PNG",)


@pytest.mark.parametrize("inside", ["", "horse2zebra/", "a/b/"])
def test_a_zip_reads_like_its_folder(tmp_path, photos, inside):
    path = zipped(tmp_path / "photos.zip", photos, inside)
    for split in ("trainA", "trainB", "testA", "testB"):
        actual, expected = folder.load(path, split), folder.load(photos, split)
        assert actual.names == expected.names
        np.testing.assert_array_equal(actual.read(1), expected.read(1))


def test_missing_test_splits_are_empty(tmp_path, root):
    assert len(folder.load(root, "testA")) == 0
    assert len(folder.load(zipped(tmp_path / "p.zip", root), "testB")) == 0


def test_a_missing_training_split_suggests_a_subfolder(tmp_path, root):
    with pytest.raises(UserError, match=r"has no folder trainA.*did you mean .*photos\?"):
        folder.load(tmp_path, "trainA")


def test_an_empty_split_is_an_error(tmp_path):
    (tmp_path / "trainA").mkdir()
    with pytest.raises(UserError, match="trainA: contains no pictures"):
        folder.load(tmp_path, "trainA")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.zip"])
def test_a_missing_path_is_an_error(tmp_path, name):
    with pytest.raises(UserError, match=f"{name}: no such"):
        folder.load(tmp_path / name, "trainA")


def test_an_invalid_zip_is_an_error(tmp_path):
    path = tmp_path / "photos.zip"
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(UserError, match=r"photos\.zip: is not a valid \.zip file"):
        folder.load(path, "trainA")


def test_a_damaged_zip_member_is_an_error(tmp_path, root):
    path = zipped(tmp_path / "photos.zip", root)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("trainA/0.png").header_offset + 60
    data[start : start + 20] = bytes(20)
    path.write_bytes(bytes(data))
    with pytest.raises(UserError, match=r"photos\.zip: trainA/0\.png cannot be read"):
        folder.load(path, "trainA").read(0)


def test_links_are_followed_and_each_folder_is_visited_once(tmp_path, root):
    outside = make_folder(tmp_path / "elsewhere", day=2) / "day"
    (root / "trainA" / "linked").symlink_to(outside)
    (root / "trainA" / "again").symlink_to(outside)
    (outside / "back").symlink_to(root / "trainA")
    (outside / "up").symlink_to(tmp_path)
    (root / "trainA" / "real").mkdir()
    (root / "trainA" / "real" / "x.png").symlink_to(outside / "0.png")
    (root / "trainA" / "a link to real").symlink_to("real")
    names = ("0.png", "1.png", "again/0.png", "again/1.png", "real/x.png")
    assert folder.load(root, "trainA").names == names


@pytest.mark.parametrize(
    ("module", "function", "where"),
    [(Path, "read_bytes", r"trainA/0\.png"), (os, "scandir", "trainA")],
)
def test_missing_permissions_are_an_error(root, monkeypatch, module, function, where):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(module, function, forbidden)
    with pytest.raises(UserError, match=rf"{where}: cannot be read \(Permission denied\)"):
        folder.load(root, "trainA").read(0)


@pytest.fixture
def in_deep_folder(root, monkeypatch):
    """The working directory is a folder of `root` in which names of at most 55 bytes can be opened.

    Paths have at most 4095 bytes (PATH_MAX, with a zero).
    """
    monkeypatch.chdir(root / "trainA")
    room = 4095 - 56 - len(os.fsencode(root / "trainA"))
    while room:
        length = min(room - 1, 200)
        # A slash alone would be no folder.
        length -= room - 1 - length == 1
        os.mkdir("d" * length)
        os.chdir("d" * length)
        room -= length + 1


@pytest.mark.usefixtures("in_deep_folder")
def test_a_folder_with_too_long_a_path_is_an_error(root):
    os.mkdir("e" * 56)
    Image.fromarray(make_picture(0)).save("e" * 56 + "/x.png")
    told = r"^\S+/trainA: has a folder with too long a path \(\.\.\.d+/e{56}\); rename or move it$"
    with pytest.raises(UserError, match=told):
        folder.load(root, "trainA")


@pytest.mark.usefixtures("in_deep_folder")
def test_a_picture_with_too_long_a_path_is_an_error_when_it_is_read(root):
    for length in (55, 56):
        Image.fromarray(make_picture(0)).save("e" * (length - 4) + ".png")
    pictures = folder.load(root, "trainA")
    fits, too_long = (i for i, name in enumerate(pictures.names) if name.endswith("e.png"))
    pictures.read(fits)
    with pytest.raises(UserError, match=r"cannot be read \(File name too long\)"):
        pictures.read(too_long)


def test_paths_and_names_that_are_not_utf_8_are_read(tmp_path):
    parent = tmp_path / os.fsdecode(b"caf\xe9")
    root = make_folder(parent / "photos", trainA=1)
    os.rename(root / "trainA" / "0.png", root / "trainA" / os.fsdecode(b"\xe9t\xe9.png"))
    zipped(parent / "photos.zip", make_folder(tmp_path / "other", trainA=1))
    for path, names in ((root, ("\udce9t\udce9.png",)), (parent / "photos.zip", ("0.png",))):
        pictures = folder.load(path, "trainA")
        assert pictures.names == names
        np.testing.assert_array_equal(pictures.read(0), make_picture(0))


def test_a_huge_file_is_rejected_unread(tmp_path):
    (tmp_path / "trainA").mkdir()
    with (tmp_path / "trainA" / "sparse.bmp").open("wb") as file:
        file.truncate(2**31 + 1)
    with pytest.raises(UserError, match=r"sparse\.bmp: has 2147483649 bytes, more than the limit"):
        folder.load(tmp_path, "trainA").read(0)


def test_zip_members_with_a_wrong_size_are_an_error(tmp_path):
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


def test_zip_members_are_listed_once_and_without_those_outside(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x.png", "../y.png", "../../z.png", "/etc/a.png", "C:\\b.png"):
            archive.writestr(f"trainA/{name}", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("trainA/x.png", b"")
    assert folder.load(path, "trainA").names == ("/etc/a.png", "C:\\b.png", "x.png")


def test_an_archive_of_two_data_sets_is_refused_naming_both(tmp_path):
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for name in ("horses/trainA/1.png", "apples/trainA/1.png", "apples/trainA/trainA/2.png"):
            archive.writestr(name, b"")
    with pytest.raises(UserError, match=r"both\.zip: holds several data sets \(apples/, horses/\)"):
        folder.load(tmp_path / "both.zip", "trainA")
