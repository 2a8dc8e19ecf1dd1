"""Small copies of the sample sheets, made once: looking at 200 epochs decodes no 200 sheets."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tf_cyclegan.files import write_file

# Of a sheet's seven columns, in pixels: about 75 for each picture.
WIDTH = 560
_QUALITY = 70


def sheet_path(workdir: Path, epoch: int) -> Path:
    """Where the sample sheet of an epoch is, in full size."""
    return workdir / "samples" / f"epoch_{epoch:04}.png"


def epochs(workdir: Path, last: int, most: int) -> list[int]:
    """The epochs up to `last` that have a sample sheet: at most so many, evenly spread.

    The first and the newest are always among them.
    """
    names = (path.stem.removeprefix("epoch_") for path in (workdir / "samples").glob("epoch_*.png"))
    there = sorted(int(name) for name in names if name.isdecimal() and int(name) <= last)
    return _spread(there, most)


def read(workdir: Path, epoch: int) -> bytes:
    """The sheet of an epoch as a WebP of WIDTH pixels or fewer, made where it is not there yet."""
    sheet = sheet_path(workdir, epoch)
    small = sheet.parent / "small" / f"{sheet.stem}.webp"
    # A run that was continued from an older checkpoint has made the sheet again.
    if not small.exists() or small.stat().st_mtime_ns < sheet.stat().st_mtime_ns:
        write_file(small, _shrunk(sheet))
    return small.read_bytes()


def _shrunk(sheet: Path) -> bytes:
    stream = io.BytesIO()
    with Image.open(sheet) as picture:
        picture.thumbnail((WIDTH, 4 * WIDTH), Image.Resampling.LANCZOS)
        picture.save(stream, "WEBP", quality=_QUALITY)
    return stream.getvalue()


def _spread(items: Sequence[int], most: int) -> list[int]:
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
