"""The files that a person names: pictures, films, folders and patterns."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tf_cyclegan.data import images
from tf_cyclegan.data.sources import folder
from tf_cyclegan.system.errors import UserError

FILM_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
SUFFIXES = (*images.SUFFIXES, *FILM_SUFFIXES)


@dataclass(frozen=True)
class Input:
    """A file to translate.

    Attributes:
      path: the file.
      name: its name for the output: of a file its own name, of a file in a folder the path from
        that folder on, with `/` as separator.
    """

    path: Path
    name: str

    @property
    def is_film(self) -> bool:
        """Whether it is a film, by its suffix."""
        return self.path.suffix.lower() in FILM_SUFFIXES


def find(patterns: Sequence[str], output: Path | None = None) -> list[Input]:
    """The files that paths and patterns name, each once.

    Args:
      patterns: files; folders, with all pictures and films in them and below; patterns of these,
        such as `more/*.png` or `photos/**/*.jpg`, for shells that do not expand them.
      output: a folder whose files are left out, except those named themselves.

    Raises:
      UserError: there is no such file, a folder cannot be read, nothing is found, or a file is
        neither a picture nor a film by its suffix.
    """
    found: dict[str, Input] = {}
    for pattern in patterns:
        # A name with brackets is a name before it is a pattern.
        if os.path.lexists(pattern) and not os.path.isdir(pattern):
            inputs = [_file(Path(pattern))]
        else:
            inputs = [each for each in _matching(pattern) if not _is_below(each.path, output)]
        if not inputs:
            known = ", ".join(SUFFIXES)
            raise UserError(f"{pattern}: no such file, nor does it contain or match any ({known})")
        for each in inputs:
            found.setdefault(os.path.abspath(each.path), each)
    return list(found.values())


def _file(path: Path) -> Input:
    if not path.name.lower().endswith(SUFFIXES):
        raise UserError(
            f"{path}: has not the suffix of a picture or a film ({', '.join(SUFFIXES)})"
        )
    return Input(path, path.name)


def _matching(pattern: str) -> Iterator[Input]:
    """Those in a folder, or in what a pattern matches."""
    paths = [pattern] if os.path.isdir(pattern) else sorted(glob.glob(pattern, recursive=True))
    for path in map(Path, paths):
        if path.is_dir():
            top = path.resolve().name
            for name in folder.list_files(path, SUFFIXES):
                yield Input(path / name, f"{top}/{name}")
        elif path.name.lower().endswith(SUFFIXES):
            yield Input(path, path.name)


def _is_below(path: Path, output: Path | None) -> bool:
    # Not Path.resolve, which raises RuntimeError on cyclic links.
    return output is not None and Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(output)
    )
