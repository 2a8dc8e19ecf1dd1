"""Decoding, resampling, value ranges and contact sheets.

Between the file and the input pipeline a picture is a uint8 array (height, width, 3), RGB.
"""

import contextlib
import io
import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image, ImageDraw, ImageFile, ImageFont, UnidentifiedImageError

from tf_cyclegan.data import colours, orientation, quiet_pillow, sample_values
from tf_cyclegan.system.errors import UserError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# 20,000 x 20,000. Decoding takes 7 bytes per pixel: 4 in Pillow, 3 in NumPy.
MAX_PIXELS = 400_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

# Reading threads decode pictures above this size one at a time, which bounds memory.
_LARGE_PIXELS = 2**26
_LARGE_LOCK = threading.Lock()

_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def is_picture_name(name: str) -> bool:
    """Whether a file has a picture's suffix, in any case."""
    return name.lower().endswith(SUFFIXES)


def decode(data: bytes, where: str) -> np.ndarray:
    """Decodes a picture file to 8-bit sRGB on white, as a viewer shows it.

    Black and white are those of `sample_values.decode`. Applies the orientation in EXIF or XMP
    data, and takes the first frame or page. Ignores broken metadata, such as EXIF data or a colour
    profile. Configures Pillow for the process (`quiet_pillow.configure`).

    Args:
      data: the bytes of a JPEG, PNG, WebP, BMP, GIF or TIFF file, whatever its suffix.
      where: the file's path, for error messages.

    Returns:
      uint8 array (height, width, 3).

    Raises:
      UserError: another format, damaged or truncated data, values of which black or white is
        unknown, or more than 400 million pixels (checked before decoding).
    """
    with opened(data, where) as picture:
        is_upright = orientation.is_applied_by_load(picture)
        decoded = colours.to_srgb(sample_values.decode(picture))
        return np.asarray(decoded if is_upright else orientation.apply(decoded, picture))


