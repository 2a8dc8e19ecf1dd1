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


def refused(workdir, match):
    with pytest.raises(UserError, match=match), locks.hold(workdir):
        pass


@pytest.mark.slow
def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path):
    command = [sys.executable, "-c", HOLD, tmp_path / "run"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        refused(tmp_path / "run", rf"run: process {holder.pid} on \S+ is training here")
        holder.kill()
    with locks.hold(tmp_path / "run"):
        assert f"process {os.getpid()}" in (tmp_path / "run" / ".lock").read_text()


def test_only_empty_new_folders_are_removed(tmp_path):
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
    assert (tmp_path / ".lock").exists(), "the folder was not made here"


def test_a_lock_that_is_not_a_file_is_refused_and_left_alone(tmp_path):
    (tmp_path / "precious").write_text("mine")
    lock = tmp_path / ".lock"
    for make in (
        lambda: lock.symlink_to("precious"),
        lambda: lock.symlink_to("nowhere"),
        lock.mkdir,
        lambda: os.mkfifo(lock),
    ):
        make()
        refused(tmp_path, "is not a regular file")
        lock.rmdir() if lock.is_dir() and not lock.is_symlink() else lock.unlink()
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_on_file_systems_without_locks_the_file_is_the_lock(tmp_path, monkeypatch):
    def missing(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", missing)
    for _ in range(2):
        with locks.hold(tmp_path):
            refused(tmp_path, "another process is training here")
        assert not (tmp_path / ".lock").exists()
