"""Scores of a translation of `mini_horse2zebra` against the truth, which drawings have.

The set holds each scene in both coats and the animal's silhouette. The meadow is to stay, and the
coat is to change: so the background's truth is the input, and the silhouette's is the same scene in
the other coat. Where exactly a zebra's stripes lie cannot be known from a horse, though, nor which
brown a zebra would have; what a perfect translation can reach is in docs/evaluation.md.
"""

import numpy as np

from tf_cyclegan.evaluation.differences import absolute_error

# Lengths in widths of the picture. A light and a dark stripe together are about 0.1 wide.
_FINE, _COARSE = 0.015, 0.05
# Between which values a pixel goes from not striped to striped. Slopes of the luma are in levels
# per width of the picture: 255 levels over a stripe of 0.05 would be 5,000, before smoothing.
_SLOPE = (700.0, 1000.0)
# Between which values of the smoothed chroma, in levels, a pixel goes from neutral to coloured.
_CHROMA = (30.0, 60.0)
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R 601


def scores(translated: np.ndarray, counterpart: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    """Every score of this module, by name; errors in levels of 0 to 255.

    Args:
      translated: uint8 (size, size, 3 or 1).
      counterpart: uint8, as `translated`, the same scene in the other coat.
      mask: uint8 (size, size, 1), above 0 in the silhouette.

    Returns:
      `background_error`: the mean absolute difference from the counterpart outside the silhouette,
        where the counterpart equals the input.
      `silhouette_error`: the same inside. Stripes in other places than the truth's count as wrong,
        so that for zebras a flat grey coat does no worse here than a perfect one.
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
    """How much of the silhouette is striped in black and white: 1 for all of it, 0 for none.

    A pixel is striped as far as both hold:
    - Around it the picture alternates between light and dark along one direction: the difference of
      the structure tensor's eigenvalues (Bigun and Granlund, 1987) is large. Noise alternates in
      all directions alike, a flat coat in none.
    - Around it the picture is neutral: the smoothed colour's greatest channel is little above its
      smallest. Brown coats are not.

    Everything is smoothed within the silhouette, so that its outline counts for nothing.

    Args:
      picture: uint8 (size, size, 3 or 1).
      mask: uint8 (size, size, 1), above 0 in the silhouette.
    """
    inside = mask[..., 0] > 0
    colour = _smooth(np.repeat(picture, 3 // picture.shape[-1], axis=-1), inside, _FINE)
    chroma = colour.max(axis=0) - colour.min(axis=0)
    luma = np.tensordot(_LUMA, colour, axes=1)
    down, right = (len(luma) * slope for slope in np.gradient(luma))
    local = np.stack([chroma, right * right, down * down, right * down], axis=-1)
    chroma, xx, yy, xy = _smooth(local, inside, _COARSE)
    slope = np.sqrt(np.hypot(xx - yy, 2.0 * xy))
    striped = _ramp(slope, _SLOPE) * (1.0 - _ramp(chroma, _CHROMA))
    return float(striped[inside].mean())


def _smooth(planes: np.ndarray, inside: np.ndarray, width: float) -> np.ndarray:
    """Planes (size, size, n) averaged over the silhouette around each pixel: (n, size, size).

    Averages have a Gaussian weight; `width` is its standard deviation, in widths of the picture.
    """
    places = np.arange(len(inside)) / (width * len(inside))
    squared = np.square(places[:, None] - places)
    # Cut off, for products of the far tails are denormal numbers, which are very slow.
    blur = np.exp(-0.5 * squared) * (squared < 36.0)
    stack = np.concatenate([planes * inside[..., None], inside[..., None]], axis=-1)
    for _ in range(2):
        # The first axis is smoothed, and becomes the last one.
        stack = np.tensordot(stack, blur, axes=(0, 0))
    return stack[:-1] / np.maximum(stack[-1], 1e-9)


def _ramp(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    low, high = ends
    return np.clip((values - low) / (high - low), 0.0, 1.0)