@dataclass(frozen=True)
class Decoded:
    """A picture with what its translation keeps.

    Attributes:
      pixels: uint8 (height, width, 3), as of `decode`.
      alpha: uint8 (height, width); None without transparency.
      profile: its ICC profile, if it has one.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    profile: bytes | None = None


def decode_whole(data: bytes, where: str) -> Decoded:
    """Decodes a picture file with transparency and colour profile.

    Arguments and errors are those of `decode`.
    """
    with opened(data, where) as picture:
        return from_pillow(picture)


def from_pillow(picture: Image.Image) -> Decoded:
    """A picture of Pillow's, in its current frame, as of `decode_whole`.

    Raises:
      ValueError: black or white is unknown, as of more than 8 bits that came from no file.
    """
    file = cast(ImageFile.ImageFile, picture)  # A PNG or TIFF file, if its format says so.
    is_upright = orientation.is_applied_by_load(file)
    values = sample_values.decode(file)
    if values.mode[0] in "IF":
        raise ValueError(f"its mode {values.mode} does not tell which value is white")
    profile, clear = values.info.get("icc_profile"), colours.alpha(values)
    planes = [colours.to_srgb(values), *([clear] if clear else [])]
    arrays = [
        np.asarray(plane if is_upright else orientation.apply(plane, file)) for plane in planes
    ]
    return Decoded(arrays[0], arrays[1] if clear else None, profile)


@contextlib.contextmanager
def opened(data: bytes, where: str) -> Iterator[ImageFile.ImageFile]:
    """A picture file opened by Pillow, not yet decoded. Errors within are those of `decode`."""
    if not data:
        raise UserError(f"{where}: is empty; replace or remove it")
    quiet_pillow.configure(MAX_PIXELS)
    try:
        # Only these formats: for others, such as EPS, Pillow runs external programs.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            pixels = picture.width * picture.height
            if pixels > MAX_PIXELS:
                raise Image.DecompressionBombError
            with _LARGE_LOCK if pixels > _LARGE_PIXELS else contextlib.nullcontext():
                yield picture
    except UnidentifiedImageError as error:
        raise UserError(
            f"{where}: is not a picture in a supported format (JPEG, PNG, WebP, BMP, GIF, TIFF); "
            f"replace or remove it"
        ) from error
    except Image.DecompressionBombError as error:
        raise UserError(
            f"{where}: has more than {MAX_PIXELS} pixels; downscale or remove it"
        ) from error
    except Exception as error:  # Damaged data makes Pillow raise almost anything.
        reason = str(error)[:200] or type(error).__name__
        raise UserError(f"{where}: cannot be decoded ({reason}); replace or remove it") from error


def resize(picture: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    """Resamples a picture (height, width, channels), uint8 or float32, to another size.

    `nearest` selects the same pixels as tf.image.resize, as in the tutorial. `bilinear` and
    `bicubic` are Pillow's antialiased filters, as in the paper's PyTorch reference.
    """
    if picture.shape[:2] == (height, width):
        return picture
    if interpolation == "nearest":
        # Two takes are three times as fast as picture[rows, columns].
        rows = picture.take(_nearest(picture.shape[0], height), axis=0)
        return rows.take(_nearest(picture.shape[1], width), axis=1)
    if picture.shape[2] == 3 and picture.dtype == np.uint8:
        # A quarter faster than plane by plane.
        return np.asarray(
            Image.fromarray(picture).resize((width, height), _RESAMPLING[interpolation])
        )
    planes = [
        np.asarray(Image.fromarray(plane).resize((width, height), _RESAMPLING[interpolation]))
        for plane in np.moveaxis(picture, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def to_channels(picture: np.ndarray, channels: int) -> np.ndarray:
    """Converts (height, width, 3) to 3 channels (itself) or 1 channel (ITU-R 601 luma).

    uint8, or float32.
    """
    if channels == 3:
        return picture
    if picture.dtype != np.uint8:
        return picture @ np.array([[0.299], [0.587], [0.114]], np.float32)
    return np.asarray(Image.fromarray(picture).convert("L"))[..., None]


def to_colour(picture: np.ndarray) -> np.ndarray:
    """Repeats the channel of (height, width, 1); (height, width, 3) is itself."""
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture


def to_pillow(picture: np.ndarray) -> Image.Image:
    """uint8 (height, width, 3 or 1) as a Pillow picture of mode RGB or L."""
    return Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)


def _nearest(old: int, new: int) -> np.ndarray:
    # float32 as in TensorFlow: rounding breaks ties between pixels.
    scale = np.float32(old) / np.float32(new)
    places = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale
    return np.minimum(places.astype(np.intp), old - 1)


def to_float(pictures: np.ndarray) -> np.ndarray:
    """Scales uint8 of any shape to float32 in [-1, 1]."""
    return pictures.astype(np.float32) / 127.5 - 1.0


def to_uint8(pictures: np.ndarray) -> np.ndarray:
    """Scales floats in [-1, 1] of any shape to uint8, rounded and clipped."""
    scaled = np.rint((np.asarray(pictures, np.float32) + 1.0) * 127.5)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def contact_sheet(
    rows: Sequence[Sequence[np.ndarray | None]], headings: Sequence[str], cell: int = 128
) -> np.ndarray:
    """Lays out pictures in rows under column headings.

    Args:
      rows: uint8 pictures of any size, fitted into the cells; None leaves a cell empty.
      headings: one text per column; an empty text makes a narrow gap instead of a column.
      cell: width and height of a cell in pixels.

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
                x = left + (cell - fitted.width) // 2
                y = top + i * (cell + gap) + (cell - fitted.height) // 2
                sheet.paste(fitted, (x, y))
    return np.asarray(sheet)


def _fit(picture: np.ndarray, cell: int) -> Image.Image:
    height, width = picture.shape[:2]
    picture = to_colour(picture)
    scale = cell / max(height, width)
    # Smooth upsampling would hide the artifacts of a network.
    method = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.LANCZOS
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return Image.fromarray(picture).resize(size, method)
