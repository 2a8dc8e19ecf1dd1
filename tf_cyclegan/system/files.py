"""Writing files so that none is ever half there."""

import os
from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or, on any failure, as it was before.

    Folders are made as needed.

    Raises:
      OSError: the folder cannot be written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        # Made anew: what lies there may be a link to somewhere else.
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            # A full disk, say. The message needs a name.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
