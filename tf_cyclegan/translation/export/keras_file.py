"""A .keras file. It holds this package's layers: to load it, import tf_cyclegan."""

import zipfile
from pathlib import Path

import keras
import numpy as np

from tf_cyclegan.translation.export.formats import Run
from tf_cyclegan.translation.export.metadata import NAME_INSIDE

USAGE = """\
import keras
import tf_cyclegan  # After Keras: it registers the layers

model = keras.saving.load_model("model.keras")
translations = np.asarray(model(pictures))"""


def write(model: keras.Model, path: Path, about: str, quantize: str | None) -> None:
    """Writes `model`, with the metadata as one more member of the archive."""
    model.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(NAME_INSIDE, about)


def load(path: Path) -> Run:
    """Loads it with Keras."""
    model = keras.saving.load_model(path)
    return lambda pictures: np.asarray(model(pictures, training=False))
