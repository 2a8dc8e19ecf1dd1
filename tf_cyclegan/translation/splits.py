"""Translating a split of a data set into files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import encoding, images, sources
from tf_cyclegan.data.picture_check import keep_usable
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.files import write_file
from tf_cyclegan.translation.output_names import distinct, reject_foreign, reject_links_outside
from tf_cyclegan.translation.overlap import overlapped
from tf_cyclegan.translation.translator import DIRECTIONS, Translator

_SHEET_ROWS, _SHEET_PAIRS = 12, 4


@dataclass(frozen=True)
class Written:
    """The files of one direction."""

    count: int  # Number of translations.
    folder: Path  # Where they are.
    sheet: Path  # A contact sheet of inputs and translations side by side.
    shown: int  # Number of pictures on the sheet.


def load(
    config: Config,
    split: str,
    directions: Sequence[str],
    limit: int | None = None,
    dataset: str | None = None,
    skip_unreadable: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> dict[str, Pictures]:
    """Loads the pictures of a split, decoding each once to find those that cannot be read.

    Args:
      config: the run's settings.
      split: train or test.
      directions: AtoB, BtoA, or both.
      limit: use only the first `limit` pictures of each domain.
      dataset: a name or path, as for training; None for the run's data set.
      skip_unreadable: leave out pictures that cannot be read.
      say: called with a line about each picture that cannot be read.

    Returns:
      The pictures by direction, without directions whose source domain has none.

    Raises:
      UserError: the data set has no pictures of that split, or some cannot be read.
    """
    dataset = dataset or config.dataset
    parts = {direction: f"{split}{DIRECTIONS[direction][0]}" for direction in directions}
    size, data_dir = config.image_size, config.data_dir
    found = {
        direction: pictures
        for direction, part in parts.items()
        if (pictures := sources.load(dataset, part, image_size=size, data_dir=data_dir))
    }
    if not found:
        raise sources.missing(dataset, list(parts.values()))
    cached = {parts[d]: pictures.first(limit).cached() for d, pictures in found.items()}
    usable = keep_usable(cached, skip_unreadable, say)
    return {direction: usable[parts[direction]] for direction in found}


def default_output(workdir: Path, split: str, config: Config, dataset: str | None) -> Path:
    """Where translations of a split go: pictures of another data set get a folder of their own."""
    if dataset is None or dataset == config.dataset:
        return workdir / "generated" / split
    return workdir / "generated" / f"{Path(dataset).stem}-{split}"


def translate(
    translator: Translator,
    pictures: Pictures,
    direction: str,
    output: Path,
    progress: Callable[[], object] = lambda: None,
) -> Written:
    """Translates pictures into `output/DIRECTION/NAME.png`, with a contact sheet beside the folder.

    Args:
      translator: a trained run.
      pictures: those to translate.
      direction: AtoB or BtoA.
      output: a folder, created if missing.
      progress: called after each picture.

    Raises:
      UserError: a symbolic link leads out of `output`, or a file of somebody else's would be
        overwritten; nothing is written then. Or a picture can no longer be read.
    """
    domain = DIRECTIONS[direction][0]
    folder, sheet = output / direction, output / f"{direction}.png"
    names = distinct(pictures.names)
    reject_links_outside(folder, names, output)
    for path in (sheet, *(folder / name for name in names)):
        reject_foreign(path, encoding.is_own)
    pairs: list[np.ndarray] = []

    def make(_: int, picture: np.ndarray) -> np.ndarray:
        translated = translator.translate(picture, direction)
        if len(pairs) < 2 * _SHEET_ROWS * _SHEET_PAIRS:
            pairs.extend((picture, translated))
        return translated

    def write(i: int, translated: np.ndarray) -> None:
        write_file(folder / names[i], encoding.encode(translated))

    for _, error in overlapped(range(len(names)), pictures.read, make, write):
        if error is not None:
            raise error
        progress()
    rows = [pairs[i : i + 2 * _SHEET_PAIRS] for i in range(0, len(pairs), 2 * _SHEET_PAIRS)]
    headings = [domain, direction.replace("to", " to ")] * min(_SHEET_PAIRS, len(pairs) // 2)
    write_file(sheet, encoding.encode(images.contact_sheet(rows, headings)))
    return Written(len(pictures), folder, sheet, len(pairs) // 2)
