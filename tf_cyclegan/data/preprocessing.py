"""Bringing single pictures to the size and the channels that the networks take."""

import math

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError


def for_training(picture: np.ndarray, domain: str, config: Config, name: str) -> np.ndarray:
    """A training picture before the random crop, or whole where nothing is cropped.

    Args:
      picture: uint8 (height, width, 3).
      domain: A or B.
      config: the settings; `preprocess` says what is done.
      name: the picture's, for the error.

    Returns:
      uint8 (height, width, channels of the domain). With `preprocess` "resize_crop" height and
      width are `resize_to`, with "resize" image_size, with "crop" the picture's own, with "none"
      the nearest multiples of what the networks halve.

    Raises:
      UserError: the picture is too small to crop image_size from.
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
            f"train{domain}/{name}: its {width}x{height} pixels are too few to crop image_size="
            f"{config.image_size} from; make that smaller, or give preprocess=resize_crop"
        )
    resized = images.resize(picture, height, width, config.interpolation)
    return images.to_channels(resized, config.channels(domain))


def for_translation(picture: np.ndarray, domain: str, config: Config) -> np.ndarray:
    """A picture of any size as a generator takes it.

    Networks trained on whole pictures get them in image_size; networks trained on parts or on all
    sizes get them in their own, rounded to what they halve.

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
    # 32 pixels are the least that the discriminators judge.
    multiple = config.size_multiple
    return max(round(length / multiple), math.ceil(32 / multiple)) * multiple
