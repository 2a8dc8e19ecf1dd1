"""Pictures in a folder or .zip with trainA, trainB and, optionally, testA, testB.

This is the layout of the authors' data sets. A .zip is read in place, without unpacking.
"""

import errno
import os
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.errors import UserError

_Read = Callable[[str], bytes]

# Files are read whole. An uncompressed TIFF of 400 million pixels has 1.2 GB.
_MAX_FILE_BYTES = 2**31


def load(path: Path, split: str) -> Pictures:
    """Loads one split, nested folders included, sorted by name.

    Ignores hidden files and files without a picture's suffix. Follows links to files and folders,
    but visits each folder once.

    Args:
      path: a folder or a .zip file.
      split: trainA, trainB, testA or testB.

    Returns:
      The pictures; empty for a missing test split.

    Raises:
      UserError: `path` or a training split is missing, a split is empty or unreadable, or the .zip
        is damaged.
    """
    zipped = path.suffix.lower() == ".zip"
    found, read = _in_zip(path, split) if zipped else _in_folder(path, split)
    if found is None and split.startswith("test"):
        found = []
    elif found is None:
        raise UserError(
            f"{path}: has no folder {split}; pictures belong in trainA and trainB, and optionally "
            f"in testA and testB{_hint(path)}"
        )
    elif not found:
        raise UserError(
            f"{path / split}: contains no pictures; add some ({', '.join(images.SUFFIXES)})"
        )
    names = tuple(found)
    return Pictures(names, lambda i: images.decode(read(names[i]), f"{path / split}/{names[i]}"))


def _in_folder(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not os.path.isdir(path):
        raise UserError(f"{path}: no such folder; set dataset to a folder, a .zip or a name")
    folder = path / split
    if not os.path.isdir(folder):
        return None, str.encode
    return list_files(folder, images.SUFFIXES), lambda name: read_file(folder / name)


def list_files(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """The files in a folder and below it that have one of the suffixes, sorted by name.

    Ignores hidden files. Follows links, but visits each folder once.

    Raises:
      UserError: a folder cannot be read.
    """
    try:
        return sorted(n for n in _files_below(folder) if n.lower().endswith(suffixes))
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise UserError(
                f"{folder}: has a folder with too long a path (...{str(error.filename)[-80:]}); "
                "rename or move it"
            ) from error
        raise UserError(
            f"{error.filename}: cannot be read ({error.strerror}); make it readable"
        ) from error


def _files_below(folder: Path) -> Iterator[str]:
    """The relative paths of all files and of all links except those to folders."""
    # Not rglob, which does not follow links to folders.
    visited = {_identity(parent) for parent in folder.resolve().parents}
    pending = deque([""])
    while pending:
        inner = pending.popleft()
        if (identity := _identity(folder / inner)) in visited:
            continue
        visited.add(identity)
        with os.scandir(folder / inner) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = inner + entry.name
                if entry.name.startswith("."):
                    continue
                linked = entry.is_symlink()
                # isdir is False for a folder with too long a path; is_dir raises for cyclic links.
                is_folder = os.path.isdir(entry.path) if linked else entry.is_dir()
                if not is_folder:
                    if linked or entry.is_file():
                        yield name
                elif linked:
                    pending.append(f"{name}/")  # Last: prefer a folder's own path to a link.
                else:
                    pending.appendleft(f"{name}/")


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def read_file(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
      UserError: it cannot be read, is no regular file, or has more than 2 GB.
    """
    try:
        if path.exists() and not path.is_file():
            # Reading a pipe may block forever.
            raise UserError(f"{path}: is a link to something other than a file; remove it")
        _check_size(path.stat().st_size, path)
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror or error}); make it readable or remove it"
        ) from error


def _check_size(size: int, where: object) -> None:
    if size > _MAX_FILE_BYTES:
        raise UserError(
            f"{where}: has {size} bytes, more than the limit of {_MAX_FILE_BYTES}; remove it"
        )


def _in_zip(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such file")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # A damaged archive makes zipfile raise almost anything.
        raise UserError(f"{path}: is not a valid .zip file ({error}); download it again") from error
    members = {i.filename: i for i in archive.infolist() if not i.filename.startswith("__MACOSX/")}
    # The authors' archives have one top-level folder, named after the set.
    parents = {name[: name.index(f"{split}/")] for name in members if f"{split}/" in name}
    parents = {parent for parent in parents if parent == "" or parent.endswith("/")}
    if not parents:
        return None, str.encode
    depth = min(parent.count("/") for parent in parents)
    topmost = sorted(parent for parent in parents if parent.count("/") == depth)
    if len(topmost) > 1:
        raise UserError(
            f"{path}: holds several data sets ({', '.join(topmost)}); unpack it and give the "
            f"folder of one of them"
        )
    folder = f"{topmost[0]}{split}/"
    names = (name.removeprefix(folder) for name in members if name.startswith(folder))
    found = sorted(filter(_is_visible_picture, names))
    # Only what is read later: each of the four splits opens the archive, which may list millions.
    kept = {name: members[folder + name] for name in found}
    archive.filelist.clear()
    archive.NameToInfo.clear()
    return found, lambda name: _read_member(archive, kept[name])


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # zipfile never unpacks more than the size that the archive's directory claims.
    where = f"{archive.filename}: {member.filename}"
    _check_size(member.file_size, where)
    try:
        return archive.read(member)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{where} cannot be read ({reason}); download the archive again") from error


def _is_visible_picture(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return images.is_picture_name(name) and not any(part.startswith(".") for part in parts)


def _hint(path: Path) -> str:
    """Names a subfolder with the splits: archives often unpack into one."""
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            if (inner / "trainA").is_dir():
                return f"; did you mean {inner}?"
    return ""
