"""From the pictures of two domains to unpaired training batches.

Everything random follows from (seed, epoch, position) alone, so that the batch of any step can be
made without those before it: a run that stopped anywhere goes on exactly where it was.
"""

import functools
import math
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tf_cyclegan import images
from tf_cyclegan.config import Config
from tf_cyclegan.datasets.pictures import Pictures

# Resized pictures of one domain are kept in memory when they take no more than this.
_CACHE_BYTES = 2**30
_WORKERS = min(8, os.cpu_count() or 1)
_BATCHES_AHEAD = 2 * _WORKERS


class InputPipeline:
    """Training batches by the number of their step.

    Each epoch goes once through both domains, each in an order of its own, shuffled over the whole
    epoch. Where one domain has fewer pictures the epoch ends with it; of the larger one, another
    part is left out each time. The last batch of an epoch may be smaller.

    Attributes:
      steps_per_epoch: steps that an epoch takes.
    """

    def __init__(self, pictures_x: Pictures, pictures_y: Pictures, config: Config):
        self._domains = (_Resized(pictures_x, config), _Resized(pictures_y, config))
        self._config = config
        self._epoch_length = min(len(pictures_x), len(pictures_y))
        self.steps_per_epoch = math.ceil(self._epoch_length / config.batch_size)

    def check(self) -> None:
        """Reads every picture once, so that a bad one is found now and not days into training.

        Raises:
          UserError: names the first picture that cannot be read.
        """
        with ThreadPoolExecutor(_WORKERS) as pool:
            for domain in self._domains:
                # Taking the results raises what went wrong.
                deque(pool.map(domain.read, range(len(domain))), maxlen=0)

    def batch_at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch of the step with this number, counted from 0 through all epochs.

        Returns:
          Pictures of X and of Y: float32 (batch, image_size, image_size, 3) in [-1, 1].
        """
        epoch, step_of_epoch = divmod(step, self.steps_per_epoch)
        first = step_of_epoch * self._config.batch_size
        positions = range(first, min(first + self._config.batch_size, self._epoch_length))
        x, y = (
            np.stack([self._picture(domain, epoch, position) for position in positions])
            for domain in range(2)
        )
        return images.to_float(x), images.to_float(y)

    def batches(self, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The batches of the steps from `start` up to but not with `stop`, made ahead in threads.

        Raises:
          UserError: a picture can no longer be read.
        """
        pool = ThreadPoolExecutor(_WORKERS)
        ahead: deque[Future[tuple[np.ndarray, np.ndarray]]] = deque()
        try:
            for step in range(start, stop + _BATCHES_AHEAD):
                if step < stop:
                    ahead.append(pool.submit(self.batch_at, step))
                if step >= start + _BATCHES_AHEAD:
                    yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _picture(self, domain: int, epoch: int, position: int) -> np.ndarray:
        seed, size = self._config.seed, self._config.image_size
        resized = self._domains[domain]
        order = _order(seed, epoch, domain, len(resized))
        picture = resized.read(int(order[position]))
        if self._config.preprocess == "resize":
            return picture
        rng = np.random.default_rng([seed, epoch, domain, 1 + position])
        top, left = rng.integers(0, self._config.resize_to - size, 2, endpoint=True)
        picture = picture[top : top + size, left : left + size]
        return picture[:, ::-1] if rng.random() > 0.5 else picture


def for_translation(picture: np.ndarray, config: Config) -> np.ndarray:
    """One uint8 picture of any size, as test pictures are shown to a generator.

    Returns:
      float32 (1, image_size, image_size, 3) in [-1, 1].
    """
    size = config.image_size
    return images.to_float(images.resize(picture, size, size, config.interpolation))[None]


class _Resized:
    """Pictures in the size that the crop is taken from, kept in memory where they fit."""

    def __init__(self, pictures: Pictures, config: Config):
        cropped = config.preprocess == "resize_crop"
        self._size = config.resize_to if cropped else config.image_size
        self._interpolation = config.interpolation
        self._pictures = pictures
        self._keep = len(pictures) * self._size**2 * 3 <= _CACHE_BYTES
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    def read(self, index: int) -> np.ndarray:
        if index in self._kept:
            return self._kept[index]
        picture = images.resize(
            self._pictures.read(index), self._size, self._size, self._interpolation
        )
        if self._keep:
            self._kept[index] = picture
        return picture


@functools.lru_cache(maxsize=8)
def _order(seed: int, epoch: int, domain: int, count: int) -> np.ndarray:
    # The jitter's seeds end in 1 and more.
    return np.random.default_rng([seed, epoch, domain, 0]).permutation(count)
