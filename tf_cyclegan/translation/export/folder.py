"""The folder of an export: written whole or not at all, and over nobody else's files."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.export import metadata


@contextlib.contextmanager
def replaced(output: Path, names: Sequence[str]) -> Iterator[Path]:
    """A folder to fill: when the context ends without an error, its content moves to `output`.

    Other files in `output` stay.

    Args:
      output: made if missing, with its parents.
      names: the files and folders that may be written, metadata.json among them.

    Raises:
      UserError: one of them is in `output`, and is not as an earlier export wrote it.
    """
    refuse_foreign(output, names)
    missing = [path for path in (output, *output.parents) if not path.exists()]
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export", dir=output) as temporary:
            yield Path(temporary)
            for name in names:
                _remove(output / name)
                if (Path(temporary) / name).exists():
                    (Path(temporary) / name).rename(output / name)
    finally:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()  # It is empty if the export failed.


def refuse_foreign(output: Path, names: Sequence[str]) -> None:
    """Raises UserError if `output` holds files of these names that no export wrote."""
    if os.path.lexists(output) and not output.is_dir():
        raise UserError(f"{output}: is not a folder; give another output")
    own: dict[str, Any] = {}
    with contextlib.suppress(UserError):
        own = metadata.read_json(output / metadata.FILE).get("files", {})
    for name in names:
        for path in _files(output / name):
            relative = path.relative_to(output).as_posix()
            ours = own if name == metadata.FILE else own.get(relative) == _fingerprint(path)
            if path.is_symlink() or not ours:
                raise UserError(
                    f"{path}: exists, and is not as tf_cyclegan wrote it; move it, or give another "
                    f"output"
                )


def write_metadata(folder: Path, found: dict[str, Any]) -> None:
    """Writes metadata.json, with fingerprints of all other files in the folder."""
    files = {path.relative_to(folder).as_posix(): _fingerprint(path) for path in _files(folder)}
    text = json.dumps({**found, "files": files}, indent=2, ensure_ascii=False) + "\n"
    (folder / metadata.FILE).write_text(text, encoding="utf-8")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> list[Path]:
    if path.is_dir() and not path.is_symlink():
        return sorted(each for each in path.rglob("*") if each.is_symlink() or not each.is_dir())
    return [path] if os.path.lexists(path) else []


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
