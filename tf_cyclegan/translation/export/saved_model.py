"""TensorFlow's SavedModel, a folder, with the signature `serving_default`."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.system.tensorflow_paths import for_tensorflow
from tf_cyclegan.translation.export import graph
from tf_cyclegan.translation.export.formats import Run
from tf_cyclegan.translation.export.metadata import NAME_INSIDE

SIGNATURE = "serving_default"
USAGE = """\
import tensorflow as tf

model = tf.saved_model.load("saved_model")
translate = model.signatures["serving_default"]
translations = translate(pictures=tf.constant(pictures))["translations"].numpy()"""


def write(model: keras.Model, path: Path, about: str, quantize: str | None) -> None:
    """Writes `model`, with the metadata in the folder for additional files."""
    module = tf.Module()
    # Keras' variables are none of TensorFlow's: untracked, their values would not be saved.
    module.weights = [variable.value for variable in model.variables]
    module.translate = graph.serving(model)
    signatures = {SIGNATURE: module.translate}
    tf.saved_model.save(module, str(for_tensorflow(path)), signatures=signatures)
    extra = path / "assets.extra"
    extra.mkdir()
    (extra / NAME_INSIDE).write_text(about, encoding="utf-8")


def load(path: Path) -> Run:
    """Loads it with TensorFlow."""
    loaded = tf.saved_model.load(str(for_tensorflow(path)))

    def run(pictures: np.ndarray) -> np.ndarray:
        # Through `loaded`: the function alone does not keep the variables alive.
        translate = loaded.signatures[SIGNATURE]
        found: np.ndarray = translate(**{graph.INPUT: tf.constant(pictures)})[graph.OUTPUT].numpy()
        return found

    return run
