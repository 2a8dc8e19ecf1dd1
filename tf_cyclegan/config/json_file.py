"""A run's settings as JSON text, in its workdir and in its checkpoints."""

import json
from pathlib import Path

from tf_cyclegan.config.settings import Config, from_dict
from tf_cyclegan.system.errors import UserError

CONFIG_FILE = "config.json"


def read_json(path: Path) -> Config:
    """The Config of a file that holds the text of `to_json`.

    Raises:
      UserError: the file is missing, is not JSON, or holds settings that are refused.
    """
    try:
        return from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def from_json(text: bytes | str, where: str) -> Config:
    """The Config of the text of `to_json`.

    Raises:
      UserError: the text is not JSON, or holds settings that are refused. `where` is named.
    """
    try:
        settings = json.loads(text)
    except RecursionError as error:
        raise UserError(f"{where}: is not JSON of settings: it nests too deeply") from error
    except ValueError as error:
        raise UserError(f"{where}: is not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise UserError(f"{where}: is not an object of settings")
    return from_dict(settings, where)


def to_json(config: Config) -> str:
    """The settings as JSON text, one to a line."""
    return json.dumps(config.to_dict(), indent=2) + "\n"
