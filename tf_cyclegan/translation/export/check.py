"""Compares what a loaded file translates with the generator that it was made from."""

from dataclasses import dataclass

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.data.sources.drawings.scene import draw_scene
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.export.formats import Run
from tf_cyclegan.translation.translator import Translator

# Levels of 255. In float32 results differ by rounding. Quantized ones are judged by their mean: a
# file without its weights is off by tens of levels.
_GREATEST_IN_FLOAT32 = 1
_MEAN_IF_QUANTIZED = 25.0
_LARGEST = 1024  # Pixels of a side.


@dataclass(frozen=True)
class Difference:
    """Absolute differences between two sets of pictures, in levels of 255."""

    greatest: int
    mean: float

    def __str__(self) -> str:
        return f"{self.greatest} of 255 at most, {self.mean:.2g} on average"


def compare(run: Run, translator: Translator, direction: str) -> Difference:
    """Translates drawings both ways, at their own size: two at once, and one of an odd size.

    Args:
      run: the exported file, loaded.
      translator: the run that it was made from.
      direction: AtoB or BtoA.

    Raises:
      UserError: the file's translations have another shape or type.
    """
    config = translator.config
    # Larger ones would be translated in tiles.
    size = min(config.image_size, _LARGEST)
    scene = draw_scene(np.random.default_rng(0), size)
    channels = config.channels(direction.split("to")[0])
    differences = []
    for batch in ([scene.horse, scene.zebra], [scene.horse[: size - 5, : size - 10]]):
        found = run(np.stack([images.to_channels(each, channels) for each in batch]))
        expected = np.stack([translator.translate(each, direction, "input") for each in batch])
        if found.shape != expected.shape or found.dtype != np.uint8:
            raise UserError(
                f"the file makes {found.dtype} {found.shape} of pictures, not uint8 "
                f"{expected.shape}; nothing was written; try another format"
            )
        differences.append(np.abs(found.astype(int) - expected).ravel())
    every = np.concatenate(differences)
    return Difference(int(every.max()), float(every.mean()))


def require_equal(difference: Difference, quantize: str | None) -> None:
    """Checks that an exported file is close enough to the generator.

    Raises:
      UserError: it is not: by more than 1 of 255 in float32, or in the mean if quantized.
    """
    if quantize is None:
        good = difference.greatest <= _GREATEST_IN_FLOAT32
    else:
        good = difference.mean <= _MEAN_IF_QUANTIZED
    if not good:
        raise UserError(
            f"the file's translations differ from the generator's by {difference}; nothing was "
            f"written; try another format"
        )
