"""Reading pictures before they are needed, so that bad ones are found now and not days later."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np

from tf_cyclegan.system import cores
from tf_cyclegan.system.errors import UserError

_S = TypeVar("_S", bound="_Source")


class _Source(Protocol):
    """What `Pictures` and `PreparedPictures` have in common."""

    def __len__(self) -> int: ...

    @property
    def read(self) -> Callable[[int], np.ndarray]: ...

    def without(self: _S, left_out: Collection[int]) -> _S: ...


class PictureCheck:
    """Finds every picture that cannot be used, in any number of splits.

    Args:
      say: is given a line for each of them, and for what is done about them.
    """

    def __init__(self, say: Callable[[str], None]):
        self._say = say
        self._count = 0
        self._problems: list[str] = []
        self._spoilt: list[str] = []

    def usable(self, split: str, pictures: _S) -> _S:
        """Reads all of a split's pictures, in threads, and returns those that can be used."""
        with ThreadPoolExecutor(cores.reading_threads()) as pool:
            told = list(pool.map(lambda i: _problem(pictures, i), range(len(pictures))))
        bad = {i: problem for i, problem in enumerate(told) if problem is not None}
        self._count += len(pictures)
        self._problems += bad.values()
        if bad and len(bad) == len(pictures):
            self._spoilt.append(split)
        return pictures.without(bad.keys())

    def conclude(self, skip: bool) -> None:
        """Tells what was found, a line for each bad picture. Says nothing where all are good.

        Args:
          skip: go on without them.

        Raises:
          UserError: there are bad pictures, and `skip` is False or nothing is left of a split.
        """
        if not self._problems:
            return
        if not skip and len(self._problems) == 1:
            raise UserError(f"{self._problems[0]}, or go on without it: skip_unreadable=True")
        for problem in self._problems:
            self._say(problem)
        bad = f"{len(self._problems)} of {self._count} pictures"
        if not skip:
            raise UserError(
                f"{bad} cannot be used (listed above); remove them, or go on without them: "
                f"skip_unreadable=True"
            )
        if self._spoilt:
            raise UserError(
                f"{', '.join(self._spoilt)}: none of the pictures can be used (listed above); "
                f"put in others"
            )
        self._say(f"Going on without {bad}, which cannot be used (listed above)")


def _problem(pictures: _Source, index: int) -> str | None:
    try:
        pictures.read(index)
    except UserError as error:
        return str(error)
    return None
