"""Loads an exported folder again, from the disk or from the Hugging Face hub."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError, reason
from tf_cyclegan.translation.export import graph, metadata
from tf_cyclegan.translation.export.formats import FORMATS, Run, require

_HUB = "hf://"


@dataclass(frozen=True)
class Loaded:
    """An exported generator.

    Attributes:
      config: the settings of the run that it comes from.
      directions: the one that it has.
      generators: by direction; a Keras model from a .keras file, else a function that rounds what
        goes in and out to 255 levels. Either is called as `generator(batch, training=False)`, with
        float32 (batch, height, width, channels) in [-1, 1].
      file: the exported file.
      step: the training step of the checkpoint that it comes from.
    """

    config: Config
    directions: list[str]
    generators: dict[str, Callable[..., np.ndarray]]
    file: Path
    step: int


def is_exported(place: Path | str) -> bool:
    """Whether `load` is for this place: hf://OWNER/NAME, or a folder that `export` wrote."""
    return str(place).startswith(_HUB) or (Path(place) / metadata.FILE).is_file()


def load(place: Path | str) -> Loaded:
    """Loads an exported generator with the runtime of its format.

    A SavedModel is a program: load those only that you trust.

    Args:
      place: a folder that `export` wrote, or hf://OWNER/NAME, or hf://OWNER/NAME@REVISION.

    Raises:
      UserError: there is none, it is damaged, its runtime is not installed, or the hub does not
        answer.
    """
    text = str(place)
    folder = _download(text) if text.startswith(_HUB) else Path(place)
    found = metadata.read(folder)
    require(found.format, writing=False)
    file = folder / FORMATS[found.format].file
    if not file.exists():
        raise UserError(f"{file}: is missing; export it again")
    try:
        generator = _generator(file, found.format)
    except Exception as error:  # Each runtime raises its own for damaged files.
        raise UserError(f"{file}: cannot be loaded ({reason(error)}); export it again") from error
    return Loaded(found.config, [found.direction], {found.direction: generator}, file, found.step)


def _generator(file: Path, form: str) -> Callable[..., np.ndarray]:
    if form == "keras":
        inner: keras.Model = graph.generator_in(keras.saving.load_model(file))
        return inner
    return _in_floats(FORMATS[form].imported().load(file))


def _in_floats(run: Run) -> Callable[..., np.ndarray]:
    def generator(batch: np.ndarray, training: bool = False) -> np.ndarray:
        return images.to_float(run(images.to_uint8(batch)))

    return generator


def _download(text: str) -> Path:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UserError(
            f"{text}: huggingface_hub is not installed; python -m pip install huggingface_hub"
        )
    import huggingface_hub

    name, _, revision = text.removeprefix(_HUB).partition("@")
    try:
        return Path(huggingface_hub.snapshot_download(name, revision=revision or None))
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        raise UserError(
            f"{text}: cannot be downloaded ({reason(error)}); check the name and the network, or "
            f"name a local folder"
        ) from error
