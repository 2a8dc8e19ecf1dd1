"""A trained run's generators, and the translation of one picture."""

import itertools
from pathlib import Path

import keras
import numpy as np

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.data import images
from tf_cyclegan.data.preprocessing import for_translation
from tf_cyclegan.system.errors import UserError

# To open a checkpoint, while a run in training saves and deletes them.
_ATTEMPTS = 100
# Each direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}


class Translator:
    """The generators of a trained run.

    Attributes:
      config: the run's settings.
      checkpoint: the restored checkpoint.
      damaged: a line about each newer checkpoint that was skipped as damaged.
      directions: the available ones of AtoB and BtoA.
      generators: by direction.
    """

    def __init__(
        self,
        workdir: Path | str,
        checkpoint: int | str | None = None,
        direction: str | None = None,
    ):
        """Restores the generators alone.

        Args:
          workdir: the run's folder.
          checkpoint: a step, or "best"; None for the newest that is not damaged.
          direction: AtoB or BtoA; None for all that the run has: both, unless it was imported.

        Raises:
          UserError: there is no usable checkpoint, or no generator for the direction.
        """
        workdir = Path(workdir)
        self.damaged: list[str] = []
        self.generators: dict[str, keras.Model] = {}
        for attempt in itertools.count(1):
            if checkpoint is None:
                self.checkpoint, self.damaged = checkpoint_files.newest_intact(workdir)
            elif isinstance(checkpoint, int):
                self.checkpoint = checkpoint_files.find(workdir, checkpoint)
            else:
                self.checkpoint = checkpoint_files.find_best(workdir)
            try:
                self._restore(workdir, direction)
                break
            except UserError:
                # A run in training may have deleted it meanwhile.
                if attempt == _ATTEMPTS or checkpoint_files.exists(self.checkpoint):
                    raise

    def _restore(self, workdir: Path, direction: str | None) -> None:
        self.config = checkpoint_files.config_in(self.checkpoint)
        saved = checkpoint_files.object_names(self.checkpoint)
        self.directions = [d for d in DIRECTIONS if DIRECTIONS[d][1] in saved]
        if direction is not None:
            if direction not in self.directions:
                raise UserError(f"{workdir}: has no generator for direction={direction}")
            self.directions = [direction]
        for each in self.directions:
            if each not in self.generators:
                self.generators[each] = networks.build_generator(self.config, each, seed=0)
        named = {DIRECTIONS[each][1]: generator for each, generator in self.generators.items()}
        saving.restore_networks(self.checkpoint, **named)

    def translate(self, picture: np.ndarray, direction: str) -> np.ndarray:
        """Translates one picture.

        Args:
          picture: uint8 (height, width, 3).
          direction: AtoB or BtoA.

        Returns:
          uint8 (height, width, channels of the other domain) if the run's `preprocess` is "crop" or
          "none", else (image_size, image_size, channels): the size it was trained at.
        """
        batch = for_translation(picture, DIRECTIONS[direction][0], self.config)
        translated = images.to_uint8(self.generators[direction](batch, training=False))[0]
        if self.config.preprocess in ("crop", "none"):
            height, width = picture.shape[:2]
            return images.resize(translated, height, width, self.config.interpolation)
        return translated
