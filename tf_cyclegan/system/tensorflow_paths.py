"""Paths that TensorFlow can take."""

import atexit
import functools
import os
import re
import shutil
import tempfile
from pathlib import Path

from tf_cyclegan.system.errors import UserError

# TensorFlow takes the paths of checkpoints for patterns: nothing matches "run[1]/ckpt-8".
_PATTERN = re.compile(r"[\[\]*?\\]")


def for_tensorflow(path: Path) -> Path:
    """The path of a file, in a spelling that TensorFlow opens and lists.

    It is the path itself, unless its folder has characters of a pattern, or bytes that are not
    UTF-8: then it leads through a link in a temporary folder, which is removed at exit.

    Raises:
      UserError: the temporary folder's path has such characters too.
    """
    folder = path.parent.absolute()
    return path if _is_plain(folder) else _link(folder) / path.name


def _is_plain(path: Path) -> bool:
    text = str(path)
    # Python has surrogates for bytes that are not UTF-8.
    return not _PATTERN.search(text) and not any("\ud800" <= c <= "\udfff" for c in text)


@functools.cache
def _link(folder: Path) -> Path:
    temporary = Path(tempfile.mkdtemp(prefix="tf_cyclegan_"))
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    if not _is_plain(temporary):
        raise UserError(
            f"{temporary}: TensorFlow cannot open paths such as this one and {folder}; set TMPDIR "
            f"to a folder with a plain name"
        )
    link = temporary / "folder"
    os.symlink(folder, link)
    return link
