"""The sources of pictures: a drawn set, tensorflow-datasets by name, a folder or .zip."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from tf_cyclegan.data.pictures import Pictures, Truth
from tf_cyclegan.data.sources import folder
from tf_cyclegan.data.sources import tfds as tfds_source
from tf_cyclegan.system.errors import UserError

MINI = "mini_horse2zebra"
SPLITS = ("trainA", "trainB", "testA", "testB")


def is_drawn(dataset: str) -> bool:
    """Whether `dataset` is the built-in set of drawings."""
    return dataset.split("/")[0] == MINI


def has_files(dataset: str) -> bool:
    """Whether `dataset` is the path of a folder or .zip, and not a tensorflow-datasets name."""
    path = os.path.expanduser(dataset)
    looks_like_name = re.fullmatch(r"\w+(/[\w.-]+){0,2}(:[\d.]+)?", dataset) is not None
    return path.lower().endswith(".zip") or os.path.exists(path) or not looks_like_name


def _drawn(dataset: str, image_size: int) -> str:
    """The TFDS name of the drawings, which importing their module registers."""
    from tf_cyclegan.data.sources.mini_horse2zebra import MiniHorse2zebra

    if dataset != MINI:
        return dataset
    sizes = sorted(int(name) for name in MiniHorse2zebra.builder_configs)
    return f"{MINI}/{next((size for size in sizes if size >= image_size), sizes[-1])}"


def load(dataset: str, split: str, *, image_size: int, data_dir: str | None = None) -> Pictures:
    """The pictures of one split of one domain.

    Args:
      dataset: `mini_horse2zebra`, a tensorflow-datasets name, or the path of a folder or .zip.
      split: trainA, trainB, testA or testB.
      image_size: the drawn set is taken in the resolution nearest above this, in pixels.
      data_dir: where tensorflow-datasets keeps its data; None for its own default.

    Returns:
      The pictures; none for a test split that a folder does not have.

    Raises:
      UserError: there is no such data set, or it cannot be had or read.
    """
    if is_drawn(dataset):
        return tfds_source.load(_drawn(dataset, image_size), split, data_dir)
    if has_files(dataset):
        return folder.load(Path(os.path.expanduser(dataset)), split)
    return tfds_source.load(dataset, split, data_dir)


def load_some(
    dataset: str, split: str, *, image_size: int, data_dir: str | None = None
) -> Pictures:
    """As `load`, and there must be some.

    Raises:
      UserError: as `load`, or there are no pictures of that split.
    """
    pictures = load(dataset, split, image_size=image_size, data_dir=data_dir)
    if not pictures:
        raise missing(dataset, [split])
    return pictures


def missing(dataset: str, splits: Sequence[str]) -> UserError:
    """The error for test splits that a folder or .zip does not have."""
    try:
        trains = all(
            load(dataset, split.replace("test", "train"), image_size=64) for split in splits
        )
    except UserError:
        trains = False
    remedy = "give split=train" if trains else "put some in"
    return UserError(f"{dataset}: has no pictures {' or '.join(splits)}; {remedy}")


def load_truth(
    dataset: str, split: str, *, image_size: int, data_dir: str | None = None
) -> Truth | None:
    """The truth about the pictures that `load` gives for the same arguments; None but for drawings.

    Raises:
      UserError: as `load`.
    """
    if not is_drawn(dataset):
        return None
    name = _drawn(dataset, image_size)
    return Truth(
        *(tfds_source.load(name, split, data_dir, feature) for feature in ("counterpart", "mask"))
    )
