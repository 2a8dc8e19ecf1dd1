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
from tf_cyclegan.preprocessing import for_training

# So much of the resized pictures of one domain is kept in memory.
_CACHE_BYTES = 2**30
_WORKERS = min(8, os.cpu_count() or 1)
_BATCHES_AHEAD = 2 * _WORKERS


class InputPipeline:
    """Training batches by the number of their step.

    Each epoch goes once through both domains, each in an order of its own, shuffled over the whole
    epoch. Where one domain has fewer pictures, the epoch ends with it, and of the larger another
    part is left out each time; or (`epoch_length` "larger") it is gone through again in another
    order. The last batch of an epoch may be smaller.

    Attributes:
      steps_per_epoch: steps that an epoch takes.
    """

    def __init__(self, pictures_x: Pictures, pictures_y: Pictures, config: Config):
        self._domains = (_Kept(pictures_x, "A", config), _Kept(pictures_y, "B", config))
        self._config = config
        longest = max if config.epoch_length == "larger" else min
        self._epoch_length = longest(len(pictures_x), len(pictures_y))
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

    def names_at(self, step: int) -> tuple[list[str], list[str]]:
        """The names of the pictures of X and of Y in the batch of a step."""
        epoch, positions = self._positions(step)
        x, y = (
            [self._domains[domain].names[self._index(domain, epoch, p)] for p in positions]
            for domain in range(2)
        )
        return x, y

    def batch_at(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The batch of the step with this number, counted from 0 through all epochs.

        Returns:
          Pictures of X and of Y: float32 (batch, height, width, channels) in [-1, 1]; height and
          width are image_size, except with `preprocess` "none".
        """
        epoch, positions = self._positions(step)
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

    def _positions(self, step: int) -> tuple[int, range]:
        """The epoch of a step, and the places in it that the step's batch takes."""
        epoch, step_of_epoch = divmod(step, self.steps_per_epoch)
        first = step_of_epoch * self._config.batch_size
        return epoch, range(first, min(first + self._config.batch_size, self._epoch_length))

    def _index(self, domain: int, epoch: int, position: int) -> int:
        count = len(self._domains[domain])
        turn, place = divmod(position, count)
        return int(_order(self._config.seed, epoch, domain, turn, count)[place])

    def _picture(self, domain: int, epoch: int, position: int) -> np.ndarray:
        seed, size = self._config.seed, self._config.image_size
        picture = self._domains[domain].read(self._index(domain, epoch, position))
        if self._config.preprocess in ("resize", "none"):
            return picture
        rng = np.random.default_rng([seed, epoch, domain, 1, position])
        top, left = (int(rng.integers(length - size + 1)) for length in picture.shape[:2])
        picture = picture[top : top + size, left : left + size]
        return picture[:, ::-1] if rng.random() > 0.5 else picture


class _Kept:
    """Pictures ready for the random crop, kept in memory as long as there is room."""

    def __init__(self, pictures: Pictures, domain: str, config: Config):
        self.names = pictures.names
        self._pictures = pictures
        self._domain = domain
        self._config = config
        self._room = _CACHE_BYTES
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    def read(self, index: int) -> np.ndarray:
        if index in self._kept:
            return self._kept[index]
        name = self._pictures.names[index]
        picture = for_training(self._pictures.read(index), self._domain, self._config, name)
        if picture.nbytes <= self._room:
            self._room -= picture.nbytes
            self._kept[index] = picture
        return picture


@functools.lru_cache(maxsize=32)
def _order(seed: int, epoch: int, domain: int, turn: int, count: int) -> np.ndarray:
    # The fourth number keeps these draws apart from the jitter's.
    return np.random.default_rng([seed, epoch, domain, 2, turn]).permutation(count)
