"""Translation with a trained model: one picture, or a whole split into files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from tf_cyclegan import checkpoint_files, checkpoints, datasets, images, networks
from tf_cyclegan.config import Config
from tf_cyclegan.datasets.pictures import Pictures
from tf_cyclegan.errors import UserError
from tf_cyclegan.output_names import png_names, refuse_ways_out
from tf_cyclegan.picture_check import PictureCheck
from tf_cyclegan.preprocessing import for_translation

# A direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}

_SHEET_ROWS, _SHEET_PAIRS = 12, 4


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
        self, workdir: Path, checkpoint: int | str | None = None, direction: str | None = None
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
    """What was written for one direction: `count` pictures in `folder`, and a sheet."""

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
    skip_unreadable: bool = False,
) -> Written:
    """Translates a split of a data set into PNG files, as `translate_pictures` says.

    Args:
      translator: a trained run.
      split, limit, dataset, skip_unreadable: as for `load_split`.
      direction: AtoB or BtoA.
      output: a folder, made where it is missing.

    Raises:
      UserError: as `load_split` and `translate_pictures`. Nothing is written then.
    """
    config = translator.config
    (pictures,) = load_split(config, split, [direction], limit, dataset, skip_unreadable)
    return translate_pictures(translator, pictures, direction, output)


def load_split(
    config: Config,
    split: str,
    directions: Sequence[str],
    limit: int | None = None,
    dataset: str | None = None,
    skip_unreadable: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> list[Pictures]:
    """The pictures of a split that directions translate, each read once to see that it can be.

    Args:
      config: the run's settings.
      split: train or test.
      directions: AtoB, BtoA, or both.
      limit: only the first so many pictures of each domain.
      dataset: a name or path, as for training; None for the data set of the run.
      skip_unreadable: go on without the pictures that cannot be read.
      say: is given a line for each picture that cannot be read.

    Raises:
      UserError: the data set has no such split, or pictures in it cannot be read.
    """
    check, found = PictureCheck(say), []
    for direction in directions:
        part = f"{split}{DIRECTIONS[direction][0]}"
        pictures = datasets.load_some(
            dataset or config.dataset, part, image_size=config.image_size, data_dir=config.data_dir
        )
        found.append(check.usable(part, pictures.first(limit)))
    check.conclude(skip_unreadable)
    return found


def translate_pictures(
    translator: Translator, pictures: Pictures, direction: str, output: Path
) -> Written:
    """Translates pictures into PNG files.

    Writes `output/DIRECTION/NAME.png` for each picture, and a contact sheet of pairs of input and
    translation beside that folder.

    Args:
      translator: a trained run.
      pictures: those to translate.
      direction: AtoB or BtoA.
      output: a folder, made where it is missing.

    Raises:
      UserError: a link would lead out of `output`; nothing is written then. Or a picture can no
        longer be read.
    """
    domain = DIRECTIONS[direction][0]
    folder, sheet = output / direction, output / f"{direction}.png"
    names = png_names(pictures.names)
    refuse_ways_out(folder, names, output)
    pairs: list[np.ndarray] = []
    for i, name in enumerate(names):
        picture = pictures.read(i)
        translated = translator.translate(picture, direction)
        images.write_png(folder / name, translated)
        if len(pairs) < 2 * _SHEET_ROWS * _SHEET_PAIRS:
            pairs += [picture, translated]
    rows = [pairs[i : i + 2 * _SHEET_PAIRS] for i in range(0, len(pairs), 2 * _SHEET_PAIRS)]
    headings = [domain, direction.replace("to", " to ")] * min(_SHEET_PAIRS, len(pairs) // 2)
    images.write_png(sheet, images.contact_sheet(rows, headings))
    return Written(direction, len(pictures), folder, sheet)
