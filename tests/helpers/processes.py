"""The commands as real processes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def environment():
    """Of this process, but for what a test's result must not depend on."""
    return os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "COLUMNS": "100"}


def script(name, *arguments, cwd):
    """Runs a script and returns its status, standard output and standard error."""
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / name, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
    )
    return done.returncode, done.stdout, done.stderr


def refused(name, *arguments, cwd):
    """The one line that a mistake gets; nothing may be written."""
    before = sorted(cwd.rglob("*"))
    status, out, err = script(name, *arguments, cwd=cwd)
    assert status == 1, err
    assert out == ""
    assert sorted(cwd.rglob("*")) == before
    assert err.startswith(f"{name}: error: ")
    assert err.count("\n") == 1, err
    return err
