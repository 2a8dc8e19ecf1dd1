"""Shared by the tests: pictures, a data set folder, and one tiny model."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tf_cyclegan.config import Config

# Hypothesis would leave a folder in the one that the tests are started from.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{tempfile.gettempdir()}/hypothesis")


def make_picture(seed: int, height: int = 40, width: int = 48) -> np.ndarray:
    """A smooth coloured picture, uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def make_folder(root: Path, **counts: int) -> Path:
    """A data set folder with so many PNGs in each split."""
    for number, (split, count) in enumerate(counts.items()):
        (root / split).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(make_picture(100 * number + i)).save(root / split / f"{i}.png")
    return root


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set folder: 5 and 4 training pictures, 3 and 2 test pictures."""
    root = tmp_path_factory.mktemp("data") / "photos"
    return make_folder(root, trainA=5, trainB=4, testA=3, testB=2)


@pytest.fixture(scope="session")
def tiny(photos: Path) -> Config:
    """The settings of the smallest run that has all the parts."""
    return Config(
        dataset=str(photos),
        image_size=32,
        filters=2,
        dropout=0.5,
        epochs=2,
        deterministic=True,
        precision="float32",
    )


@pytest.fixture
def in_foreground() -> Iterator[None]:
    """Ctrl-C as it works in the foreground, here and in programs started from here.

    A shell starts programs in the background with SIGINT ignored, and these the tests.
    """
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)
