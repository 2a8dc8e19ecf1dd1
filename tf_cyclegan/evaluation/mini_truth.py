"""Scores of translations of `mini_horse2zebra` against its ground truth.

The data set holds each scene in both coats, and the animal's silhouette. The background should stay
as it is, and the silhouette become the same scene in the other coat. A horse does not determine its
zebra's stripes, nor a zebra its brown: docs/evaluation.md says what a perfect translation reaches.
"""

import numpy as np

from tf_cyclegan.evaluation.differences import absolute_error

# Standard deviations of Gaussians, in picture widths. A light and a dark stripe together are about
# 0.1 wide.
_FINE_SIGMA, _COARSE_SIGMA = 0.015, 0.05
# Ramps from 0 to 1. Luma slopes, in levels per picture width, from not striped to striped: 255
# levels over a stripe of 0.05 are 5,000, before smoothing.
_SLOPE_RAMP = (700.0, 1000.0)
# Smoothed chroma, in levels, from neutral to coloured.
_CHROMA_RAMP = (30.0, 60.0)
_LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114])  # ITU-R 601


def scores(translated: np.ndarray, counterpart: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Every score of this module, by name; errors in levels of 0 to 255.

    Args:
      translated: uint8 (size, size, 3 or 1).
      counterpart: the same scene in the other coat, of the same shape.
      mask: uint8 (size, size, 1), above 0 in the silhouette.

    Returns:
      `background_error`: the mean absolute difference from the counterpart outside the silhouette,
        where the counterpart equals the input.
      `silhouette_error`: the same inside. Stripes in other places than the truth's count as errors:
        on zebras a flat grey coat scores no worse than a perfect one.
      `coat_error`: the mean absolute difference between the sorted values inside, channel by
        channel (the Wasserstein-1 distance of their distributions): whether the coat has the right
        colours in the right amounts, wherever they are.
      `stripes`: see `stripes`.
    """
    inside = mask[..., 0] > 0
    made, true = translated[inside], counterpart[inside]
    return {
        "background_error": absolute_error(translated[~inside], counterpart[~inside]),
        "silhouette_error": absolute_error(made, true),
        "coat_error": absolute_error(np.sort(made, axis=0), np.sort(true, axis=0)),
        "stripes": stripes(translated, mask),
    }


def stripes(picture: np.ndarray, mask: np.ndarray) -> float:
    """The share of the silhouette that has black and white stripes, in [0, 1].

    A pixel is striped to the degree that both hold in its neighbourhood:
    - The luma alternates along one direction: the difference of the structure tensor's eigenvalues
      (Bigun and Granlund, 1987) is large. Noise alternates in all directions, a flat coat in none.
    - The colour is neutral: the largest channel of the smoothed colour is little above the
      smallest, unlike in a brown coat.

    All smoothing stays within the silhouette, whose outline would look like an edge.

    Args:
      picture: uint8 (size, size, 3 or 1).
      mask: uint8 (size, size, 1), above 0 in the silhouette.
    """
    inside = mask[..., 0] > 0
    colour = _smooth(np.repeat(picture, 3 // picture.shape[-1], axis=-1), inside, _FINE_SIGMA)
    chroma = colour.max(axis=0) - colour.min(axis=0)
    luma = np.tensordot(_LUMA_WEIGHTS, colour, axes=1)
    down, right = (len(luma) * slope for slope in np.gradient(luma))
    local = np.stack([chroma, right * right, down * down, right * down], axis=-1)
    chroma, xx, yy, xy = _smooth(local, inside, _COARSE_SIGMA)
    slope = np.sqrt(np.hypot(xx - yy, 2.0 * xy))
    striped = _ramp(slope, _SLOPE_RAMP) * (1.0 - _ramp(chroma, _CHROMA_RAMP))
    return float(striped[inside].mean())


def _smooth(planes: np.ndarray, inside: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian means of planes (size, size, n) over the silhouette: (n, size, size)."""
    places = np.arange(len(inside)) / (sigma * len(inside))
    squared = np.square(places[:, None] - places)
    # Truncated: products of the far tails are denormal numbers, which are very slow.
    blur = np.exp(-0.5 * squared) * (squared < 36.0)
    stack = np.concatenate([planes * inside[..., None], inside[..., None]], axis=-1)
    for _ in range(2):
        # Smooths the first axis and makes it the last.
        stack = np.tensordot(stack, blur, axes=(0, 0))
    return stack[:-1] / np.maximum(stack[-1], 1e-9)


def _ramp(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    return np.clip((values - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)
