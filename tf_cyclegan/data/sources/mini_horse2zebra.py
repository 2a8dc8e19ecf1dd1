"""The built-in data set of drawn horses and zebras, as a tensorflow-datasets (TFDS) builder.

Importing this module registers it for `tfds.load("mini_horse2zebra")`. No other module of the
package imports TFDS at import time.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from tf_cyclegan.data.sources.drawings.scene import Scene, draw_scene

# A scene's seed is (_SEED, split, index): no two splits share a scene, so the sets are unpaired.
_SEED = 1703_10593
SPLITS = {"trainA": 0, "trainB": 1, "testA": 2, "testB": 3}
EXAMPLES = {"trainA": 200, "trainB": 200, "testA": 60, "testB": 60}


class MiniHorse2zebra(tfds.core.GeneratorBasedBuilder):
    """Drawn horses (A) and zebras (B): splits trainA, trainB (200 each), testA, testB (60 each).

    The configs "64" (default), "128" and "256" hold the same scenes at that many pixels a side.
    A scene depends on its split and index alone. Examples are in the order of their indices.

    Features:
      image: uint8 (size, size, 3), PNG.
      label: 0 (A, a horse) or 1 (B, a zebra).
      name: "horse_0000", "horse_0001", ... or "zebra_0000", ...: unique within a split.
      counterpart: uint8 (size, size, 3), PNG: the same scene with the other animal.
      mask: uint8 (size, size, 1), PNG: 255 where the animal touches a pixel, else 0. `image` and
        `counterpart` are equal where it is 0.

    `counterpart` and `mask` are the ground truth for evaluation; training reads `image` alone. The
    training splits have them too, because all splits of a TFDS builder share their features.
    """

    name = "mini_horse2zebra"
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES: ClassVar[dict[str, str]] = {"1.0.0": "First version."}
    # The first is TFDS's default.
    BUILDER_CONFIGS: ClassVar[list[tfds.core.BuilderConfig]] = [
        tfds.core.BuilderConfig(name=str(size), description=f"{size} by {size} pixels")
        for size in (64, 128, 256)
    ]

    @property
    def size(self) -> int:
        """Width and height of the pictures, in pixels."""
        return int(self.builder_config.name)

    def _info(self) -> tfds.core.DatasetInfo:
        def picture(channels: int) -> tfds.features.Image:
            shape = (self.size, self.size, channels)
            return tfds.features.Image(shape=shape, encoding_format="png")

        return tfds.core.DatasetInfo(
            builder=self,
            description="Drawn horses (A) and zebras (B) on meadows, for unpaired translation.",
            features=tfds.features.FeaturesDict(
                {
                    "image": picture(3),
                    "label": tfds.features.ClassLabel(names=["A", "B"]),
                    "name": tfds.features.Text(),
                    "counterpart": picture(3),
                    "mask": picture(1),
                }
            ),
            supervised_keys=("image", "label"),
            disable_shuffling=True,  # Keeps the records in order.
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, Any]]]]:
        del dl_manager
        return {split: self._generate_examples(split) for split in SPLITS}

    def _generate_examples(self, split: str) -> Iterator[tuple[int, dict[str, Any]]]:
        label = split[-1]
        for index in range(EXAMPLES[split]):
            scene = draw(split, index, self.size)
            animal, other = ("horse", "zebra") if label == "A" else ("zebra", "horse")
            example = {
                "image": getattr(scene, animal),
                "label": label,
                "name": f"{animal}_{index:04d}",
                "counterpart": getattr(scene, other),
                "mask": scene.mask,
            }
            yield index, example


def draw(split: str, index: int, size: int) -> Scene:
    """Draws scene `index` of a split, `size` pixels a side.

    Raises:
      KeyError: the split does not exist.
    """
    return draw_scene(np.random.default_rng([_SEED, SPLITS[split], index]), size)
