"""Unpaired training batches.

Shuffling, crops and flips depend on (seed, epoch, position) alone, so any step's batch can be
computed without the batches before it, and a run resumes exactly where it stopped.
"""

import functools
import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system import cores


class InputPipeline:
    """Training batches by step.

    Each epoch shuffles both domains independently. It is as long as the smaller domain and uses
    another random part of the larger one each time; with `epoch_length` "larger", the smaller
    domain repeats in another order instead. The last batch of an epoch may be smaller.

    Args:
      prepared_x, prepared_y: the pictures of both domains, from `prepared_pictures.prepare`.
      config: the settings.

    Attributes:
      steps_per_epoch: the number of steps in an epoch.
    """

    def __init__(self, prepared_x: Pictures, prepared_y: Pictures, config: Config):
        self._domains = (prepared_x, prepared_y)
        self._config = config
        longer_or_shorter = max if config.epoch_length == "larger" else min
        self._epoch_length = longer_or_shorter(len(prepared_x), len(prepared_y))
        self.steps_per_epoch = math.ceil(self._epoch_length / config.batch_size)

    def names_at(self, step: int) -> tuple[list[str], list[str]]:
        """The names of the pictures of X and Y in the batch of a step."""
        epoch, positions = self._positions(step)
        x, y = (
            [pictures.names[self._index(domain, epoch, position)] for position in positions]
            for domain, pictures in enumerate(self._domains)
        )
        return x, y

    def batch_at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch of a step, counted from 0 across epochs.

        Returns:
          Pictures of X and Y: float32 (batch, height, width, channels) in [-1, 1]. Height and width
          are `image_size`, except with `preprocess` "none".
        """
        epoch, positions = self._positions(step)
        x, y = (
            np.stack([self._picture(domain, epoch, position) for position in positions])
            for domain in range(2)
        )
        return images.to_float(x), images.to_float(y)

    def batches(self, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The batches of steps `start` to `stop - 1`, prefetched in threads.

        Raises:
          UserError: a picture can no longer be read.
        """
        threads = cores.reading_threads()
        pool, prefetch = ThreadPoolExecutor(threads), 2 * threads
        queue: deque[Future[tuple[np.ndarray, np.ndarray]]] = deque()
        try:
            for step in range(start, stop + prefetch):
                if step < stop:
                    queue.append(pool.submit(self.batch_at, step))
                if step >= start + prefetch:
                    yield queue.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _positions(self, step: int) -> tuple[int, range]:
        """The epoch of a step, and the positions in it of the step's batch."""
        epoch, step_of_epoch = divmod(step, self.steps_per_epoch)
        first = step_of_epoch * self._config.batch_size
        return epoch, range(first, min(first + self._config.batch_size, self._epoch_length))

    def _index(self, domain: int, epoch: int, position: int) -> int:
        count = len(self._domains[domain])
        repeat, place = divmod(position, count)
        return int(_order(self._config.seed, epoch, domain, repeat, count)[place])

    def _picture(self, domain: int, epoch: int, position: int) -> np.ndarray:
        seed, size = self._config.seed, self._config.image_size
        picture = self._domains[domain].read(self._index(domain, epoch, position))
        if self._config.preprocess in ("resize", "none"):
            return picture
        rng = np.random.default_rng([seed, epoch, domain, 1, position])
        top, left = (int(rng.integers(length - size + 1)) for length in picture.shape[:2])
        picture = picture[top : top + size, left : left + size]
        return picture[:, ::-1] if rng.random() > 0.5 else picture


@functools.lru_cache(maxsize=32)
def _order(seed: int, epoch: int, domain: int, repeat: int, count: int) -> np.ndarray:
    # The 2 separates this random stream from that of crops and flips.
    return np.random.default_rng([seed, epoch, domain, 2, repeat]).permutation(count)
