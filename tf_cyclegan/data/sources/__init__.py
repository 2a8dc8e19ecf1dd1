"""Picture sources: the drawn set, the Earth, tensorflow-datasets by name, a folder or .zip."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.data.sources import earth, folder
from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system.errors import UserError

MINI = "mini_horse2zebra"
SPLITS = ("trainA", "trainB", "testA", "testB")


def is_drawn(dataset: str) -> bool:
    """Whether `dataset` is the built-in drawn set."""
    return dataset.split("/")[0] == MINI


def is_earth(dataset: str) -> bool:
    """Whether `dataset` is one of the built-in sets of the Earth, with or without a size."""
    return re.fullmatch(rf"({'|'.join(earth.NAMES)})(/\d+)?", dataset) is not None


def is_paired(dataset: str, split: str) -> bool:
    """Whether a split, train or test, is known to show the same in both domains, in one order."""
    return is_earth(dataset) and split == "test"


def has_files(dataset: str) -> bool:
    """Whether `dataset` is the path of a folder or .zip, not a tensorflow-datasets name."""
    path = os.path.expanduser(dataset)
    looks_like_name = re.fullmatch(r"\w+(/[\w.-]+){0,2}(:[\d.]+)?", dataset) is not None
    return path.lower().endswith(".zip") or os.path.exists(path) or not looks_like_name


def _with_size(dataset: str, sizes: Sequence[int], image_size: int) -> str:
    """A built-in set, without a size of its own, at the smallest that covers `image_size`."""
    if "/" in dataset:
        return dataset
    return f"{dataset}/{next((size for size in sizes if size >= image_size), sizes[-1])}"


def _drawn_name(dataset: str, image_size: int) -> str:
    """The TFDS name of the drawn set."""
    # The import registers the set.
    from tf_cyclegan.data.sources.mini_horse2zebra import MiniHorse2zebra

    sizes = sorted(int(name) for name in MiniHorse2zebra.builder_configs)
    return _with_size(dataset, sizes, image_size)


def load(dataset: str, split: str, *, image_size: int, data_dir: str | None = None) -> Pictures:
    """Loads one split of one domain.

    Args:
      dataset: `mini_horse2zebra`, `earth`, `earth_relief`, a tensorflow-datasets name, or the path
        of a folder or .zip. The built-in sets win over folders of their names.
      split: trainA, trainB, testA or testB.
      image_size: the built-in sets come in the nearest resolution above this, in pixels.
      data_dir: the data folder of tensorflow-datasets; None for its default.

    Returns:
      The pictures; empty for a test split that a folder or .zip lacks.

    Raises:
      UserError: the data set is unknown, unreachable or damaged.
    """
    if is_drawn(dataset):
        return tfds_source.load(_drawn_name(dataset, image_size), split, data_dir)
    if is_earth(dataset):
        return earth.load(_with_size(dataset, earth.SIZES, image_size), split)
    if has_files(dataset):
        return folder.load(Path(os.path.expanduser(dataset)), split)
    return tfds_source.load(dataset, split, data_dir)


def load_nonempty(
    dataset: str, split: str, *, image_size: int, data_dir: str | None = None
) -> Pictures:
    """As `load`, but raises UserError for a split without pictures, too."""
    pictures = load(dataset, split, image_size=image_size, data_dir=data_dir)
    if not pictures:
        raise missing(dataset, [split])
    return pictures


def missing(dataset: str, splits: Sequence[str]) -> UserError:
    """The error for test splits that a folder or .zip lacks."""
    try:
        has_train = all(
            load(dataset, split.replace("test", "train"), image_size=64) for split in splits
        )
    except UserError:
        has_train = False
    remedy = "give split=train" if has_train else "put some in"
    return UserError(f"{dataset}: has no pictures {' or '.join(splits)}; {remedy}")


def load_truth(
    dataset: str, split: str, *, image_size: int, data_dir: str | None = None
) -> Truth | None:
    """Loads the ground truth of the pictures that `load` returns; None except for the drawn set.

    Raises:
      UserError: as `load`.
    """
    if not is_drawn(dataset):
        return None
    name = _drawn_name(dataset, image_size)
    return Truth(
        *(tfds_source.load(name, split, data_dir, feature) for feature in ("counterpart", "mask"))
    )
