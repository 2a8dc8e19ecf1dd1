"""Large pictures in overlapping tiles, without seams.

An instance norm sees the whole picture, so tiles that are translated each by its own statistics do
not fit together. Here all tiles get the statistics of the whole picture at a reduced size. With
these a generator is a convolution: where the overlap is larger than its receptive field, tiles
agree, and elsewhere they are blended.

Statistics of a sample of tiles were worse: they depend on what is in the sample.
"""

import math
from dataclasses import dataclass

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.translation.inference import Inference, Statistics

# Pixels from which statistics are taken.
_REDUCED_PIXELS = 2**20


@dataclass(frozen=True)
class Tiling:
    """Tiles of `size` x `size` pixels that overlap by at least `overlap`.

    Attributes:
      size, overlap: multiples of `multiple`, in pixels; the size is more than twice the overlap.
      multiple: what heights and widths of a generator's pictures are multiples of.
    """

    size: int
    overlap: int
    multiple: int

    def starts(self, length: int) -> list[int]:
        """Where tiles begin along a side, evenly spread; the length is a multiple too."""
        if length <= self.size:
            return [0]
        rest = (length - self.size) // self.multiple
        gaps = math.ceil(rest / ((self.size - self.overlap) // self.multiple))
        return [math.ceil(i * rest / gaps) * self.multiple for i in range(gaps + 1)]

    def weights(self, length: int) -> list[np.ndarray]:
        """For each tile along a side, the weights of its pixels; those of a place add up to 1.

        They are 0 in the outer quarter of an overlap, where a generator sees a border that is none.
        """
        starts, size = self.starts(length), min(self.size, length)
        total = np.zeros(length, np.float32)
        found = []
        for start in starts:
            inside = np.arange(size, dtype=np.float32) + 0.5
            # At the borders of the picture nothing is left out.
            before = inside if start > 0 else np.inf
            after = size - inside if start + size < length else np.inf
            depth = np.broadcast_to(np.minimum(before, after), (size,))
            found.append(np.clip(2 * depth / self.overlap - 0.5, 0, 1).astype(np.float32))
            total[start : start + size] += found[-1]
        return [w / total[s : s + size] for s, w in zip(starts, found, strict=True)]


def translate(
    picture: np.ndarray,
    inference: Inference,
    tiling: Tiling,
    statistics: Statistics | None = None,
) -> np.ndarray:
    """Translates a picture tile by tile.

    Args:
      picture: uint8, or float32 in [-1, 1], (height, width, channels); height and width are
        multiples of `tiling.multiple`.
      inference: a generator that has statistics.
      tiling: the tiles.
      statistics: those to translate by; None for the picture's own.

    Returns:
      (height, width, channels of the other domain) in the picture's type and range.
    """
    height = picture.shape[0]
    if statistics is None:
        statistics = inference.measure(reduced(picture, tiling.multiple, _REDUCED_PIXELS)[None])
    starts, weights = tiling.starts(height), tiling.weights(height)
    done: list[np.ndarray] = []
    rest: np.ndarray | None = None  # Rows that the next tiles blend into.
    for i, top in enumerate(starts):
        band = _band(picture, top, tiling, inference, statistics) * weights[i][:, None, None]
        if rest is not None:
            band[: len(rest)] += rest
        finished = starts[i + 1] - top if i + 1 < len(starts) else len(band)
        done.append(like(picture, band[:finished]))
        rest = band[finished:].copy()
    return np.concatenate(done)


def _band(
    picture: np.ndarray, top: int, tiling: Tiling, inference: Inference, statistics: Statistics
) -> np.ndarray:
    """The tiles of one row, blended: float32 in [-1, 1]."""
    width = picture.shape[1]
    band = None
    for left, weights in zip(tiling.starts(width), tiling.weights(width), strict=True):
        tile = inference.translate_with(_tile(picture, top, left, tiling)[None], statistics)[0]
        if band is None:
            band = np.zeros((tile.shape[0], width, tile.shape[2]), np.float32)
        band[:, left : left + tile.shape[1]] += tile * weights[:, None]
    assert band is not None
    return band


def reduced(picture: np.ndarray, multiple: int, pixels: int) -> np.ndarray:
    """A picture with at most so many pixels, in about its proportions: float32 in [-1, 1].

    Height and width are multiples of `multiple`, as before.
    """
    scale = min(1.0, math.sqrt(pixels / (picture.shape[0] * picture.shape[1])))
    height, width = (max(1, int(n * scale / multiple)) * multiple for n in picture.shape[:2])
    return floats(images.resize(picture, height, width, "bicubic"))


def _tile(picture: np.ndarray, top: int, left: int, tiling: Tiling) -> np.ndarray:
    tile = picture[top : top + tiling.size, left : left + tiling.size]
    return floats(tile)


def floats(picture: np.ndarray) -> np.ndarray:
    """A picture, uint8 or float32 in [-1, 1], as float32 in [-1, 1]."""
    return images.to_float(picture) if picture.dtype == np.uint8 else picture


def like(picture: np.ndarray, translated: np.ndarray) -> np.ndarray:
    """What was translated from `floats(picture)`, in the picture's type."""
    return images.to_uint8(translated) if picture.dtype == np.uint8 else translated
