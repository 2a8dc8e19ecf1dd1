"""Several trained runs at hand: their choices, examples, and pictures through their generators."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.config import Config, whole_numbers
from tf_cyclegan.data import encoding, images, sources
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import sizes
from tf_cyclegan.translation.translator import DIRECTIONS, Translator

# 8192 x 8192, of the picture and at work. Files of a few kilobytes may decode to much more.
MAX_PIXELS = 2**26
# Runs whose generators stay in memory.
_LOADED = 3


@dataclass(frozen=True)
class Translated:
    """A picture and its translation.

    Attributes:
      before, after: PNG files of one size.
      about: the sizes, in a line.
      pixels: the translation, uint8 (height, width, 3 or 1).
    """

    before: bytes
    after: bytes
    about: str
    pixels: np.ndarray


def find(folder: Path) -> list[Path]:
    """The runs in a folder that hold checkpoints, the one trained last first."""
    saved = {path: checkpoint_files.find_all(path) for path in folder.glob("*")}
    return sorted(
        (path for path in saved if saved[path]),
        key=lambda path: _modified(saved[path][-1]),
        reverse=True,
    )


class TrainedRuns:
    """Runs by name. The generators of the last few that were used stay loaded.

    Attributes:
      names: of the runs, in their order: their folders.
    """

    def __init__(self, workdirs: Sequence[Path]):
        self.names = [str(workdir) for workdir in workdirs]
        self._load = functools.lru_cache(_LOADED)(_load)

    def checkpoints(self, name: str) -> list[str]:
        """What `translator` takes: "newest", "best" if there is one, and the steps, last first.

        Raises:
          UserError: there is no such run, or nothing is trained there.
        """
        workdir = self._workdir(name)
        found = checkpoint_files.find_all(workdir)
        if not found:
            raise UserError(f"{workdir}: holds no trained model")
        steps = [str(checkpoint_files.step_of(path)) for path in found]
        return ["newest", *(["best"] if _best(workdir) else []), *reversed(steps)]

    def translator(self, name: str, checkpoint: str = "newest") -> Translator:
        """The translator of a run.

        Raises:
          UserError: there is no such run, or no such checkpoint.
        """
        workdir = self._workdir(name)
        if checkpoint not in ("newest", "best") and whole_numbers.parse(checkpoint) is None:
            raise UserError(f"checkpoint={checkpoint}: give newest, best, or a checkpoint's step")
        # A run in training gets new ones under these names.
        newest = checkpoint_files.find_all(workdir)[-1:] if checkpoint == "newest" else []
        return self._load(workdir, checkpoint, *newest, checkpoint_files.best_path(workdir))

    def examples(self, name: str, direction: str, count: int) -> list[np.ndarray]:
        """The first test pictures of a direction's source domain, uint8 (height, width, 3).

        Empty where they would have to be downloaded, are missing, or cannot be read.
        """
        config = self.translator(name).config
        split = f"test{DIRECTIONS[direction][0]}"
        try:
            if _is_remote(config):
                return []
            pictures = sources.load(
                config.dataset, split, image_size=config.image_size, data_dir=config.data_dir
            )
            return [pictures.read(i) for i in range(min(count, len(pictures)))]
        except UserError:
            return []

    def _workdir(self, name: str) -> Path:
        if name not in self.names:
            raise UserError(f"run={name}: there are {', '.join(self.names)}")
        return Path(name)


def decode(data: bytes, where: str) -> images.Decoded:
    """Decodes an uploaded picture.

    Args:
      data: the file's bytes.
      where: its name, for messages.

    Raises:
      UserError: it is no picture, is damaged, or has more than `MAX_PIXELS`.
    """
    with images.opened(data, where) as picture:
        width, height = picture.size
    if width * height > MAX_PIXELS:
        raise UserError(
            f"{where}: has {width} x {height} pixels, more than {MAX_PIXELS}; scale it down"
        )
    return images.decode_whole(data, where)


def translate(
    translator: Translator, picture: images.Decoded, direction: str, work_size: str | None = None
) -> Translated:
    """Translates a picture. Transparency and colour profile are kept.

    Args:
      translator: of a run.
      picture: that of `decode`.
      direction: AtoB or BtoA.
      work_size: as for `Translator`.

    Raises:
      UserError: the run has no such direction, or the work size is none, or too large.
    """
    height, width = picture.pixels.shape[:2]
    size = sizes.parse(work_size or None, translator.config)
    at_work = sizes.at_work(height, width, size, translator.config)
    if at_work[0] * at_work[1] > MAX_PIXELS:
        raise UserError(
            f"work_size={work_size}: makes {at_work[1]} x {at_work[0]} pixels of the picture, more "
            f"than {MAX_PIXELS}; give a smaller one"
        )
    pixels = translator(picture.pixels, direction, size)
    encoded = [
        encoding.encode(each, ".png", picture.alpha, picture.profile)
        for each in (picture.pixels, pixels)
    ]
    step = checkpoint_files.step_of(translator.checkpoint)
    about = f"{width} x {height} pixels"
    if at_work != (height, width):
        about += f", translated at {at_work[1]} x {at_work[0]}"
    return Translated(encoded[0], encoded[1], f"Step {step}, {about}", pixels)


def translate_back(
    translator: Translator, there: Translated, direction: str, work_size: str | None = None
) -> bytes | None:
    """The translation translated back, as a PNG file; None if the run has one direction.

    Args:
      translator: of a run.
      there: what `translate` returned.
      direction: that of `there`.
      work_size: as for `translate`.
    """
    other = next(each for each in DIRECTIONS if each != direction)
    if other not in translator.directions:
        return None
    return encoding.encode(translator(there.pixels, other, work_size or None))


def _load(workdir: Path, checkpoint: str, *_: object) -> Translator:
    """What follows the checkpoint's name tells one that has changed from the one in the cache."""
    named = {"newest": None, "best": "best"}
    return Translator(workdir, named[checkpoint] if checkpoint in named else int(checkpoint))


def _best(workdir: Path) -> Path | None:
    try:
        return checkpoint_files.find_best(workdir)
    except UserError:
        return None


def _is_remote(config: Config) -> bool:
    """Whether loading the data set would download it."""
    built_in = sources.is_drawn(config.dataset) or sources.is_earth(config.dataset)
    if built_in or sources.has_files(config.dataset):
        return False
    import tensorflow_datasets as tfds

    try:
        return not tfds.builder(config.dataset, data_dir=config.data_dir).data_path.exists()
    except Exception:  # An unknown name, damaged files.
        return True


def _modified(path: Path) -> float:
    try:
        return os.stat(f"{path}.index").st_mtime
    except OSError:  # A run in training deletes old ones.
        return 0.0
