"""Names of the files that are made of pictures: apart from each other, and inside one folder.

Pictures' names may come from an archive that somebody made to harm.
"""

import itertools
import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tf_cyclegan.data import images
from tf_cyclegan.system.errors import UserError

# File systems take 255 bytes; endings are added to this, also while a file is being written.
_LONGEST_PART = 200
_LONGEST_PATH = 2000


def png_names(names: Iterable[str]) -> list[PurePosixPath]:
    """A relative path for each of the names, all different, in the same order.

    It is the name with the ending .png, and with the old ending before that where two would meet.
    What would lead out of the folder, control characters and backslashes are left out or replaced,
    and parts too long for a file system are cut.
    """
    wanted = [_harmless(name) for name in names]
    # A folder cannot have the name of a file.
    taken = {str(parent) for path in wanted for parent in path.parents}
    found = []
    for path in wanted:
        text = str(path)
        stem = text[: text.rindex(".")] if images.is_picture_name(text) else text
        numbered = (f"{path}-{number}" for number in itertools.count(2))
        tried = (f"{name}.png" for name in itertools.chain((stem, path), numbered))
        name = next(name for name in tried if name not in taken)
        taken.add(name)
        found.append(PurePosixPath(name))
    return found


def refuse_ways_out(folder: Path, names: Iterable[PurePosixPath], output: Path) -> None:
    """Refuses files of these names in `folder` if a link there leads out of `output`.

    Raises:
      UserError: names the link's place.
    """
    # Not Path.resolve, which raises RuntimeError where links make a loop.
    inside = os.path.realpath(output)
    for parent in sorted({folder / name.parent for name in names}):
        if not Path(os.path.realpath(parent)).is_relative_to(inside):
            raise UserError(
                f"{parent}: leads out of {output} by a link; remove the link, or choose another "
                f"output"
            )


def _harmless(name: str) -> PurePosixPath:
    # Not PurePosixPath's parts, of which the first may be "//".
    parts = [_shortened(_clean(part)) for part in name.split("/") if part not in ("", ".", "..")]
    parts = parts or ["picture"]
    if len(os.fsencode("/".join(parts))) > _LONGEST_PATH:
        parts = parts[-1:]
    return PurePosixPath(*parts)


def _clean(part: str) -> str:
    # Python has surrogates from U+DC80 on for the bytes of a name that is not UTF-8.
    return re.sub(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udc7f\udd00-\udfff]", "_", part)


def _shortened(part: str) -> str:
    path = PurePosixPath(part)
    suffix = path.suffix if len(path.suffix) < 8 else ""
    stem = part.removesuffix(suffix)
    while len(os.fsencode(stem + suffix)) > _LONGEST_PART:
        stem = stem[:-1]
    return stem + suffix
