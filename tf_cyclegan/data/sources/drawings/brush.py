"""Colours and shapes on a square picture.

All lengths are fractions of the picture's width, so a scene can be drawn at any size: x goes from 0
to 1 from left to right, y from top to bottom. This is the picture's frame.
"""

from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageDraw

SUPERSAMPLING = 4  # Pillow does not antialias shapes.

Colour = tuple[int, int, int]


class Brush:
    """Draws on a square image in the picture's frame."""

    def __init__(self, image: Image.Image):
        self._draw, self._scale = ImageDraw.Draw(image), image.width

    def discs(self, circles: np.ndarray, fill: Colour | int) -> None:
        """Draws circles (n, 3): x, y, radius."""
        centres, radii = circles[:, :2], circles[:, 2:]
        for box in (self._scale * np.hstack([centres - radii, centres + radii])).tolist():
            self._draw.ellipse(box, fill)

    def polygons(self, corners: np.ndarray, fills: Iterable[Colour | int]) -> None:
        """Draws polygons (n, corners, 2): x, y."""
        flat = (self._scale * corners).reshape(len(corners), -1).tolist()
        for polygon, fill in zip(flat, fills, strict=True):
            self._draw.polygon(polygon, fill)


def to_uint8(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def colour(values: np.ndarray) -> Colour:
    red, green, blue = to_uint8(values).tolist()
    return red, green, blue


def tones(colour: np.ndarray, factors: np.ndarray) -> list[Colour]:
    """The colour multiplied by each of the factors (n,)."""
    return [tuple(tone) for tone in to_uint8(colour * factors[:, None]).tolist()]


def smooth_noise(rng: np.random.Generator, size: int, cells: int) -> np.ndarray:
    """Smooth float32 noise (size, size) between about -1 and 1."""
    return enlarge(rng.uniform(-1, 1, (cells, cells)), size)


def enlarge(grid: np.ndarray, size: int) -> np.ndarray:
    """A small grid as smooth float32 (size, size)."""
    small = Image.fromarray(grid.astype(np.float32))
    return np.asarray(small.resize((size, size), Image.Resampling.BICUBIC))
