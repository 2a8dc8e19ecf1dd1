"""How much of the input is merely copied.

A generator that does nothing has no cycle error and no identity error, and for domains that are
alike even a fair FID. These scores tell it apart. They do not say how much should change: of a
horse's picture the meadow is to stay. For a full account they need a look at the pictures, or at
the truth where there is one.
"""

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.evaluation.differences import share_within

# A change of less than 4 % of the range is hardly seen; it is the wider of the two thresholds that
# papers take for a pixel to be right.
UNCHANGED_WITHIN = 10


def scores(source: np.ndarray, translated: np.ndarray) -> dict[str, float]:
    """How alike a picture and its translation are.

    Args:
      source: uint8 (height, width, 3 or 1).
      translated: likewise, of the same height and width. Where one of the two is grey, the luma of
        the other is compared with it.

    Returns:
      `unchanged`: the share of pixels whose greatest difference in any channel is below
        `UNCHANGED_WITHIN` levels. It falls with any recolouring of the whole picture.
      `correlation`: Pearson's, over all pixels and channels, which a change of brightness or
        contrast leaves at 1; 0 where either is of one colour value throughout.
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
