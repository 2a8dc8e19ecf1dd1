"""Small copies of the sample sheets, kept in samples/small: 200 epochs are 200 large PNG files."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from tf_cyclegan.system.files import write_file

# Pixels; a sheet has six pictures side by side.
WIDTH = 560
_QUALITY = 70


def sheet_path(workdir: Path, epoch: int) -> Path:
    """The file of an epoch's sample sheet in full size."""
    return workdir / "samples" / f"epoch_{epoch:04}.png"


def epochs(workdir: Path, last: int, most: int) -> list[int]:
    """The epochs up to `last` that have a sample sheet: at most `most` of them, evenly spread, with
    the first and the newest.
    """
    names = (path.stem.removeprefix("epoch_") for path in (workdir / "samples").glob("epoch_*.png"))
    there = sorted(int(name) for name in names if name.isdecimal() and int(name) <= last)
    return _spread(there, most)


def read(workdir: Path, epoch: int) -> bytes:
    """An epoch's sheet as WebP, at most WIDTH pixels wide: made anew if older than the sheet."""
    sheet = sheet_path(workdir, epoch)
    small = sheet.parent / "small" / f"{sheet.stem}.webp"
    # A run resumed from an older checkpoint writes the sheet again.
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
