"""The formats: their files, the packages that they need, and their modules."""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from tf_cyclegan.system.errors import UserError

if TYPE_CHECKING:  # The command line asks for the names, before TensorFlow is imported.
    import keras
    import numpy as np

# Takes and returns uint8 (batch, height, width, channels).
Run = Callable[["np.ndarray"], "np.ndarray"]


class Module(Protocol):
    """What the module of a format has.

    Attributes:
      USAGE: lines of Python that load the file and make `translations` of `pictures`.
    """

    USAGE: str

    def write(self, model: "keras.Model", path: Path, about: str, quantize: str | None) -> None:
        """Writes a model of `graph.build`.

        Args:
          model: the model.
          path: the file to write, or the folder.
          about: metadata as JSON text, put into the file.
          quantize: one of the format's quantizations, or None for float32.
        """

    def load(self, path: Path) -> Run:
        """Loads it with its own runtime."""


@dataclass(frozen=True)
class Format:
    """One format."""

    file: str  # The file's name, or the folder's.
    module: str
    runtime: tuple[str, ...] = ()  # Packages that load it, beyond TensorFlow and Keras.
    converter: tuple[str, ...] = ()  # Packages that write it, likewise.
    quantizations: tuple[str, ...] = ()

    def imported(self) -> Module:
        """Its module."""
        module = importlib.import_module(f"tf_cyclegan.translation.export.{self.module}")
        return cast(Module, module)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "keras": Format("model.keras", "keras_file"),
        "saved_model": Format("saved_model", "saved_model"),
        "onnx": Format("model.onnx", "onnx_file", ("onnxruntime",), ("tf2onnx", "onnx")),
        "litert": Format(
            "model.tflite", "litert", ("ai-edge-litert",), quantizations=("float16", "int8")
        ),
    }
)
QUANTIZATIONS = tuple(dict.fromkeys(q for each in FORMATS.values() for q in each.quantizations))


def require(name: str, writing: bool, quantize: str | None = None) -> None:
    """Checks that a format can be loaded, or written.

    Raises:
      UserError: it lacks that quantization, or packages are not installed, which it names.
    """
    wanted = FORMATS[name]
    if quantize is not None and quantize not in wanted.quantizations:
        able = [each for each, other in FORMATS.items() if quantize in other.quantizations]
        raise UserError(
            f"quantize={quantize}: format={name} has none; leave it out, or give "
            f"format={' or '.join(able)}"
        )
    packages = (*wanted.converter, *wanted.runtime) if writing else wanted.runtime
    if missing := [each for each in packages if not _is_installed(each)]:
        raise UserError(
            f"format={name}: not installed: {', '.join(missing)}; python -m pip install "
            f"{' '.join(missing)}"
        )


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package.replace("-", "_")) is not None
