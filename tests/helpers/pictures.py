"""Pictures and data set folders."""

from pathlib import Path

import numpy as np
from PIL import Image


def make_picture(seed: int, height: int = 40, width: int = 48) -> np.ndarray:
    """A smooth coloured picture, uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (5, 6, 3), np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def make_folder(root: Path, **counts: int) -> Path:
    """Writes a data set folder with the given number of PNGs in each split."""
    for number, (split, count) in enumerate(counts.items()):
        (root / split).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(make_picture(100 * number + i)).save(root / split / f"{i}.png")
    return root
