"""Translation with a trained model: one picture, or a whole split into files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import keras
import numpy as np

from tf_cyclegan import checkpoints, datasets, images, networks
from tf_cyclegan.config import read_json
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.errors import UserError
from tf_cyclegan.input_pipeline import for_translation
from tf_cyclegan.training import CONFIG_FILE

# A direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}

_SHEET_ROWS, _SHEET_PAIRS = 12, 4


class Translator:
    """The generators of a trained run.

    Attributes:
      config: the run's settings.
      checkpoint: the checkpoint that the generators come from.
    """

    def __init__(
        self, workdir: Path, step: int | None = None, directions: tuple[str, ...] = ("AtoB", "BtoA")
    ):
        """Restores the generators alone.

        Args:
          workdir: where the run was trained.
          step: take the checkpoint of this step; None for the newest.
          directions: which of AtoB and BtoA will be asked for.

        Raises:
          UserError: nothing is trained there, or the checkpoint does not fit the run's settings.
        """
        self.checkpoint = checkpoints.find(workdir, step)
        self.config = read_json(workdir / CONFIG_FILE)
        self._generators: dict[str, keras.Model] = {}
        for direction in directions:
            name = DIRECTIONS[direction][1]
            generator = networks.build_generator(self.config, seed=0)
            checkpoints.restore_networks(self.checkpoint, **{name: generator})
            self._generators[direction] = generator

    def translate(self, picture: np.ndarray, direction: str) -> np.ndarray:
        """Translates one picture, resized to the size that the run was trained on.

        Args:
          picture: uint8 (height, width, 3).
          direction: AtoB or BtoA.

        Returns:
          uint8 (image_size, image_size, 3).
        """
        batch = for_translation(picture, self.config)
        return images.to_uint8(self._generators[direction](batch, training=False))[0]


@dataclass(frozen=True)
class Written:
    """What `translate_split` wrote for one direction: `count` pictures in `folder`, and a sheet."""

    direction: str
    count: int
    folder: Path
    sheet: Path


def translate_split(
    translator: Translator, split: str, direction: str, output: Path, limit: int | None = None
) -> Written:
    """Translates a split of the run's own data set into PNG files.

    Writes `output/DIRECTION/NAME.png` for each picture, and a contact sheet of pairs of input and
    translation beside that folder.

    Args:
      translator: a trained run.
      split: train or test.
      direction: AtoB or BtoA.
      output: a folder, made where it is missing.
      limit: only the first so many pictures.

    Raises:
      UserError: the data set has no such split or cannot be read.
    """
    config, domain = translator.config, DIRECTIONS[direction][0]
    pictures = datasets.load(
        config.dataset, f"{split}{domain}", image_size=config.image_size, data_dir=config.data_dir
    ).first(limit)
    if not pictures:
        raise UserError(f"{config.dataset}: has no pictures {split}{domain}; try --split=train")
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
