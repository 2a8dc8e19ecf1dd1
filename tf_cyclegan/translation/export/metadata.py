"""What an export is: its format, its run and its licence, in metadata.json and inside the file."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from tf_cyclegan import __version__
from tf_cyclegan.config import Config
from tf_cyclegan.config.settings import from_dict
from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.export import graph
from tf_cyclegan.translation.export.formats import FORMATS

FILE = "metadata.json"
_DIRECTIONS = ("AtoB", "BtoA")
# Inside the exported file.
NAME_INSIDE = "tf_cyclegan.json"


@dataclass(frozen=True)
class Metadata:
    """An export.

    Attributes:
      format: one of FORMATS.
      quantize: one of the format's quantizations, or None for float32.
      direction: AtoB or BtoA.
      step: the training step of the checkpoint.
      licence: that of the weights, in the user's words.
      config: the run's settings, without paths of the user's machine.
    """

    format: str
    quantize: str | None
    direction: str
    step: int
    licence: str
    config: Config

    @property
    def channels(self) -> tuple[int, int]:
        """Those of the pictures that go in, and that come out."""
        source, target = self.direction.split("to")
        return self.config.channels(source), self.config.channels(target)

    def to_dict(self) -> dict[str, Any]:
        """Everything by name, ready for JSON."""
        source, target = self.channels
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            "tf_cyclegan": __version__,
            **plain,
            "recipe": self.config.recipe,
            "dataset": self.config.dataset,
            "input": _tensor(graph.INPUT, source),
            "output": _tensor(graph.OUTPUT, target),
            "config": self.config.to_dict(),
        }


def shareable(config: Config) -> Config:
    """The settings of an export: without paths, and with this package's networks."""
    dataset = PurePath(config.dataset)
    changes = {
        "dataset": dataset.name if dataset.is_absolute() else config.dataset,
        "data_dir": None,
        "inception_weights": None,
        "networks": "tf_cyclegan",
    }
    return Config(**{**config.to_dict(), **changes})


def read(folder: Path) -> Metadata:
    """The metadata of an exported folder.

    Raises:
      UserError: there is none, or it is damaged.
    """
    path = folder / FILE
    found = read_json(path)
    if "tf_cyclegan" not in found:
        raise UserError(f"{path}: tf_cyclegan did not write it; name a folder that export.py wrote")
    config = from_dict(_field(path, found, "config", dict), f"{path}: config")
    metadata = Metadata(
        format=_field(path, found, "format", str),
        quantize=found.get("quantize"),
        direction=_field(path, found, "direction", str),
        step=_field(path, found, "step", int),
        licence=_field(path, found, "licence", str),
        config=config,
    )
    for name, choices in (("format", FORMATS), ("direction", _DIRECTIONS)):
        if getattr(metadata, name) not in choices:
            raise UserError(f"{path}: {name} is none of {', '.join(choices)}; export it again")
    return metadata


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file of JSON text.

    Raises:
      UserError: the file is missing, or holds something else.
    """
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is not JSON; export it again") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: is not an object; export it again")
    return found


def _field(path: Path, found: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(found.get(name), kind):
        raise UserError(f"{path}: holds no {name}; export it again")
    return found[name]


def _tensor(name: str, channels: int) -> dict[str, Any]:
    return {"name": name, "dtype": "uint8", "shape": ["batch", "height", "width", channels]}
