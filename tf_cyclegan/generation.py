"""Translation with a trained model: one picture, or a whole split into files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import keras
import numpy as np

from tf_cyclegan import checkpoints, datasets, images, networks
from tf_cyclegan.config import CONFIG_FILE, read_json
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.errors import UserError
from tf_cyclegan.preprocessing import for_translation

# A direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}

_SHEET_ROWS, _SHEET_PAIRS = 12, 4


class Translator:
    """The generators of a trained run.

    Attributes:
      config: the run's settings.
      checkpoint: the checkpoint that the generators come from.
      directions: which of AtoB and BtoA it can translate.
      generators: the network of each.
    """

    def __init__(self, workdir: Path, step: int | None = None, direction: str | None = None):
        """Restores the generators alone.

        Args:
          workdir: where the run was trained.
          step: take the checkpoint of this step; None for the newest.
          direction: AtoB or BtoA alone; None for those that the run has, which is both unless it
            was imported.

        Raises:
          UserError: nothing is trained there, the checkpoint has no generator for the direction, or
            it does not fit the run's settings.
        """
        self.checkpoint = checkpoints.find(workdir, step)
        self.config = read_json(workdir / CONFIG_FILE)
        there = checkpoints.networks_in(self.checkpoint)
        self.directions = [d for d in DIRECTIONS if DIRECTIONS[d][1] in there]
        if direction is not None:
            if direction not in self.directions:
                raise UserError(f"{workdir}: has no generator for --direction={direction}")
            self.directions = [direction]
        self.generators: dict[str, keras.Model] = {}
        for each in self.directions:
            generator = networks.build_generator(self.config, each, seed=0)
            checkpoints.restore_networks(self.checkpoint, **{DIRECTIONS[each][1]: generator})
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


@dataclass(frozen=True)
class Written:
    """What `translate_split` wrote for one direction: `count` pictures in `folder`, and a sheet."""

    direction: str
    count: int
    folder: Path
    sheet: Path


def translate_split(
    translator: Translator,
    split: str,
    direction: str,
    output: Path,
    limit: int | None = None,
    dataset: str | None = None,
) -> Written:
    """Translates a split of a data set into PNG files.

    Writes `output/DIRECTION/NAME.png` for each picture, and a contact sheet of pairs of input and
    translation beside that folder.

    Args:
      translator: a trained run.
      split: train or test.
      direction: AtoB or BtoA.
      output: a folder, made where it is missing.
      limit: only the first so many pictures.
      dataset: a name or path, as for training; None for the data set of the run.

    Raises:
      UserError: the data set has no such split or cannot be read. Nothing is written then.
    """
    config, domain = translator.config, DIRECTIONS[direction][0]
    dataset = dataset or config.dataset
    pictures = datasets.load(
        dataset, f"{split}{domain}", image_size=config.image_size, data_dir=config.data_dir
    ).first(limit)
    if not pictures:
        raise UserError(f"{dataset}: has no pictures {split}{domain}; try --split=train")
    for i in range(len(pictures)):
        pictures.read(i)  # So that a bad one is told before anything is written.
    folder, sheet = output / direction, output / f"{direction}.png"
    pairs: list[np.ndarray] = []
    for i, path in enumerate(_file_names(pictures)):
        picture = pictures.read(i)
        translated = translator.translate(picture, direction)
        images.write_png(folder / path, translated)
        if len(pairs) < 2 * _SHEET_ROWS * _SHEET_PAIRS:
            pairs += [picture, translated]
    rows = [pairs[i : i + 2 * _SHEET_PAIRS] for i in range(0, len(pairs), 2 * _SHEET_PAIRS)]
    headings = [domain, direction.replace("to", " to ")] * min(_SHEET_PAIRS, len(pairs) // 2)
    images.write_png(sheet, images.contact_sheet(rows, headings))
    return Written(direction, len(pictures), folder, sheet)


def _file_names(pictures: Pictures) -> Iterator[PurePosixPath]:
    """A name for each translated picture: its own, and its old ending where two would meet."""
    taken = set()
    for name in pictures.names:
        # Names from archives are not to be trusted to stay in the folder.
        parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
        path = PurePosixPath(*parts)
        file = path.with_suffix(".png") if images.is_picture_name(name) else f"{path}.png"
        if str(file) in taken:
            file = path.with_name(f"{path.name}.png")
        taken.add(str(file))
        yield PurePosixPath(file)
