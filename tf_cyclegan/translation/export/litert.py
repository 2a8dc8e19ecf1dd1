"""A LiteRT (.tflite) file, for phones and small computers.

Quantization changes the weights, which are nearly all of the file: `float16` halves them, `int8`
quarters them, with a scale for each channel. Activations stay float32: quantized as well, they cost
ten times the error and save no space.
"""

import tempfile
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tf_cyclegan.translation.export import graph, saved_model
from tf_cyclegan.translation.export.formats import Run
from tf_cyclegan.translation.export.metadata import NAME_INSIDE

USAGE = """\
from ai_edge_litert.interpreter import Interpreter

translate = Interpreter("model.tflite").get_signature_runner("serving_default")
translations = translate(pictures=pictures)["translations"]"""


def write(model: keras.Model, path: Path, about: str, quantize: str | None) -> None:
    """Writes `model`, with the metadata in a zip archive behind it, as LiteRT's own tools do."""
    with tempfile.TemporaryDirectory() as temporary:
        # Not from a concrete function, which loses the weights.
        saved = Path(temporary) / "saved_model"
        saved_model.write(model, saved, about, None)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
        if quantize is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        with warnings.catch_warnings():
            # That its interpreter will move to the package which `load` uses.
            warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter")
            path.write_bytes(converter.convert())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(NAME_INSIDE, about)


def load(path: Path) -> Run:
    """Loads it with LiteRT; each new size of pictures is prepared for when it comes."""
    from ai_edge_litert.interpreter import Interpreter

    translate = Interpreter(str(path)).get_signature_runner(saved_model.SIGNATURE)

    def run(pictures: np.ndarray) -> np.ndarray:
        found: np.ndarray = translate(**{graph.INPUT: pictures})[graph.OUTPUT]
        return found

    return run
