import os

import pytest

from tf_cyclegan.system.files import write_file


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b.txt"
    write_file(path, b"older")
    write_file(path, b"old")

    def full_disk(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left") as caught:
        write_file(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_links_are_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"old")
    for name in ("b.txt", ".b.txt.partial"):
        (tmp_path / name).symlink_to("elsewhere")
    write_file(tmp_path / "b.txt", b"new")
    assert (tmp_path / "elsewhere").read_bytes() == b"old"
    assert (tmp_path / "b.txt").read_bytes() == b"new"
    assert not (tmp_path / "b.txt").is_symlink()
