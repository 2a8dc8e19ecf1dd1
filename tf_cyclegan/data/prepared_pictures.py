"""The pictures of one domain, ready for training, in memory as far as there is room."""

import copy
from collections.abc import Collection

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_training

# So much of the prepared pictures of one domain is kept.
_CACHE_BYTES = 2**30
# A larger one, which `preprocess` "crop" and "none" leave as it is, would take the place of many.
_LARGEST_KEPT = 2**27


class PreparedPictures:
    """Training pictures as they are before the random crop.

    Attributes:
      pictures: the same ones as their source gives them.
    """

    def __init__(self, pictures: Pictures, domain: str, config: Config):
        """Reads nothing yet.

        Args:
          pictures: the training pictures of a domain.
          domain: A or B.
          config: the settings; `preprocess` says what is done.
        """
        self.pictures = pictures
        self._domain = domain
        self._config = config
        self._room = _CACHE_BYTES
        self._kept: dict[str, np.ndarray] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """As those of the pictures."""
        return self.pictures.names

    def __len__(self) -> int:
        return len(self.pictures)

    def read(self, index: int) -> np.ndarray:
        """Picture number `index`, not to be written to. Several threads may call this at once.

        Returns:
          uint8 (height, width, channels of the domain), as `preprocessing.for_training` says.

        Raises:
          UserError: the picture cannot be read, or is too small to crop from.
        """
        name = self.names[index]
        if name in self._kept:
            return self._kept[name]
        picture = for_training(self.pictures.read(index), self._domain, self._config, name)
        if picture.nbytes <= min(self._room, _LARGEST_KEPT):
            self._room -= picture.nbytes
            self._kept[name] = picture
        return picture

    def without(self, left_out: Collection[int]) -> "PreparedPictures":
        """The pictures without those of these numbers. What is in memory stays there."""
        rest = copy.copy(self)
        rest.pictures = self.pictures.without(left_out)
        return rest
