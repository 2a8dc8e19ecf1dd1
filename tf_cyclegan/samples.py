"""What the generators make of always the same few test pictures."""

import itertools
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from tf_cyclegan import images
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import CycleGAN
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.preprocessing import for_translation

COUNT = 4
_HEADINGS = ("A", "A to B", "back to A", "", "B", "B to A", "back to B")


# A picture, its translation, and that translated back: uint8 (height, width, channels).
Cycle = tuple[np.ndarray, np.ndarray, np.ndarray]


class Samples:
    """The first test pictures of both domains, ready to be translated again and again."""

    def __init__(self, test_x: Pictures, test_y: Pictures, config: Config):
        self._x, self._y = (
            [_prepared(pictures.read(i), domain, config) for i in range(len(pictures))]
            for domain, pictures in (("A", test_x.first(COUNT)), ("B", test_y.first(COUNT)))
        )

    def translate(self, model: CycleGAN) -> dict[str, list[Cycle]]:
        """What the generators make of them now, by direction: AtoB and BtoA."""
        g, f = model.generator_g, model.generator_f
        return {
            "AtoB": [_there_and_back(x, g, f) for x in self._x],
            "BtoA": [_there_and_back(y, f, g) for y in self._y],
        }


def sheet(samples: Mapping[str, Sequence[Cycle]]) -> np.ndarray:
    """Both directions side by side, a row for each pair of pictures.

    Returns:
      uint8 array (height, width, 3).
    """
    rows = itertools.zip_longest(samples["AtoB"], samples["BtoA"], fillvalue=[None] * 3)
    return images.contact_sheet([[*a, None, *b] for a, b in rows], _HEADINGS)


def _prepared(picture: np.ndarray, domain: str, config: Config) -> np.ndarray:
    if config.preprocess == "crop":
        # The middle: networks that learn from parts may not have the memory for whole photographs.
        top, left = ((length - config.image_size) // 2 for length in picture.shape[:2])
        bottom, right = top + config.image_size, left + config.image_size
        picture = picture[max(0, top) : bottom, max(0, left) : right]
    return for_translation(picture, domain, config)


def _there_and_back(picture: np.ndarray, there: keras.Model, back: keras.Model) -> Cycle:
    fake = there(picture, training=False)
    cycled = back(fake, training=False)
    return images.to_uint8(picture)[0], images.to_uint8(fake)[0], images.to_uint8(cycled)[0]
