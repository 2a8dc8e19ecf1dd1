import os
import subprocess
import sys

import pytest

from tf_cyclegan import locks
from tf_cyclegan.errors import UserError

HOLD = """
import sys
from pathlib import Path
from tf_cyclegan import locks
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
    for look in (locks.refuse_if_held, lambda workdir: locks.hold(workdir).__enter__()):
        with pytest.raises(UserError, match=rf"run: process {holder.pid} on \S+ is training here"):
            look(tmp_path / "run")


def test_a_killed_process_leaves_no_lock_behind(holder, tmp_path):
    holder.kill()
    holder.wait()
    with locks.hold(tmp_path / "run"):
        assert f"process {os.getpid()}" in (tmp_path / "run" / ".lock").read_text()


def test_looking_makes_nothing(tmp_path):
    locks.refuse_if_held(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_it_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with locks.hold(tmp_path):
            pass
    locks.refuse_if_held(tmp_path)
