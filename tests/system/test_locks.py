import errno
import fcntl
import os
import subprocess
import sys

import pytest

from tf_cyclegan.system import locks
from tf_cyclegan.system.errors import UserError

HOLD = """
import sys
from pathlib import Path
from tf_cyclegan.system import locks
with locks.hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of the workdir."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_trainer_is_refused_and_told_who_is_there(holder, tmp_path):
    told = rf"run: process {holder.pid} on \S+ is training here"
    with pytest.raises(UserError, match=told), locks.hold(tmp_path / "run"):
        pass


def test_a_killed_process_leaves_no_lock_behind(holder, tmp_path):
    holder.kill()
    holder.wait()
    with locks.hold(tmp_path / "run"):
        assert f"process {os.getpid()}" in (tmp_path / "run" / ".lock").read_text()


def test_a_folder_that_nothing_was_written_to_is_removed_again(tmp_path):
    workdir = tmp_path / "runs" / "new"
    for _ in range(2):
        with locks.hold(workdir):
            assert workdir.is_dir()
        assert list(tmp_path.iterdir()) == []
    with locks.hold(workdir):
        (workdir / "config.json").touch()
    assert sorted(path.name for path in workdir.iterdir()) == [".lock", "config.json"]
    with locks.hold(tmp_path):
        pass
    assert (tmp_path / ".lock").exists(), "the folder was there before"


def test_what_is_no_file_in_the_locks_place_is_refused_and_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    lock = tmp_path / ".lock"
    for make in (
        lambda: lock.symlink_to("precious"),
        lambda: lock.symlink_to("nowhere"),
        lock.mkdir,
        lambda: os.mkfifo(lock),
    ):
        make()
        with pytest.raises(UserError, match="is no plain file"), locks.hold(tmp_path):
            pass
        lock.rmdir() if lock.is_dir() and not lock.is_symlink() else lock.unlink()
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_without_locks_of_the_file_system_the_file_itself_is_the_lock(tmp_path, monkeypatch):
    """As on Lustre, and in some containers."""

    def missing(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", missing)
    with (
        locks.hold(tmp_path),
        pytest.raises(UserError, match="another process is training here"),
        locks.hold(tmp_path),
    ):
        pass
    assert not (tmp_path / ".lock").exists()
    with locks.hold(tmp_path):
        pass
