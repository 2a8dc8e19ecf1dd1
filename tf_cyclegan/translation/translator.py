"""A trained run's generators, and the translation of pictures of any size."""

import itertools
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from tf_cyclegan import networks
from tf_cyclegan.checkpoints import files as checkpoint_files
from tf_cyclegan.checkpoints import saving
from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.sources.drawings.scene import draw_scene
from tf_cyclegan.model import precision as precisions
from tf_cyclegan.networks.instance_norm import InstanceNormalization
from tf_cyclegan.networks.layers import flat_layers
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation import kinds, sizes, tiles
from tf_cyclegan.translation.export import loading
from tf_cyclegan.translation.inference import Generator, Inference, Statistics

# Each direction's source domain and generator.
DIRECTIONS = {"AtoB": ("A", "generator_g"), "BtoA": ("B", "generator_f")}

_WEIGHTS = ("ema", "live")
# To open a checkpoint, while a run in training saves and deletes them.
_ATTEMPTS = 100
# Pixels that a generator takes at once. Larger pictures go in tiles: a ResNet of 64 filters needs
# 2.5 KB a pixel.
_MAX_PIXELS = 2**20
_TILE_SIZE, _OVERLAP = 512, 128


class Translator:
    """The generators of a trained run, or of an export, each loaded when it is needed first.

    translator = Translator("runs/mini")
    translator("horse.jpg").save("zebra.png")
    zebra = translator(np.zeros((480, 640, 3), np.uint8), direction="AtoB")

    Attributes:
      config: the run's settings.
      checkpoint: the checkpoint of the generators, or the exported file.
      damaged: a line about each newer checkpoint that was skipped as damaged.
      directions: the available ones of AtoB and BtoA.
      precision: the networks' compute type.
      weights: ema, averages over the steps of training, or live, those of the last step.
    """

    def __init__(
        self,
        workdir: Path | str,
        checkpoint: int | str | None = None,
        direction: str | None = None,
        work_size: str | int | None = None,
        precision: str = "float32",
        weights: str | None = None,
    ):
        """Finds the checkpoint.

        Args:
          workdir: the run's folder, a folder that `export` wrote, or such a one on the Hugging Face
            hub: hf://OWNER/NAME.
          checkpoint: a step, or "best"; None for the newest that is not damaged.
          direction: AtoB or BtoA; None for all that the run has: both, unless it was imported.
          work_size: the size at which pictures are translated (`sizes.parse`).
          precision: float32, or bfloat16, which is faster on some CPUs.
          weights: ema or live; None for ema where the run has averages, else live.

        Raises:
          UserError: there is no usable checkpoint, no generator for the direction, no averages, or
            the work size, the precision or the weights are none.
        """
        if precision not in precisions.POLICIES:
            known = ", ".join(precisions.POLICIES)
            raise UserError(f"precision={precision}: choose from {known}")
        if weights not in (None, *_WEIGHTS):
            raise UserError(f"weights={weights}: choose from {', '.join(_WEIGHTS)}")
        self._workdir, self._asked, self._only = Path(workdir), checkpoint, direction
        self._asked_weights, self.weights = weights, weights or "live"
        self._exported = None
        if loading.is_exported(workdir):
            if checkpoint is not None or precision != "float32" or weights is not None:
                raise UserError(
                    f"{workdir}: an export has one checkpoint, one precision and one set of "
                    f"weights; leave checkpoint=, precision= and weights= out"
                )
            self._exported = loading.load(workdir)
        self.precision, self._dtype = precision, precisions.POLICIES[precision]
        self._generators: dict[str, keras.Model] = {}
        self._inferences: dict[str, Inference] = {}
        self.damaged: list[str] = []
        self._find()
        if direction is not None:
            self._check(direction)
        self.work_size = sizes.parse(work_size, self.config)

    @property
    def generators(self) -> dict[str, Generator]:
        """The generators by direction, loaded: float [-1, 1] in and out."""
        return {direction: self.generator(direction) for direction in self.directions}

    def generator(self, direction: str) -> Generator:
        """The generator of a direction: float (batch, height, width, channels) in [-1, 1].

        It is a Keras model, but for exports in other formats than Keras'.

        Raises:
          UserError: the run has none, or the checkpoint was deleted meanwhile.
        """
        self._check(direction)
        if self._exported is not None:
            return self._exported.generators[direction]
        for attempt in itertools.count(1):
            if direction in self._generators:
                return self._generators[direction]
            generator = networks.build_generator(self.config, direction, 0, self._dtype)
            try:
                name = DIRECTIONS[direction][1]
                saved = saving.average_name(name) if self.weights == "ema" else name
                saving.restore_networks(self.checkpoint, **{saved: generator})
                _blank_untrained(generator, self.config)
                self._generators[direction] = generator
            except UserError:
                # A run in training may have deleted it meanwhile.
                gone = not checkpoint_files.exists(self.checkpoint)
                if not gone or self._generators or attempt == _ATTEMPTS:
                    raise
                self._find()
        raise AssertionError

    def __call__(
        self,
        image: Any,
        direction: str | None = None,
        work_size: str | int | None = None,
        progress: bool = False,
    ) -> Any:
        """Translates a picture, or several, and returns them as they came.

        Args:
          image: a file's path or a PIL image, for a PIL image, upright and in sRGB; an array
            (height, width), (height, width, channels) or (batch, height, width, channels), uint8 or
            float in [0, 1], for such an array; an iterable of these, for an iterator. A grey
            domain's pictures have one channel.
          direction: AtoB or BtoA; None for the first that there is.
          work_size: as for the constructor; None for the translator's.
          progress: whether an iterable gets a bar, also in a notebook.

        Returns:
          pictures of the same kind and size.

        Raises:
          UserError: a picture cannot be read or is none, there is no generator for the direction,
            or the work size is none.
        """
        direction = direction or self.directions[0]
        self._check(direction)
        if isinstance(image, bytes) or not (kinds.is_one(image) or isinstance(image, Iterable)):
            raise UserError(
                f"{type(image).__name__} is no picture; give a path, a PIL image, an array, or "
                f"several of them"
            )
        size = self.work_size if work_size is None else sizes.parse(work_size, self.config)
        if kinds.is_one(image):
            return kinds.applied(lambda x: self.translate(x, direction, size), image)
        return self._each(image, direction, size, progress)

    def translate(
        self,
        picture: np.ndarray,
        direction: str,
        work_size: str | int | None = None,
        statistics: Statistics | None = None,
    ) -> np.ndarray:
        """Translates one picture.

        Args:
          picture: uint8, or float32 in [-1, 1], (height, width, 3 or 1).
          direction: AtoB or BtoA.
          work_size: as for the constructor; None for the translator's.
          statistics: those of `measure`, instead of the picture's own.

        Returns:
          (height, width, channels of the other domain) in the type and range of the picture.
        """
        size = self.work_size if work_size is None else work_size
        height, width = picture.shape[:2]
        padded, rows, columns = self._at_work(picture, direction, size)
        inference = self._inference(direction)
        if padded.shape[0] * padded.shape[1] > _MAX_PIXELS:
            translated = tiles.translate(padded, inference, self._tiling(inference), statistics)
        else:
            batch = tiles.floats(padded)[None]
            if statistics is None:
                found = inference.translate(batch)
            else:
                found = inference.translate_with(batch, statistics)
            translated = tiles.like(padded, found[0])
        return images.resize(translated[rows, columns], height, width, "bicubic")

    def measure(
        self, pictures: Iterable[np.ndarray], direction: str, work_size: str | int | None = None
    ) -> Statistics | None:
        """The statistics of the instance norms over several pictures of one size together.

        Translated with these, the frames of a film do not flicker. None for generators whose norms
        are not instance norms.
        """
        inference = self._inference(direction)
        if not inference.has_statistics:
            return None
        size = self.work_size if work_size is None else work_size
        at_work = [self._at_work(picture, direction, size)[0] for picture in pictures]
        multiple, pixels = self.config.size_multiple, _MAX_PIXELS // len(at_work)
        return inference.measure(
            np.stack([tiles.reduced(each, multiple, pixels) for each in at_work])
        )

    def rounding(self, direction: str) -> int:
        """The greatest difference that `precision` makes to float32, of 255 levels, in a drawing.

        It restores the generator in float32 for this.
        """
        drawing = draw_scene(np.random.default_rng(0), self.config.image_size).horse
        exact = Translator(self._workdir, self._asked, direction, weights=self._asked_weights)
        exact_pixels = exact.translate(drawing, direction)
        rounded = self.translate(drawing, direction)
        return int(np.abs(exact_pixels.astype(int) - rounded).max())

    def size_at_work(self, height: int, width: int) -> tuple[int, int]:
        """Height and width at which a picture of a size is translated."""
        return sizes.at_work(height, width, self.work_size, self.config)

    def _each(
        self, pictures: Iterable[Any], direction: str, size: str | int, progress: bool
    ) -> Iterator[Any]:
        for picture in tqdm(pictures, unit="picture", disable=not progress):
            yield self(picture, direction, size)

    def _at_work(
        self, picture: np.ndarray, direction: str, size: str | int
    ) -> tuple[np.ndarray, slice, slice]:
        """The picture in the domain's channels, resized and reflected to what the network takes."""
        channels = self.config.channels(DIRECTIONS[direction][0])
        height, width = sizes.at_work(picture.shape[0], picture.shape[1], size, self.config)
        resized = images.resize(picture, height, width, self.config.interpolation)
        multiple = self.config.size_multiple
        return sizes.reflected_up(images.to_channels(resized, channels), multiple)

    def _tiling(self, inference: Inference) -> tiles.Tiling:
        if not inference.has_statistics:
            raise UserError(
                f"work_size={self.work_size}: the norms of this run's networks do not allow tiles, "
                f"and the picture has more than {_MAX_PIXELS} pixels; give a smaller one"
            )
        multiple = self.config.size_multiple
        size = max(_TILE_SIZE // multiple, 4) * multiple
        return tiles.Tiling(size, max(_OVERLAP // multiple, 1) * multiple, multiple)

    def _inference(self, direction: str) -> Inference:
        if direction not in self._inferences:
            self._inferences[direction] = Inference(self.generator(direction))
        return self._inferences[direction]

    def _check(self, direction: str) -> None:
        if direction not in self.directions:
            raise UserError(f"{self._workdir}: has no generator for direction={direction}")

    def _find(self) -> None:
        """The checkpoint that was asked for, its settings, and its directions."""
        if self._exported is not None:
            self.checkpoint, self.config = self._exported.file, self._exported.config
            self.directions = [d for d in self._exported.directions if self._only in (None, d)]
            return
        for attempt in itertools.count(1):
            if self._asked is None:
                self.checkpoint, self.damaged = checkpoint_files.newest_intact(self._workdir)
            elif isinstance(self._asked, int):
                self.checkpoint = checkpoint_files.find(self._workdir, self._asked)
            else:
                self.checkpoint = checkpoint_files.find_best(self._workdir)
            try:
                self.config = checkpoint_files.config_in(self.checkpoint)
                saved = checkpoint_files.object_names(self.checkpoint)
                found = [d for d in DIRECTIONS if DIRECTIONS[d][1] in saved]
                self.directions = [d for d in found if self._only in (None, d)]
                self._choose_weights(saved)
                return
            except UserError:
                if attempt == _ATTEMPTS or checkpoint_files.exists(self.checkpoint):
                    raise

    def _choose_weights(self, saved: Collection[str]) -> None:
        averaged = all(saving.average_name(DIRECTIONS[d][1]) in saved for d in self.directions)
        if self._asked_weights == "ema" and not averaged:
            raise UserError(
                f"{self.checkpoint}: weights=ema: it was trained without averages (ema=0.999 keeps "
                f"them); leave weights out"
            )
        self.weights = self._asked_weights or ("ema" if averaged else "live")


def _blank_untrained(generator: keras.Model, config: Config) -> None:
    """Makes the bottleneck's norm its offset where training made it so.

    There it saw maps of one pixel, of which nothing but `offset` is left, and the kernel before it
    was not trained. At other sizes its random output would reach the picture.
    """
    if config.generator != "unet" or config.networks == "tensorflow_examples":
        return
    fixed = config.preprocess in ("resize", "resize_crop", "crop")
    if fixed and config.image_size == 2**config.unet_depth:
        norms = [n for n in flat_layers(generator) if isinstance(n, InstanceNormalization)]
        # The first block has none.
        scale = norms[config.unet_depth - 2].scale
        scale.assign(np.zeros(scale.shape))
