import os

import pytest

from tf_cyclegan.system.files import write_file, write_output


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


def make_pipe(path):
    os.mkfifo(path)


@pytest.mark.parametrize("make", [make_pipe, os.mkdir])
def test_what_is_no_file_is_not_replaced_but_set_aside_for_a_runs_outputs(tmp_path, make, caplog):
    path = tmp_path / "b.txt"
    make(path)
    with pytest.raises(OSError, match="is not a regular file") as caught:
        write_file(path, b"new")
    assert caught.value.filename == str(path)
    with caplog.at_level("WARNING", "absl"):
        write_output(path, b"new")
    assert path.read_bytes() == b"new"
    assert {p.name for p in tmp_path.iterdir()} == {"b.txt", "b.txt.damaged"}
    assert len(caplog.messages) == 1


def test_a_file_in_a_folders_place_is_set_aside(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("a", "loop"):
        write_output(tmp_path / name / "b" / "c.txt", b"new")
        assert (tmp_path / name / "b" / "c.txt").read_bytes() == b"new"
    assert (tmp_path / "a.damaged").read_bytes() == b"old"
    assert (tmp_path / "loop.damaged").is_symlink()
