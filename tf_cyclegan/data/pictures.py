"""What every source of pictures gives: one split of one domain, in a fixed order."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

_CACHE_BYTES = 2**30


@dataclass(frozen=True)
class Pictures:
    """The pictures of one split of one domain.

    Attributes:
      names: a unique name for each picture, in an order that never changes. A path relative to the
        split's folder, with `/` between its parts, where the source has files.
      read: picture number i as a uint8 array (height, width, 3). Sizes may differ between pictures.
        It may be called from several threads at once.
    """

    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]

    def __len__(self) -> int:
        return len(self.names)

    def first(self, count: int | None) -> "Pictures":
        """The first `count` pictures; all of them where `count` is None."""
        return Pictures(self.names[:count], self.read)

    def without(self, left_out: Collection[int]) -> "Pictures":
        """The pictures without those of these numbers, in the same order."""
        return self.reordered([i for i in range(len(self)) if i not in left_out])

    def reordered(self, numbers: Sequence[int]) -> "Pictures":
        """The pictures of these numbers, in their order."""
        return Pictures(tuple(self.names[i] for i in numbers), lambda i: self.read(numbers[i]))

    def cached(self) -> "Pictures":
        """The same, of which each picture that is read twice is decoded once.

        A picture is kept until it is read again, as long as all that are kept take 1 GB or less.
        """
        kept: dict[int, np.ndarray] = {}
        room = _CACHE_BYTES

        def read(index: int) -> np.ndarray:
            nonlocal room
            if (picture := kept.pop(index, None)) is not None:
                room += picture.nbytes
                return picture
            picture = self.read(index)
            if picture.nbytes <= room:
                room -= picture.nbytes
                kept[index] = picture
            return picture

        return Pictures(self.names, read)


@dataclass(frozen=True)
class Truth:
    """What drawn pictures show, in the order of the pictures.

    Attributes:
      counterparts: the same scenes in the other domain.
      masks: above 0, in all channels, where a pixel shows any of the animal. Elsewhere picture and
        counterpart are equal.
    """

    counterparts: Pictures
    masks: Pictures
