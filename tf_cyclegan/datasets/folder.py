"""Pictures in a folder, or in a .zip of one, with trainA, trainB and, where present, testA, testB.

That is the layout which every CycleGAN code base shares, and in which the paper's authors publish
their sets. A .zip is read as it is; nothing is unpacked.
"""

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tf_cyclegan import images
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.errors import UserError

_Read = Callable[[str], bytes]


def load(path: Path, split: str) -> Pictures:
    """The pictures of one split, in the order of their names, found in nested folders as well.

    Files without a picture's ending are passed over, and so are hidden ones.

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
    return Pictures(names, lambda i: images.decode(read(names[i]), f"{path / split / names[i]}"))


def _in_folder(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; --dataset takes a folder, a .zip or a name")
    folder = path / split
    if not folder.is_dir():
        return None, str.encode
    files = (file for file in folder.rglob("*") if file.is_file())
    names = (file.relative_to(folder).as_posix() for file in files)
    return sorted(filter(_is_wanted, names)), lambda name: (folder / name).read_bytes()


def _in_zip(path: Path, split: str) -> tuple[list[str] | None, _Read]:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(f"{path}: is not a sound .zip file ({error}); fetch it again") from error
    # The authors' archives hold one folder of the set's name, and everything in that.
    members = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    marks = {name[: name.index(f"{split}/")] for name in members if f"{split}/" in f"/{name}"}
    prefixes = sorted((m for m in marks if m == "" or m.endswith("/")), key=len)
    if not prefixes:
        return None, str.encode
    folder = f"{prefixes[0]}{split}/"
    names = (name.removeprefix(folder) for name in members if name.startswith(folder))
    return sorted(filter(_is_wanted, names)), lambda name: _read(archive, folder + name)


def _read(archive: zipfile.ZipFile, member: str) -> bytes:
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise UserError(
            f"{archive.filename}: {member} cannot be read ({error}); fetch the file again"
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
