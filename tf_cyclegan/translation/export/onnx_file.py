"""An ONNX file, made by tf2onnx and loaded by ONNX Runtime."""

import logging
import os
from pathlib import Path

import keras

from tf_cyclegan.translation.export import graph
from tf_cyclegan.translation.export.formats import Run
from tf_cyclegan.translation.export.metadata import NAME_INSIDE

# Of 2022: runtimes of that year and later load it.
_OPSET = 17
USAGE = """\
import onnxruntime

session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
translations = session.run(["translations"], {"pictures": pictures})[0]"""


def write(model: keras.Model, path: Path, about: str, quantize: str | None) -> None:
    """Writes `model`, with the metadata among the file's own."""
    import onnx
    import tf2onnx

    # It tells each step.
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    function = graph.serving(model)
    proto, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
    onnx.helper.set_model_props(proto, {NAME_INSIDE: about})
    onnx.checker.check_model(proto)
    onnx.save(proto, path)


def load(path: Path) -> Run:
    """Loads it with ONNX Runtime, on the CPU."""
    # From 1.29 on it would tell its maker of each model, and leave an identifier in the home.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda pictures: session.run([graph.OUTPUT], {graph.INPUT: pictures})[0]
