"""Names of output files: distinct, and safe even if they come from a malicious archive."""

import itertools
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from tf_cyclegan.system.errors import UserError
from tf_cyclegan.translation.inputs import SUFFIXES

# File systems allow 255 bytes; this leaves room for suffixes.
_MAX_PART_BYTES = 200
_MAX_PATH_BYTES = 2000


def distinct(names: Sequence[str], suffixes: Sequence[str] | None = None) -> list[PurePosixPath]:
    """A distinct relative path for each name, in the same order.

    The extension becomes that of `suffixes`, .png by default; where two paths would collide, the
    old one stays in front of it.
    Parts that would leave the folder are dropped, control characters and backslashes replaced, and
    parts too long for a file system truncated.
    """
    wanted = [_sanitized(name) for name in names]
    # A file cannot have the name of a folder.
    taken = {str(parent) for path in wanted for parent in path.parents}
    found = []
    for path, suffix in zip(wanted, suffixes or [".png"] * len(wanted), strict=True):
        text = str(path)
        known = text.lower().endswith(SUFFIXES)
        stem = text[: text.rindex(".")] if known else text
        numbered = (f"{path}-{number}" for number in itertools.count(2))
        candidates = (f"{name}{suffix}" for name in itertools.chain((stem, path), numbered))
        name = next(name for name in candidates if name not in taken)
        taken.add(name)
        found.append(PurePosixPath(name))
    return found


def reject_links_outside(folder: Path, names: Iterable[PurePosixPath], output: Path) -> None:
    """Checks that files of these names in `folder` would lie in `output`.

    Raises:
      UserError: a symbolic link leads out of `output`.
    """
    # Not Path.resolve, which raises RuntimeError on cyclic links.
    inside = os.path.realpath(output)
    for parent in sorted({folder / name.parent for name in names}):
        if not Path(os.path.realpath(parent)).is_relative_to(inside):
            raise UserError(
                f"{parent}: a symbolic link leads out of {output}; remove it, or choose another "
                f"output"
            )


def reject_foreign(path: Path, is_own: Callable[[Path], bool]) -> None:
    """Checks that nothing is overwritten but what this package wrote.

    Raises:
      UserError: the path exists, and `is_own` denies it.
    """
    if os.path.lexists(path) and not is_own(path):
        raise UserError(
            f"{path}: exists, and tf_cyclegan did not write it; move it, or give another output"
        )


def _sanitized(name: str) -> PurePosixPath:
    # Not PurePosixPath's parts, of which the first may be "//".
    parts = [_truncated(_printable(p)) for p in name.split("/") if p not in ("", ".", "..")]
    parts = parts or ["picture"]
    if len(os.fsencode("/".join(parts))) > _MAX_PATH_BYTES:
        parts = parts[-1:]
    return PurePosixPath(*parts)


def _printable(part: str) -> str:
    # Python decodes bytes that are not UTF-8 to the surrogates from U+DC80 to U+DCFF.
    return re.sub(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udc7f\udd00-\udfff]", "_", part)


def _truncated(part: str) -> str:
    path = PurePosixPath(part)
    suffix = path.suffix if len(path.suffix) < 8 else ""
    stem = part.removesuffix(suffix)
    while len(os.fsencode(stem + suffix)) > _MAX_PART_BYTES:
        stem = stem[:-1]
    return stem + suffix
