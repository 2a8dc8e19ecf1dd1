"""Thumbnails of the sample sheets in samples/small: 200 epochs of full-size PNGs are large."""

import io
from pathlib import Path

from PIL import Image

from tf_cyclegan.system.files import write_file

_WIDTH = 560  # Pixels.


def sheet_path(workdir: Path, epoch: int) -> Path:
    """The file of an epoch's full-size sample sheet."""
    return workdir / "samples" / f"epoch_{epoch:04}.png"


def epochs(workdir: Path, last: int, count: int) -> list[int]:
    """At most `count` epochs up to `last` that have a sheet, evenly spaced, first and last kept."""
    names = (path.stem.removeprefix("epoch_") for path in (workdir / "samples").glob("epoch_*.png"))
    found = sorted(int(name) for name in names if name.isdecimal() and int(name) <= last)
    if len(found) <= count:
        return found
    return [found[round(i * (len(found) - 1) / (count - 1))] for i in range(count)]


def read(workdir: Path, epoch: int) -> bytes:
    """An epoch's sheet as WebP, at most 560 pixels wide; cached in a file."""
    sheet = sheet_path(workdir, epoch)
    small = sheet.parent / "small" / f"{sheet.stem}.webp"
    # A run resumed from an older checkpoint writes the sheet again.
    if not small.exists() or small.stat().st_mtime_ns < sheet.stat().st_mtime_ns:
        stream = io.BytesIO()
        with Image.open(sheet) as picture:
            picture.thumbnail((_WIDTH, 4 * _WIDTH), Image.Resampling.LANCZOS)
            picture.save(stream, "WEBP", quality=70)
        write_file(small, stream.getvalue())
    return small.read_bytes()
