"""Scores that expose a generator which copies its input.

Such a generator has no cycle error, no identity error and, where the domains are similar, even a
fair FID. How much should change depends on the data: a horse's meadow should stay.
"""

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.evaluation.differences import share_within

# Under 4 % of the range, hardly visible; the wider of the two thresholds of `paired`.
UNCHANGED_WITHIN = 10


def scores(source: np.ndarray, translated: np.ndarray) -> dict[str, float]:
    """How similar a picture and its translation are.

    Args:
      source: uint8 (height, width, 3 or 1).
      translated: uint8 of the same height and width. If only one of the two is grey, it is compared
        with the luma of the other.

    Returns:
      `unchanged`: the share of pixels that differ by less than `UNCHANGED_WITHIN` levels in every
        channel. Recolouring the whole picture lowers it.
      `correlation`: Pearson's, over all pixels and channels; invariant to brightness and contrast;
        0 if either picture is constant.
    """
    if source.shape[-1] != translated.shape[-1]:
        source, translated = (
            p if p.shape[-1] == 1 else images.to_channels(p, 1) for p in (source, translated)
        )
    return {
        "unchanged": share_within(source, translated, UNCHANGED_WITHIN),
        "correlation": correlation(source, translated),
    }


def correlation(picture: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation between all values of two arrays of equal shape, in [-1, 1]."""
    x, y = (p.astype(np.float64).ravel() - p.mean() for p in (picture, other))
    scale = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / scale) if scale else 0.0
