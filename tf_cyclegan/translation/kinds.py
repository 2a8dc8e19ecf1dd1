"""Kinds of pictures that Python programs have, and the way back to each."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tf_cyclegan.data import images
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError

_Translate = Callable[[np.ndarray], np.ndarray]

# Rounding in a caller's scaling.
_TOLERANCE = 1e-3


def is_one(image: Any) -> bool:
    """Whether it is a picture or a batch, and not an iterable of them."""
    return isinstance(image, (str, os.PathLike, Image.Image)) or hasattr(image, "__array__")


def applied(translate: _Translate, image: Any) -> Any:
    """Calls `translate` on a picture or each of a batch, and returns the results as `image` came.

    Args:
      translate: takes and returns uint8, or float32 in [-1, 1], (height, width, channels).
      image: a path or a PIL image, which gives a PIL image in sRGB, upright, with the same
        transparency; or an array, or tensor, which gives a NumPy array.

    Raises:
      UserError: it is no picture.
    """
    if isinstance(image, (str, os.PathLike)):
        path = Path(image)
        return _applied(translate, images.decode_whole(folder.read_file(path), str(path)))
    if isinstance(image, Image.Image):
        try:
            decoded = images.from_pillow(image)
        except (OSError, ValueError) as error:
            raise UserError(f"a PIL image cannot be used: {error}") from error
        if not decoded.pixels.size:
            raise UserError(f"a PIL image of {image.width}x{image.height} pixels is no picture")
        return _applied(translate, decoded)
    try:
        array = np.asarray(image)
    except Exception as error:  # PyTorch's tensors on a GPU, or with a gradient.
        raise UserError(f"{type(image).__name__} is no array: {error}") from error
    return _applied_to_array(translate, array)


def _applied(translate: _Translate, decoded: images.Decoded) -> Image.Image:
    image = images.to_pillow(translate(decoded.pixels))
    if decoded.alpha is not None:
        image.putalpha(Image.fromarray(decoded.alpha))
    return image


def _applied_to_array(translate: _Translate, array: np.ndarray) -> Any:
    flat = array[..., None] if array.ndim == 2 else array
    if flat.ndim not in (3, 4) or flat.shape[-1] not in (1, 3) or flat.size == 0:
        raise UserError(
            f"an array of shape {array.shape} is no picture; give (height, width), (height, width, "
            f"3 or 1), or (batch, height, width, 3 or 1)"
        )
    if array.dtype == np.uint8:
        pictures, back = flat, lambda x: x
    elif np.issubdtype(array.dtype, np.floating):
        low, high = float(flat.min()), float(flat.max())
        if not (low >= -_TOLERANCE and high <= 1 + _TOLERANCE):
            raise UserError(
                f"a float array with values from {low:g} to {high:g}: 0 is black and 1 is white; "
                f"scale it, or give uint8"
            )
        pictures = flat.astype(np.float32) * 2 - 1
        back = lambda x: np.clip((x + 1) / 2, 0, 1).astype(array.dtype)  # noqa: E731
    else:
        raise UserError(f"an array of {array.dtype} is no picture; give uint8, or floats in [0, 1]")
    if flat.ndim == 4:
        return np.stack([back(translate(images.to_colour(each))) for each in pictures])
    translated = back(translate(images.to_colour(pictures)))
    return translated[..., 0] if array.ndim == 2 and translated.shape[-1] == 1 else translated
