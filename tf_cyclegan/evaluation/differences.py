"""Differences between two uint8 pictures of equal shape (height, width, channels)."""

import numpy as np


def absolute_error(picture: np.ndarray, other: np.ndarray) -> float:
    """The mean absolute difference over all values, in levels of 0 to 255."""
    return float(np.abs(picture.astype(np.int16) - other).mean())


def share_within(picture: np.ndarray, other: np.ndarray, levels: int) -> float:
    """The share of pixels that differ by less than `levels` in every channel."""
    largest = np.abs(picture.astype(np.int16) - other).max(axis=-1)
    return float((largest < levels).mean())
