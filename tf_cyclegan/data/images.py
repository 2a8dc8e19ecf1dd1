"""Pictures: any file's bytes to uint8, uint8 to [-1, 1] and back, contact sheets, PNG.

A picture is a uint8 array (height, width, 3), RGB, between the file and the input pipeline.
"""

import contextlib
import io
import itertools
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFont, UnidentifiedImageError

from tf_cyclegan.data import colours, quiet_pillow
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.system.files import write_file

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# That is 20,000 x 20,000. Pillow takes 4 bytes for each pixel, and NumPy 3.
MOST_PIXELS = 400_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

# Pictures of more pixels than this are decoded one at a time: several threads read pictures.
_LARGE = 2**26
_ONE_LARGE = threading.Lock()

# What EXIF's orientations ask for; 1 asks for nothing.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is taken for a picture: by its ending, in any case."""
    return name.lower().endswith(SUFFIXES)


def decode(data: bytes, where: str) -> np.ndarray:
    """Decodes a picture file as a person would see it.

    EXIF rotation is applied, the first frame or page is taken, and colours become 8-bit sRGB on
    white, as `colours.to_srgb` says. What is broken beside the pixels, such as EXIF data or a
    colour profile, is passed over.

    Pillow's settings are changed for the whole process, as `quiet_pillow.prepare` says.

    Args:
      data: the file's bytes: JPEG, PNG, WebP, BMP, GIF or TIFF, whatever the file is called.
      where: the file's name, for the error.

    Returns:
      uint8 array (height, width, 3).

    Raises:
      UserError: the bytes are no such picture, a truncated one, or one of more than 400 million
        pixels, which is told before they are decoded.
    """
    if not data:
        raise UserError(f"{where}: is empty; replace or remove it")
    quiet_pillow.prepare(MOST_PIXELS)
    try:
        # Pillow knows formats that run other programs. They are not asked for.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise UserError(_too_large(where, f"{picture.width}x{picture.height}"))
            with _ONE_LARGE if pixels > _LARGE else contextlib.nullcontext():
                picture.load()
                return np.asarray(_upright(colours.to_srgb(picture), picture))
    except UserError:
        raise
    except UnidentifiedImageError as error:
        raise UserError(
            f"{where}: is not a picture that can be read (JPEG, PNG, WebP, BMP, GIF or TIFF); "
            f"replace or remove it"
        ) from error
    except Image.DecompressionBombError as error:
        raise UserError(_too_large(where, "far too many")) from error
    except Exception as error:
        # A damaged picture may make Pillow raise nearly anything.
        reason = str(error)[:200] or type(error).__name__
        raise UserError(f"{where}: cannot be decoded ({reason}); replace or remove it") from error


def _too_large(where: str, size: str) -> str:
    return (
        f"{where}: has {size} pixels, {MOST_PIXELS} being the most that is read; make it smaller "
        f"or remove it"
    )


def _upright(picture: Image.Image, original: Image.Image) -> Image.Image:
    """`picture`, turned and mirrored as the EXIF data of `original` asks for."""
    try:
        method = _TURNS.get(original.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        # Damaged EXIF data may make Pillow raise nearly anything, and is no reason to refuse.
        return picture
    return picture if method is None else picture.transpose(method)


def resize(picture: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    """Resizes a uint8 picture (height, width, channels), to uint8.

    `nearest` takes the same pixels as tf.image.resize, which the tutorial calls; `bilinear` and
    `bicubic` are Pillow's, which the paper's PyTorch reference calls: they average over all the
    pixels when a picture shrinks.
    """
    if picture.shape[:2] == (height, width):
        return picture
    if interpolation == "nearest":
        # One after the other it takes a third of the time that picture[rows, columns] does.
        rows = picture.take(_nearest(picture.shape[0], height), axis=0)
        return rows.take(_nearest(picture.shape[1], width), axis=1)
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), _RESAMPLING[interpolation]))
        for plane in np.moveaxis(picture, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def to_channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """A uint8 picture (height, width, 3) with 3 channels, or with 1: its luma (ITU-R 601)."""
    if channels == 3:
        return picture
    return np.asarray(Image.fromarray(picture).convert("L"))[..., None]


def _nearest(old: int, new: int) -> np.ndarray:
    # In float32, as TensorFlow has it: where two pixels are equally near, rounding decides.
    scale = np.float32(old) / np.float32(new)
    places = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale
    return np.minimum(places.astype(np.intp), old - 1)


def to_float(pictures: np.ndarray) -> np.ndarray:
    """uint8 of any shape to float32 in [-1, 1]."""
    return pictures.astype(np.float32) / 127.5 - 1.0


def to_uint8(pictures: np.ndarray) -> np.ndarray:
    """Floats in [-1, 1] of any shape to uint8: scaled, rounded, clipped (a cast would truncate)."""
    scaled = np.rint((np.asarray(pictures, np.float32) + 1.0) * 127.5)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray | None]], headings: Sequence[str], cell: int = 128
) -> np.ndarray:
    """Lays pictures out in rows under headings.

    Args:
      rows: rows of uint8 pictures, which may differ in size; None leaves a place empty.
      headings: one text for each column; an empty one makes a narrow column, which shows nothing.
      cell: the width of a column in pixels. A picture is fitted into a square of it, whole.

    Returns:
      uint8 array (height, width, 3) on white.
    """
    gap, top = 4, 20
    widths = [cell + gap if heading else 3 * gap for heading in headings]
    lefts = list(itertools.accumulate(widths, initial=gap))
    sheet = Image.new("RGB", (lefts[-1], len(rows) * (cell + gap) + top), "white")
    draw = ImageDraw.Draw(sheet)
    for left, heading in zip(lefts, headings, strict=False):
        draw.text((left, 4), heading, "black", ImageFont.load_default(12))
    for i, row in enumerate(rows):
        for left, heading, picture in zip(lefts, headings, row, strict=False):
            if heading and picture is not None:
                fitted = _fit(picture, cell)
                place = ((cell - fitted.width) // 2, (cell - fitted.height) // 2)
                sheet.paste(fitted, (left + place[0], top + i * (cell + gap) + place[1]))
    return np.asarray(sheet)


def _fit(picture: np.ndarray, cell: int) -> Image.Image:
    height, width, channels = picture.shape
    if channels == 1:
        picture = np.repeat(picture, 3, axis=2)
    scale = cell / max(height, width)
    # Enlarged pixels are shown as they are; a smooth enlargement would hide what a network drew.
    method = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Image.fromarray(picture).resize(size, method)


def write_png(path: Path, picture: np.ndarray) -> None:
    """Writes a uint8 picture (height, width, 3 or 1) as PNG; folders are made as needed."""
    stream = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(stream, "PNG")
    write_file(path, stream.getvalue())
