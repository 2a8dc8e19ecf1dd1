"""Thumbnails of the sample sheets in samples/small: 200 epochs of full-size PNGs are large."""

import io
from pathlib import Path

from PIL import Image

from tf_cyclegan.config import whole_numbers
from tf_cyclegan.system.files import set_aside, write_output

_WIDTH = 560  # Pixels.


def sheet_path(workdir: Path, epoch: int) -> Path:
    """The file of an epoch's full-size sample sheet."""
    return workdir / "samples" / f"epoch_{epoch:04}.png"


def _epochs(workdir: Path, last: int, count: int) -> list[int]:
    """At most `count` epochs up to `last` that have a sheet, evenly spaced, first and last kept."""
    names = (path.stem.removeprefix("epoch_") for path in (workdir / "samples").glob("epoch_*.png"))
    numbers = (whole_numbers.parse(name) for name in names)
    found = sorted(number for number in numbers if number is not None and number <= last)
    if len(found) <= count:
        return found
    return [found[round(i * (len(found) - 1) / (count - 1))] for i in range(count)]


def load(workdir: Path, last: int, count: int) -> dict[int, bytes]:
    """The thumbnails of at most `count` epochs up to `last`, as WebP, at most 560 pixels wide.

    They are cached in files. A damaged sheet is renamed, with a warning, and left out.
    """
    found = {}
    for epoch in _epochs(workdir, last, count):
        sheet = sheet_path(workdir, epoch)
        small = sheet.parent / "small" / f"{sheet.stem}.webp"
        try:
            # A run resumed from an older checkpoint writes the sheet again.
            if _is_picture(small) and small.stat().st_mtime_ns >= sheet.stat().st_mtime_ns:
                found[epoch] = small.read_bytes()
                continue
            found[epoch] = _shrink(sheet)
        except Exception as error:  # Pillow raises almost anything for a damaged picture.
            set_aside(sheet, error)
            continue
        write_output(small, found[epoch])
    return found


def _shrink(sheet: Path) -> bytes:
    stream = io.BytesIO()
    with Image.open(sheet) as picture:
        picture.thumbnail((_WIDTH, 4 * _WIDTH), Image.Resampling.LANCZOS)
        picture.save(stream, "WEBP", quality=70)
    return stream.getvalue()


def _is_picture(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except Exception:  # As above.
        return False
    return True
