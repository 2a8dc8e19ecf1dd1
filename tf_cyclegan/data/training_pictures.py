"""The pictures of a training run."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from tf_cyclegan.config import Config
from tf_cyclegan.data import sources
from tf_cyclegan.data.picture_check import keep_usable
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.prepared_pictures import prepare


@dataclass(frozen=True)
class TrainingPictures:
    """Training and test pictures of both domains, all of them usable.

    Attributes:
      train_x, train_y: preprocessed for training.
      test_x, test_y: as decoded; empty where the data set has none.
      original_x, original_y: the training pictures as decoded.
    """

    train_x: Pictures
    train_y: Pictures
    test_x: Pictures
    test_y: Pictures
    original_x: Pictures
    original_y: Pictures

    @property
    def tested(self) -> bool:
        """Whether both domains have test pictures."""
        return bool(self.test_x and self.test_y)

    def shown(self, limit: int | None) -> tuple[Pictures, Pictures]:
        """The test pictures; for a domain without any, its first `limit` training pictures."""
        return (
            self.test_x or self.original_x.first(limit),
            self.test_y or self.original_y.first(limit),
        )

    def counts(self) -> dict[str, int]:
        """The number of pictures by split."""
        splits = (self.train_x, self.train_y, self.test_x, self.test_y)
        return dict(zip(sources.SPLITS, map(len, splits), strict=True))

    def fingerprints(self) -> list[int]:
        """A checksum of the names of each domain's training pictures."""
        # Names that are not UTF-8 contain surrogates.
        return [
            zlib.crc32("\n".join(pictures.names).encode("utf-8", "surrogateescape"))
            for pictures in (self.train_x, self.train_y)
        ]


def load(config: Config, say: Callable[[str], None]) -> TrainingPictures:
    """Loads the data set of a run and decodes every picture once.

    Args:
      config: the settings.
      say: called with a line for each unusable picture.

    Raises:
      UserError: the data set is missing or has unusable pictures.
    """
    limits = {"train": config.limit_train, "test": config.limit_test}
    originals = {
        split: sources.load(
            config.dataset, split, image_size=config.image_size, data_dir=config.data_dir
        ).first(limits[split[:-1]])
        for split in sources.SPLITS
    }
    prepared = {
        f"train{domain}": prepare(originals[f"train{domain}"], domain, config) for domain in "AB"
    }
    usable = keep_usable({**originals, **prepared}, config.skip_unreadable, say)
    return TrainingPictures(
        *(usable[split] for split in sources.SPLITS),
        *(_select(originals[split], usable[split].names) for split in prepared),
    )


def _select(pictures: Pictures, names: tuple[str, ...]) -> Pictures:
    """The pictures with these names."""
    selected = set(names)
    return pictures.reordered([i for i, name in enumerate(pictures.names) if name in selected])
