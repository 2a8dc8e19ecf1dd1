"""One trainer in a workdir at a time."""

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
    """Keeps other processes out of a workdir, which is made where it is missing.

    The operating system lets go of the lock when the process ends, however it ends; the file
    `.lock` stays behind and says nothing by itself. On file systems without such locks (Lustre,
    some containers) the existence of the file is the lock, until its process is gone.

    A folder that was made, and that nothing was written to, is removed again.

    Raises:
      UserError: another process holds it, or something else is in its place.
      OSError: the folder cannot be made.
    """
    made = [folder for folder in (workdir, *workdir.parents) if not folder.exists()]
    workdir.mkdir(parents=True, exist_ok=True)
    path = workdir / _FILE
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UserError(f"{path}: is no plain file, as a lock is; remove it")
    lock = filelock.FileLock(path)
    try:
        # It warns where it falls back to the file's existence.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise UserError(
            f"{workdir}: {_holder(path)} is training here; wait for it to end, or train in another "
            f"workdir"
        ) from error
    try:
        if not isinstance(lock, filelock.SoftFileLock):
            path.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            if made and [each.name for each in workdir.iterdir()] == [_FILE]:
                path.unlink()
                for folder in made:
                    folder.rmdir()
        lock.release()


def _holder(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        text = ""
    return text if text.startswith("process ") else "another process"
