"""How long the pictures of a step take to make ready."""

import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from tf_cyclegan import datasets
from tf_cyclegan.config import Config
from tf_cyclegan.input_pipeline import InputPipeline
from tf_cyclegan.prepared_pictures import PreparedPictures

_BATCHES = 8


def data_time(config: Config) -> dict[str, float]:
    """Seconds that one thread takes for a batch of X and Y: the median of 8.

    Of JPEGs with image_size pixels a side, made for this. Training makes its batches ahead, in as
    many threads as there are cores, so that a step waits for them only where they take longer.

    Returns:
      `first`, in the first epoch, which reads and resizes the files, and `later`, in the others,
      which have them in memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write_pictures(Path(folder), config)
        config = dataclasses.replace(config, dataset=folder)
        size = config.image_size
        prepared = [
            PreparedPictures(datasets.load(folder, f"train{d}", image_size=size), d, config)
            for d in "AB"
        ]
        pipeline = InputPipeline(prepared[0], prepared[1], config)
        times = [_seconds(pipeline, step) for step in range(2 * _BATCHES)]
    return {
        "first": statistics.median(times[:_BATCHES]),
        "later": statistics.median(times[_BATCHES:]),
    }


def _seconds(pipeline: InputPipeline, step: int) -> float:
    start = time.perf_counter()
    pipeline.batch_at(step)
    return time.perf_counter() - start


def _write_pictures(folder: Path, config: Config) -> None:
    rng = np.random.default_rng(0)
    for split in ("trainA", "trainB"):
        (folder / split).mkdir()
        for i in range(_BATCHES * config.batch_size):
            # Smooth, as photographs are: noise would take longer to decode.
            small = Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8))
            picture = small.resize((config.image_size,) * 2, Image.Resampling.BICUBIC)
            picture.save(folder / split / f"{i}.jpg", quality=90)
