"""Animated GIF and WebP files: their frames, translated with one set of statistics."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import ImageSequence

from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError

SUFFIXES = (".gif", ".webp")
# Frames from which the statistics of all are taken.
STATISTICS_FRAMES = 8


@dataclass(frozen=True)
class Animation:
    """An animation of which all frames can be decoded.

    Attributes:
      sample: at most `STATISTICS_FRAMES` frames, evenly spread: uint8 (height, width, 3), on white.
      durations: of each frame, in milliseconds.
      loop: how often it repeats; 0 for endlessly, None for a GIF that does not.
    """

    sample: list[np.ndarray]
    durations: list[int]
    loop: int | None
    _data: bytes
    _where: str

    def frames(self) -> Iterator[images.Decoded]:
        """Decodes the frames one by one: all of them may not fit in memory."""
        with images.opened(self._data, self._where) as picture:
            for frame in ImageSequence.Iterator(picture):
                yield images.from_pillow(frame)


def decode(data: bytes, where: str) -> Animation | None:
    """Decodes an animation; None for a file with one frame.

    Raises:
      UserError: as `images.decode`; more than 400 million pixels are in all frames together.
    """
    with images.opened(data, where) as picture:
        count = getattr(picture, "n_frames", 1)
        if count < 2:
            return None
        if count * picture.width * picture.height > images.MAX_PIXELS:
            raise UserError(
                f"{where}: its {count} frames have more than {images.MAX_PIXELS} pixels; shorten "
                f"it, or make a film of it"
            )
        loop = picture.info.get("loop")
        chosen, sample, durations = set(evenly_spread(count)), [], []
        for i, frame in enumerate(ImageSequence.Iterator(picture)):
            pixels = images.from_pillow(frame).pixels
            # WebP has it when the pixels are decoded.
            durations.append(int(frame.info.get("duration", 100)))
            if i in chosen:
                sample.append(pixels)
        return Animation(sample, durations, loop, data, where)


def evenly_spread(count: int) -> list[int]:
    """The indices of at most `STATISTICS_FRAMES` of so many frames."""
    chosen = min(STATISTICS_FRAMES, count)
    return [int((i + 0.5) * count / chosen) for i in range(chosen)]
