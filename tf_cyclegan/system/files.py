"""Atomic file writes, and setting aside what cannot be used."""

import itertools
import os
from pathlib import Path

from absl import logging


def write_file(path: Path, data: bytes) -> None:
    """Writes a file atomically: on any failure the old one stays. Makes missing folders.

    Raises:
      OSError: the folder is not writable, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        # A leftover could be a link to some other file.
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        # A full disk raises one without a file name.
        if isinstance(error, OSError) and error.filename is None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def set_aside(path: Path, fault: object) -> None:
    """Renames a file or folder that cannot be used to NAME.damaged, and warns of it in one line.

    Raises:
      OSError: it cannot be renamed.
    """
    names = (f"{path.name}.damaged{number}" for number in itertools.chain([""], itertools.count(2)))
    target = next(t for name in names if not os.path.lexists(t := path.with_name(name)))
    path.rename(target)
    reason = " ".join(str(fault).split())[:200]
    logging.warning("%s: cannot be used (%s); renamed to %s", path, reason, target.name)
