"""Translations of the same few test pictures throughout a run."""

import itertools
from dataclasses import dataclass

import keras
import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.model.cyclegan import CycleGAN

COUNT = 4
_HEADINGS = ("A", "A to B", "back to A", "", "B", "B to A", "back to B")


@dataclass(frozen=True)
class Translations:
    """Test pictures with their translations.

    Attributes:
      a_to_b: for each picture of A itself, its translation and that translated back, each uint8
        (height, width, 3 or 1).
      b_to_a: likewise for each picture of B.
    """

    a_to_b: list[list[np.ndarray]]
    b_to_a: list[list[np.ndarray]]

    def sheet(self) -> np.ndarray:
        """Both directions side by side, a row for each pair: uint8 (height, width, 3)."""
        pairs = itertools.zip_longest(self.a_to_b, self.b_to_a, fillvalue=[None] * 3)
        return images.contact_sheet([[*a, None, *b] for a, b in pairs], _HEADINGS)


class Samples:
    """The first `COUNT` test pictures of both domains, preprocessed once."""

    def __init__(self, test_x: Pictures, test_y: Pictures, config: Config):
        self._x, self._y = (
            _batches([_preprocess(pictures.read(i), domain, config) for i in range(len(pictures))])
            for domain, pictures in (("A", test_x.first(COUNT)), ("B", test_y.first(COUNT)))
        )

    def translate(self, model: CycleGAN) -> Translations:
        """Translates the pictures with the model's generators as they are now."""
        g, f = (model.translators[direction] for direction in ("AtoB", "BtoA"))
        return Translations(_there_and_back(self._x, g, f), _there_and_back(self._y, f, g))


def _preprocess(picture: np.ndarray, domain: str, config: Config) -> np.ndarray:
    if config.preprocess == "crop":
        # The middle: networks trained on crops may lack the memory for whole photographs.
        top, left = ((length - config.image_size) // 2 for length in picture.shape[:2])
        bottom, right = top + config.image_size, left + config.image_size
        picture = picture[max(0, top) : bottom, max(0, left) : right]
    return for_translation(picture, domain, config)


def _batches(pictures: list[np.ndarray]) -> list[np.ndarray]:
    """One batch if all sizes are equal, which takes little longer than one picture."""
    one_size = len({picture.shape for picture in pictures}) == 1
    return [np.concatenate(pictures)] if one_size else pictures


def _there_and_back(
    batches: list[np.ndarray], there: keras.Model, back: keras.Model
) -> list[list[np.ndarray]]:
    """For each picture itself, its translation, and that translated back, as uint8."""
    rows: list[list[np.ndarray]] = []
    for batch in batches:
        fake = there(batch, training=False)
        cycled = back(fake, training=False)
        rows += map(list, zip(*map(images.to_uint8, (batch, fake, cycled)), strict=True))
    return rows
