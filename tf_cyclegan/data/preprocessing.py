"""Resampling and channel conversion of single pictures for the networks."""

import math

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError


def for_training(picture: np.ndarray, domain: str, config: Config, name: str) -> np.ndarray:
    """Preprocesses a training picture up to the random crop.

    Args:
      picture: uint8 (height, width, 3).
      domain: A or B.
      config: the settings.
      name: the picture's name, for error messages.

    Returns:
      uint8 (height, width, channels of the domain). `preprocess` determines height and width:
      `resize_to` for "resize_crop", `image_size` for "resize", unchanged for "crop", rounded to
      multiples of `size_multiple` for "none".

    Raises:
      UserError: the picture is smaller than the crop.
    """
    height, width = picture.shape[:2]
    if config.preprocess == "resize_crop":
        height = width = config.resize_to
    elif config.preprocess == "resize":
        height = width = config.image_size
    elif config.preprocess == "none":
        height, width = _rounded(height, config), _rounded(width, config)
    elif min(height, width) < config.image_size:
        raise UserError(
            f"train{domain}/{name}: {width}x{height} pixels are too few to crop "
            f"image_size={config.image_size}; lower it, or set preprocess=resize_crop"
        )
    resized = images.resize(picture, height, width, config.interpolation)
    return images.to_channels(resized, config.channels(domain))


def for_translation(picture: np.ndarray, domain: str, config: Config) -> np.ndarray:
    """Converts a picture of any size to the input of a generator.

    With `preprocess` "crop" and "none" the picture keeps its size, rounded to multiples of
    `size_multiple`; else it is resized to `image_size`.

    Args:
      picture: uint8 (height, width, 3).
      domain: A or B.
      config: the settings.

    Returns:
      float32 (1, height, width, channels of the domain) in [-1, 1].
    """
    height, width = picture.shape[:2]
    if config.preprocess in ("crop", "none"):
        height, width = _rounded(height, config), _rounded(width, config)
    else:
        height = width = config.image_size
    resized = images.resize(picture, height, width, config.interpolation)
    return images.to_float(images.to_channels(resized, config.channels(domain)))[None]


def _rounded(length: int, config: Config) -> int:
    # The discriminators need at least 32 pixels.
    multiple = config.size_multiple
    return max(round(length / multiple), math.ceil(32 / multiple)) * multiple
