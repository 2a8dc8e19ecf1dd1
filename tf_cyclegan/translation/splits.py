"""Translating a split of a data set into files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images, sources
from tf_cyclegan.data.picture_check import PictureCheck
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.translation.output_names import png_names, refuse_ways_out
from tf_cyclegan.translation.translator import DIRECTIONS, Translator

_SHEET_ROWS, _SHEET_PAIRS = 12, 4


@dataclass(frozen=True)
class Written:
    """What was written for one direction.

    Attributes:
      count: how many pictures are in `folder`.
      folder: where they are.
      sheet: a picture of inputs and translations side by side.
      shown: how many of the pictures that shows.
    """

    count: int
    folder: Path
    sheet: Path
    shown: int


def load(
    config: Config,
    split: str,
    directions: Sequence[str],
    limit: int | None = None,
    dataset: str | None = None,
    skip_unreadable: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Pictures]:
    """The pictures of a split that directions translate, each read once to see that it can be.

    Args:
      config: the run's settings.
      split: train or test.
      directions: AtoB, BtoA, or both.
      limit: only the first so many pictures of each domain.
      dataset: a name or path, as for training; None for the data set of the run.
      skip_unreadable: go on without the pictures that cannot be read.
      say: is given a line for each picture that cannot be read.

    Returns:
      The pictures by direction, of those directions that the data set has pictures for.

    Raises:
      UserError: the data set has no pictures of that split, or some that cannot be read.
    """
    dataset = dataset or config.dataset
    parts = {direction: f"{split}{DIRECTIONS[direction][0]}" for direction in directions}
    found = {
        direction: sources.load(
            dataset, part, image_size=config.image_size, data_dir=config.data_dir
        ).first(limit)
        for direction, part in parts.items()
    }
    found = {direction: pictures for direction, pictures in found.items() if pictures}
    if not found:
        raise sources.missing(dataset, list(parts.values()))
    check = PictureCheck(say)
    found = {d: check.usable(parts[d], pictures.cached()) for d, pictures in found.items()}
    check.conclude(skip_unreadable)
    return found


def translate(translator: Translator, pictures: Pictures, direction: str, output: Path) -> Written:
    """Translates pictures into PNG files.

    Writes `output/DIRECTION/NAME.png` for each picture, and beside that folder a contact sheet with
    pairs of input and translation.

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
    return Written(len(pictures), folder, sheet, len(pairs) // 2)
