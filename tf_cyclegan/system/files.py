"""Atomic file writes."""

import os
from pathlib import Path


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
