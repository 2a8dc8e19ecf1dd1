"""A trained run's generators, and the translation of one picture."""

from pathlib import Path

import keras
import numpy as np

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.data import images
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.system.errors import UserError

# A direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}


class Translator:
    """The generators of a trained run.

    Attributes:
      config: the run's settings.
      checkpoint: the checkpoint that the generators come from.
      damaged: a line about each newer checkpoint that was passed over.
      directions: which of AtoB and BtoA it can translate.
      generators: the network of each.
    """

    def __init__(
        self,
        workdir: Path | str,
        checkpoint: int | str | None = None,
        direction: str | None = None,
    ):
        """Restores the generators alone.

        Args:
          workdir: where the run was trained.
          checkpoint: take that of this step, or "best"; None for the newest whole one.
          direction: AtoB or BtoA alone; None for those that the run has, which is both unless it
            was imported.

        Raises:
          UserError: nothing is trained there, all is damaged, or there is no generator for the
            direction.
        """
        workdir = Path(workdir)
        self.damaged: list[str] = []
        if checkpoint is None:
            self.checkpoint, self.damaged = checkpoint_files.newest_whole(workdir)
        elif isinstance(checkpoint, int):
            self.checkpoint = checkpoint_files.find(workdir, checkpoint)
        else:
            self.checkpoint = checkpoint_files.find_best(workdir)
        self.config = checkpoint_files.config_in(self.checkpoint)
        there = checkpoint_files.networks_in(self.checkpoint)
        self.directions = [d for d in DIRECTIONS if DIRECTIONS[d][1] in there]
        if direction is not None:
            if direction not in self.directions:
                raise UserError(f"{workdir}: has no generator for direction={direction}")
            self.directions = [direction]
        self.generators: dict[str, keras.Model] = {}
        for each in self.directions:
            generator = networks.build_generator(self.config, each, seed=0)
            saving.restore_networks(self.checkpoint, **{DIRECTIONS[each][1]: generator})
            self.generators[each] = generator

    def translate(self, picture: np.ndarray, direction: str) -> np.ndarray:
        """Translates one picture.

        A run that was trained on whole pictures, resized, translates to that size. A run that was
        trained on crops, or on pictures in their own sizes, translates in the picture's own.

        Args:
          picture: uint8 (height, width, 3).
          direction: AtoB or BtoA.

        Returns:
          uint8 (image_size, image_size, channels of the other domain), or
          (height, width, channels) with `preprocess` "crop" or "none".
        """
        batch = for_translation(picture, DIRECTIONS[direction][0], self.config)
        translated = images.to_uint8(self.generators[direction](batch, training=False))[0]
        if self.config.preprocess in ("crop", "none"):
            height, width = picture.shape[:2]
            return images.resize(translated, height, width, self.config.interpolation)
        return translated
