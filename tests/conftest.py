"""Fixtures of all tests: a data set folder, the smallest settings, Ctrl-C."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.pictures import make_folder
from tf_cyclegan.config import Config

# Hypothesis would leave a folder in the one that the tests are started from.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", f"{tempfile.gettempdir()}/hypothesis")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no process is left with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
        upsampling="transposed",
        attention_mask=False,
        ema=0.0,
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
