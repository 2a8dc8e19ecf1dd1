"""SWD: the sliced Wasserstein distance between neighbourhoods of pixels, scale by scale.

Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation" (2018),
section 5, https://arxiv.org/abs/1710.10196. A Laplacian pyramid splits each picture into scales.
Descriptors are random neighbourhoods of 7x7 pixels in a level. As in the authors' code each set's
descriptors are normalized by their own mean and standard deviation, channel by channel: a colour
cast or a contrast that a whole set shares is not seen. It needs no trained network.

It departs from the paper in three ways:

- A set has at most 2^15 descriptors in each level, not 2^21 (128 from each of 16,384 pictures): a
  thousand pictures of 256 pixels then take 0.3 GB and 15 seconds on two cores. So there are 128
  from a picture up to 256 pictures, and fewer above.
- Sets may differ in size: both give as many descriptors as the smaller one has, since the distance
  in one dimension is the mean difference of sorted values only for equal numbers.
- Both draw positions from the same seed, so that the distance of a set from itself is 0.
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

MIN_PICTURES = 4
SIDE = 7  # Of a neighbourhood.
PER_PICTURE = 128  # Neighbourhoods in each level.
MAX_DESCRIPTORS = 2**15  # In each set and level.
PROJECTIONS = 512

_SMALLEST_LEVEL = 16
# In levels of 0 to 255. Without it, the rounding errors of flat pictures would be normalized to 1.
_LEAST_DEVIATION = 1e-3
_PROJECTIONS_AT_ONCE = 128  # Fewer are slower, more need more memory.


class Descriptors:
    """The descriptors of a set of pictures, collected picture by picture.

    Pictures may differ in size: a level is the same fraction of each.

    Args:
      pictures: how many there will be.
      count: how many descriptors to take from each level of them all; `descriptor_count`.
      levels: how many levels each picture has.
      seed: seeds the choice of neighbourhoods.
    """

    def __init__(self, pictures: int, count: int, levels: int, seed: int = 0):
        self._pictures, self._count = pictures, count
        self._taken: list[list[np.ndarray]] = [[] for _ in range(levels)]
        self._rng = np.random.default_rng(seed)

    def add(self, picture: np.ndarray) -> None:
        """Takes this picture's share, uint8 (height, width, channels).

        Raises:
          ValueError: its smallest level is smaller than a neighbourhood.
        """
        done = len(self._taken[0])
        before, after = (self._count * i // self._pictures for i in (done, done + 1))
        for taken, level in zip(
            self._taken, laplacian_pyramid(picture, len(self._taken)), strict=True
        ):
            windows = sliding_window_view(level, (SIDE, SIDE), axis=(0, 1))
            rows, columns = (self._rng.integers(n, size=after - before) for n in windows.shape[:2])
            taken.append(windows[rows, columns])

    def normalized(self, level: int) -> np.ndarray:
        """A level's descriptors, float32 (count, channels * 49), each channel with mean 0, std 1.

        Raises:
          ValueError: pictures are missing.
        """
        found = np.concatenate(self._taken[level])
        if len(found) != self._count:
            raise ValueError(f"{len(found)} descriptors were collected, not {self._count}")
        mean = found.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        deviation = found.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
        found -= mean.astype(np.float32)
        found /= np.maximum(deviation, _LEAST_DEVIATION).astype(np.float32)
        return found.reshape(self._count, -1)


def descriptor_count(fewest: int) -> int:
    """How many descriptors sets give to each level, the smaller of which has `fewest` pictures."""
    return min(MAX_DESCRIPTORS, PER_PICTURE * fewest)


def level_sizes(shorter_side: int) -> tuple[int, ...]:
    """The shorter sides of a picture's levels: its own, halved (rounded up) down to 16 or more."""
    sizes = [shorter_side]
    while (half := -(-sizes[-1] // 2)) >= _SMALLEST_LEVEL:
        sizes.append(half)
    return tuple(sizes)


def scores(made: Descriptors, real: Descriptors, sizes: Sequence[int]) -> dict[str, float]:
    """1000 times the distance of each level, as the paper reports it, and the mean over levels.

    Never negative, and biased upwards, the more so the fewer pictures there are: `swd` of two
    random halves of one data set is about 80 for 30 pictures each and 20 for 400.

    Args:
      made, real: of both sets.
      sizes: `level_sizes` of the smallest picture.

    Returns:
      `swd`, the mean, and `swd_SIZE` of each level.
    """
    found = {
        f"swd_{size}": 1000.0 * sliced_wasserstein(made.normalized(level), real.normalized(level))
        for level, size in enumerate(sizes)
    }
    return {"swd": float(np.mean(list(found.values())))} | found


def sliced_wasserstein(points: np.ndarray, others: np.ndarray, seed: int = 0) -> float:
    """The mean over random directions of the Wasserstein-1 distance between projections.

    Rabin et al., "Wasserstein Barycenter and Its Application to Texture Mixing" (2011).

    Args:
      points, others: float32 (n, d), equally many.
      seed: seeds the `PROJECTIONS` directions.

    Raises:
      ValueError: the shapes differ.
    """
    if points.shape != others.shape:
        raise ValueError(f"points {points.shape} and {others.shape} cannot be compared")
    directions = np.random.default_rng(seed).standard_normal((PROJECTIONS, points.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    distances = [
        wasserstein(*(some.astype(np.float32) @ each.T for each in (points, others)))
        for some in np.array_split(directions, PROJECTIONS // _PROJECTIONS_AT_ONCE)
    ]
    return float(np.mean(np.concatenate(distances)))


def wasserstein(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The Wasserstein-1 distances between the rows (k, n) of two arrays: k floats."""
    differences = np.sort(values, axis=1)
    differences -= np.sort(others, axis=1)
    return np.asarray(np.abs(differences, out=differences).mean(axis=1, dtype=np.float64))


def laplacian_pyramid(picture: np.ndarray, levels: int) -> list[np.ndarray]:
    """A picture's scales, finest first; the last holds all that is coarser.

    Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code" (1983).

    Args:
      picture: (height, width, channels).
      levels: how many.

    Returns:
      float32 (height, width, channels), of which each has half the size of the one before, rounded
      up. The sum of a level and of the next ones `enlarged` is the picture.
    """
    pyramid = [picture.astype(np.float32)]
    for _ in range(levels - 1):
        pyramid.append(halved(pyramid[-1]))
        pyramid[-2] -= enlarged(pyramid[-1], *pyramid[-2].shape[:2])
    return pyramid


def halved(picture: np.ndarray) -> np.ndarray:
    """Smooths float32 (height, width, channels) and takes every other pixel, from the first on."""
    return _smoothed(_smoothed(picture, 0)[::2], 1)[:, ::2]


def enlarged(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """Undoes the change of size by `halved`: zeros between the pixels, then smoothed."""
    spread = np.zeros((height, width, picture.shape[2]), np.float32)
    spread[::2, ::2] = 4.0 * picture  # Three quarters of the pixels are zeros.
    return _smoothed(_smoothed(spread, 0), 1)


def _smoothed(picture: np.ndarray, axis: int) -> np.ndarray:
    """Filters along an axis; borders are mirrored about the outermost pixel."""
    margins = [(0, 0)] * picture.ndim
    margins[axis] = (2, 2)
    padded = np.moveaxis(np.pad(picture, margins, "reflect"), axis, 0)
    # The binomial 1 4 6 4 1.
    total = padded[:-4] + padded[4:] + 4.0 * (padded[1:-3] + padded[3:-1]) + 6.0 * padded[2:-2]
    return np.moveaxis(total / 16.0, 0, axis)
