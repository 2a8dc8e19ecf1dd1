"""What the generators make of always the same few test pictures."""

import itertools

import keras
import numpy as np

from tf_cyclegan import images
from tf_cyclegan.config import Config
from tf_cyclegan.cyclegan import CycleGAN
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.input_pipeline import for_translation

COUNT = 4
_HEADINGS = ("A", "A to B", "back to A", "", "B", "B to A", "back to B")


class Samples:
    """The first test pictures of both domains, ready to be translated again and again."""

    def __init__(self, test_x: Pictures, test_y: Pictures, config: Config):
        self._batches = [
            np.concatenate([for_translation(pictures.read(i), config) for i in range(count)])
            for pictures in (test_x, test_y)
            if (count := min(COUNT, len(pictures)))
        ]

    def sheet(self, model: CycleGAN) -> np.ndarray:
        """Input, translation and back again, for both directions, a row for each pair.

        Returns:
          uint8 array (height, width, 3).
        """
        x, y = self._batches
        g, f = model.generator_g, model.generator_f
        columns = [*_there_and_back(x, g, f), [], *_there_and_back(y, f, g)]
        return images.contact_sheet(list(itertools.zip_longest(*columns)), _HEADINGS)


def _there_and_back(
    batch: np.ndarray, there: keras.Model, back: keras.Model
) -> list[list[np.ndarray]]:
    """Three columns of uint8 pictures: the batch, its translation, and that translated back."""
    fake = there(batch, training=False)
    cycled = back(fake, training=False)
    return [list(images.to_uint8(pictures)) for pictures in (batch, fake, cycled)]
