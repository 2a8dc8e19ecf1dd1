"""One training process at a time in a workdir."""

import contextlib
import os
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

import filelock

from tf_cyclegan.system.errors import UserError

_FILE = ".lock"


@contextlib.contextmanager
def hold(workdir: Path) -> Iterator[None]:
    """Locks a workdir against other processes, and makes it where it is missing.

    The operating system releases the lock when the process ends in any way; the file `.lock` stays.
    On file systems without locks (Lustre, some containers) the file's existence is the lock, until
    its process is gone. A folder that was made here and is still empty at the end is removed.

    Raises:
      UserError: another process holds the lock, or `.lock` is not a file.
      OSError: the folder cannot be made.
    """
    made = [folder for folder in (workdir, *workdir.parents) if not folder.exists()]
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir / _FILE
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UserError(f"{path}: is not a regular file, as a lock must be; remove it")
    lock = filelock.FileLock(path)
    try:
        # It warns where it falls back to the file's existence.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise UserError(
            f"{workdir}: {_holder(path)} is training here; wait for it to end, or train in another "
            "workdir"
        ) from error
    try:
        _name_holder(path)
        yield
    finally:
        with contextlib.suppress(OSError):
            if made and [each.name for each in workdir.iterdir()] == [_FILE]:
                path.unlink()
                for folder in made:
                    folder.rmdir()
        lock.release()


def _name_holder(path: Path) -> None:
    """Writes who holds the lock, for the message to others; the disk may be full."""
    # A file that is itself the lock has filelock's own words, which must stay.
    if (text := _text(path)) and not text.startswith("process "):
        return
    with contextlib.suppress(OSError):
        path.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")


def _holder(path: Path) -> str:
    text = _text(path)
    return text if text.startswith("process ") else "another process"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return ""
