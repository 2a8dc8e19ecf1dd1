"""Differences between two uint8 pictures of equal shape (height, width, channels)."""

import numpy as np


def absolute_error(picture: np.ndarray, other: np.ndarray) -> float:
    """The mean absolute difference over all values, in levels of 0 to 255."""
    return float(np.abs(picture.astype(np.int16) - other).mean())


def share_within(picture: np.ndarray, other: np.ndarray, levels: int) -> float:
    """The share of pixels whose greatest difference in any channel is below `levels`."""
    greatest = np.abs(picture.astype(np.int16) - other).max(axis=-1)
    return float((greatest < levels).mean())
