"""Pictures in a folder, or in a .zip of one, with trainA, trainB and, where present, testA, testB.

That is the layout which every CycleGAN code base shares, and in which the paper's authors publish
their sets. A .zip is read as it is; nothing is unpacked.
"""

import os
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.errors import UserError

_Read = Callable[[str], bytes]

# A file is read whole. An uncompressed TIFF of 300 million pixels has 900 MB.
_LARGEST_FILE = 2**31


def load(path: Path, split: str) -> Pictures:
    """The pictures of one split, in the order of their names, found in nested folders as well.

    Files without a picture's ending are passed over, and so are hidden ones. Links are followed to
    files and to folders; a folder is taken once, however many links lead to it.

    Args:
      path: a folder or a .zip file.
      split: trainA, trainB, testA or testB.

    Returns:
      The pictures; none where the split is a test split that is not there.

    Raises:
      UserError: path or split is not there, is empty, or is no sound .zip file.
    """
    zipped = path.suffix.lower() == ".zip"
    found, read = _in_zip(path, split) if zipped else _in_folder(path, split)
    if found is None and split.startswith("test"):
        found = []
    elif found is None:
        raise UserError(
            f"{path}: has no folder {split}; it needs trainA and trainB with pictures, and may "
            f"have testA and testB{_hint(path)}"
        )
    elif not found:
        raise UserError(
            f"{path / split}: holds no pictures; put some in ({', '.join(images.SUFFIXES)})"
        )
    names = tuple(found)
    return Pictures(names, lambda i: images.decode(read(names[i]), f"{path / split}/{names[i]}"))


def _in_folder(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not os.path.isdir(path):
        raise UserError(f"{path}: no such folder; dataset takes a folder, a .zip or a name")
    folder = path / split
    if not os.path.isdir(folder):
        return None, str.encode
    try:
        names = sorted(filter(_is_wanted, _files_below(folder)))
    except OSError as error:
        raise UserError(
            f"{error.filename}: cannot be read ({error.strerror}); make it readable"
        ) from error
    return names, lambda name: _read_file(folder / name)


def _files_below(folder: Path) -> Iterator[str]:
    """The names of all files, and of links to anything but folders."""
    # Not pathlib's rglob, which passes over links to folders.
    seen = {_identity(parent) for parent in folder.resolve().parents}
    waiting = deque([""])
    while waiting:
        inner = waiting.popleft()
        if (identity := _identity(folder / inner)) in seen:
            continue
        seen.add(identity)
        with os.scandir(folder / inner) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if os.path.isdir(entry.path):
                    # Links last: what they lead to may have a name without them.
                    (waiting.append if entry.is_symlink() else waiting.appendleft)(
                        f"{inner}{entry.name}/"
                    )
                elif entry.is_symlink() or entry.is_file():
                    yield inner + entry.name


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


def _read_file(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            # To read it might wait forever.
            raise UserError(f"{path}: is a link to something that is no file; remove it")
        _check_size(path.stat().st_size, path)
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror or error}); make it readable or remove it"
        ) from error


def _check_size(size: int, where: object) -> None:
    if size > _LARGEST_FILE:
        raise UserError(
            f"{where}: has {size} bytes, and {_LARGEST_FILE} are the most that is read; remove it"
        )


def _in_zip(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not os.path.isfile(path):
        raise UserError(f"{path}: no such file")
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:
        # A damaged archive may make zipfile raise nearly anything, here and when it is read.
        raise UserError(f"{path}: is not a sound .zip file ({error}); fetch it again") from error
    # The authors' archives hold one folder of the set's name, and everything in that.
    members = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    marks = {name[: name.index(f"{split}/")] for name in members if f"{split}/" in f"/{name}"}
    prefixes = sorted((m for m in marks if m == "" or m.endswith("/")), key=len)
    if not prefixes:
        return None, str.encode
    folder = f"{prefixes[0]}{split}/"
    # A set, for an archive may hold a name twice.
    names = {name.removeprefix(folder) for name in members if name.startswith(folder)}
    return sorted(filter(_is_wanted, names)), lambda name: _read_member(archive, folder + name)


def _read_member(archive: zipfile.ZipFile, member: str) -> bytes:
    # What the archive's directory says is the most that is unpacked, so that it cannot lie.
    _check_size(archive.getinfo(member).file_size, f"{archive.filename}: {member}")
    try:
        return archive.read(member)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UserError(
            f"{archive.filename}: {member} cannot be read ({reason}); fetch the file again"
        ) from error


def _is_wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return images.is_picture_name(name) and not any(part.startswith(".") for part in parts)


def _hint(path: Path) -> str:
    """Where the split is one folder further down, which is where people unpack archives to."""
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            if (inner / "trainA").is_dir():
                return f"; did you mean {inner}?"
    return ""
