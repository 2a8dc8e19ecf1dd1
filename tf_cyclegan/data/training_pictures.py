"""The pictures of a run: those that it trains on, and those that it shows its progress with."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.picture_check import PictureCheck
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import PreparedPictures


@dataclass(frozen=True)
class TrainingPictures:
    """Training and test pictures of both domains, all of which can be read.

    Attributes:
      train_x, train_y: ready for training.
      test_x, test_y: as their source gives them; none where it has none.
    """

    train_x: PreparedPictures
    train_y: PreparedPictures
    test_x: Pictures
    test_y: Pictures

    @property
    def tested(self) -> bool:
        """Whether there are test pictures of both domains."""
        return bool(self.test_x and self.test_y)

    def shown(self, limit: int | None) -> tuple[Pictures, Pictures]:
        """The test pictures, or where a domain has none the first training ones."""
        return (
            self.test_x or self.train_x.pictures.first(limit),
            self.test_y or self.train_y.pictures.first(limit),
        )

    def counts(self) -> dict[str, int]:
        """How many there are, by split."""
        return {
            "trainA": len(self.train_x),
            "trainB": len(self.train_y),
            "testA": len(self.test_x),
            "testB": len(self.test_y),
        }

    def fingerprints(self) -> list[int]:
        """What identifies the training pictures of each domain: a checksum of their names."""
        return [_checksum(self.train_x.names), _checksum(self.train_y.names)]


def load(config: Config, say: Callable[[str], None]) -> TrainingPictures:
    """Loads what the settings ask for, reading every picture once.

    Args:
      config: the settings.
      say: is given a line about each picture that cannot be used.

    Raises:
      UserError: the data set cannot be had, or pictures in it cannot be used.
    """

    def some(split: str, limit: int | None) -> Pictures:
        return sources.load(
            config.dataset, split, image_size=config.image_size, data_dir=config.data_dir
        ).first(limit)

    train = [PreparedPictures(some(f"train{d}", config.limit_train), d, config) for d in "AB"]
    test = [some(f"test{d}", config.limit_test) for d in "AB"]
    check = PictureCheck(say)
    train = [check.usable(f"train{d}", each) for d, each in zip("AB", train, strict=True)]
    test = [check.usable(f"test{d}", each) for d, each in zip("AB", test, strict=True)]
    check.conclude(config.skip_unreadable)
    return TrainingPictures(train[0], train[1], test[0], test[1])


def _checksum(names: tuple[str, ...]) -> int:
    # File names need not be UTF-8; Python has surrogates in them then.
    return zlib.crc32("\n".join(names).encode("utf-8", "surrogateescape"))
