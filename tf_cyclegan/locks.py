"""One trainer in a workdir at a time."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from tf_cyclegan.errors import UserError

_FILE = ".lock"


@contextlib.contextmanager
def hold(workdir: Path) -> Iterator[None]:
    """Keeps other processes out of a workdir, which is made where it is missing.

    The operating system lets go of the lock when the process ends, however it ends; the file
    `.lock` stays behind and says nothing by itself.

    Raises:
      UserError: another process holds it.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    with (workdir / _FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise UserError(
                f"{workdir}: {file.read(200).strip() or 'another process'} is training here; wait "
                f"for it to end, or train in another --workdir"
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        yield


def refuse_if_held(workdir: Path) -> None:
    """Tells early what `hold` would tell later, without making anything.

    Raises:
      UserError: another process holds the lock.
    """
    if (workdir / _FILE).exists():
        with hold(workdir):
            pass
