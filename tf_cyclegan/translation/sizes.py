"""Sizes: at which a picture is translated, and how it gets there and back."""

import math

import numpy as np

from tf_cyclegan.config import Config, whole_numbers
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError

# The smallest that every generator takes.
_SMALLEST = 16
# Pictures of more extreme proportions, such as 10x10000 pixels, are enlarged to as many pixels as
# those of these.
EXTREME = 16


def parse(work_size: str | int | None, config: Config) -> str | int:
    """Checks a work size.

    Args:
      work_size: "input", at the picture's own size; "train", in which the shorter side has
        `image_size` pixels, as in training; the pixels of the shorter side; None for "input" where
        training kept sizes (`preprocess` crop and none), and "train" elsewhere.
      config: the run's settings.

    Raises:
      UserError: it is none of these.
    """
    if work_size is None:
        return "input" if config.preprocess in ("crop", "none") else "train"
    if work_size in ("input", "train"):
        return work_size
    pixels = whole_numbers.parse(str(work_size))
    if pixels is None or pixels < _SMALLEST:
        raise UserError(
            f"work_size={work_size}: give input, train, or the pixels of the shorter side, "
            f"{_SMALLEST} or more"
        )
    return pixels


def at_work(height: int, width: int, work_size: str | int, config: Config) -> tuple[int, int]:
    """Height and width at which a picture is translated, in the same proportions.

    Raises:
      UserError: reflected up to what networks take, it would have more than 400 million pixels.
    """
    wide = (height, width)
    if work_size != "input":
        shorter = config.image_size if work_size == "train" else int(work_size)
        largest = math.sqrt(EXTREME * shorter**2 / (height * width))
        scale = min(shorter / min(height, width), max(1.0, largest))
        wide = (max(1, round(height * scale)), max(1, round(width * scale)))
    pixels = math.prod(length + sum(_padding(length, config.size_multiple)) for length in wide)
    if pixels > images.MAX_PIXELS:
        raise UserError(
            f"work_size={work_size}: {width}x{height} pixels become {pixels} for the network, more "
            f"than the limit of {images.MAX_PIXELS}; give a smaller one, or crop the picture"
        )
    return wide


def reflected_up(picture: np.ndarray, multiple: int) -> tuple[np.ndarray, slice, slice]:
    """Reflects the borders of (height, width, channels) up to sizes that the networks take.

    Args:
      picture: of any size.
      multiple: of which height and width must be multiples.

    Returns:
      the larger picture, and the rows and columns at which the picture is in it.
    """
    rows, columns = (_padding(length, multiple) for length in picture.shape[:2])
    if rows != (0, 0) or columns != (0, 0):
        height, width = picture.shape[:2]
        picture = np.pad(picture, (rows, columns, (0, 0)), "reflect")
        return picture, slice(rows[0], rows[0] + height), slice(columns[0], columns[0] + width)
    return picture, slice(None), slice(None)


def _padding(length: int, multiple: int) -> tuple[int, int]:
    missing = math.ceil(max(length, _SMALLEST) / multiple) * multiple - length
    return missing // 2, missing - missing // 2
