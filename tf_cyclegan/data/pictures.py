"""The interface of all picture sources: one split of one domain, in a fixed order."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

_CACHE_BYTES = 2**30


@dataclass(frozen=True)
class Pictures:
    """The pictures of one split of one domain.

    Attributes:
      names: a unique name per picture, in a fixed order. For files: the path relative to the
        split's folder, with `/` as separator.
      read: decodes picture `i` to uint8 (height, width, 3); sizes may differ. Thread-safe.
    """

    names: tuple[str, ...]
    read: Callable[[int], np.ndarray]

    def __len__(self) -> int:
        return len(self.names)

    def first(self, count: int | None) -> "Pictures":
        """The first `count` pictures; None for all."""
        return Pictures(self.names[:count], self.read)

    def without(self, left_out: Collection[int]) -> "Pictures":
        """The pictures except those at these indices, in the same order."""
        return self.reordered([i for i in range(len(self)) if i not in left_out])

    def reordered(self, indices: Sequence[int]) -> "Pictures":
        """The pictures at these indices, in the order of the indices."""
        return Pictures(tuple(self.names[i] for i in indices), lambda i: self.read(indices[i]))

    def cached(self) -> "Pictures":
        """The same pictures, each decoded once for two reads.

        The second read evicts a picture. The cache holds at most 1 GB.
        """
        cache: dict[int, np.ndarray] = {}
        free_bytes = _CACHE_BYTES

        def read(index: int) -> np.ndarray:
            nonlocal free_bytes
            if (picture := cache.pop(index, None)) is not None:
                free_bytes += picture.nbytes
                return picture
            picture = self.read(index)
            if picture.nbytes <= free_bytes:
                free_bytes -= picture.nbytes
                cache[index] = picture
            return picture

        return Pictures(self.names, read)


@dataclass(frozen=True)
class Truth:
    """Ground truth of drawn pictures, in the order of the pictures.

    Attributes:
      counterparts: the same scenes in the other domain.
      masks: above 0, in all channels, where the animal touches a pixel. Picture and counterpart are
        equal elsewhere.
    """

    counterparts: Pictures
    masks: Pictures
