"""Atomic file writes, and setting aside what cannot be used."""

import contextlib
import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from absl import logging


def write_file(path: Path, data: bytes) -> None:
    """Writes a file atomically: on any failure the old one stays. Makes missing folders.

    Raises:
      OSError: as `writing`.
    """
    with writing(path, len(data)) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path: Path, size: int | None = None) -> Iterator[BinaryIO]:
    """A file to fill, which takes the path's place when the context ends without an error.

    Args:
      path: makes missing folders.
      size: the bytes that are needed, for the message on a full disk; None where it is not known.

    Raises:
      OSError: the folder is not writable, the disk is full, or a folder, device or pipe has that
        name; it names the file.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, "is not a regular file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    try:
        # A leftover could be a link to some other file.
        partial.unlink(missing_ok=True)
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        needed = "" if size is None else f", {_mebibytes(size)} are needed"
        space = f"{free_space(path.parent)}{needed}" if is_full(error) else ""
        raise OSError(error.errno, f"{error.strerror}{space}", str(path)) from error


def write_output(path: Path, data: bytes) -> None:
    """As `write_file`, for a file of a run: what stands in its way is set aside.

    That is anything but a file in its place, or but a folder in the place of one of its folders.

    Raises:
      OSError: as `write_file`.
    """
    try:
        write_file(path, data)
    except OSError as error:
        places = (path, _partial(path))
        in_the_way = [each for each in places if each.exists() and not each.is_file()]
        in_the_way += [p for p in path.parents if os.path.lexists(p) and not p.is_dir()]
        if not in_the_way:
            raise
        set_aside(in_the_way[0], error)
        write_output(path, data)


def is_full(error: OSError) -> bool:
    """Whether an error means a full disk, or a used up quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def free_space(folder: Path) -> str:
    """For the message of a failed write: "; 12.3 MiB are free". Empty where it is not known."""
    try:
        return f"; {_mebibytes(shutil.disk_usage(folder).free)} are free"
    except OSError:
        return ""


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


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
