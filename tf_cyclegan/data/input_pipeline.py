"""From the pictures of two domains to unpaired training batches.

Everything random follows from (seed, epoch, position) alone, so that the batch of any step can be
made without those before it: a run that stopped anywhere goes on exactly where it was.
"""

import functools
import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data import images
from tf_cyclegan.data.prepared_pictures import PreparedPictures
from tf_cyclegan.system import cores


class InputPipeline:
    """Training batches by the number of their step.

    Each epoch goes once through both domains, each in an order of its own, shuffled over the whole
    epoch. Where one domain has fewer pictures, the epoch ends with it, and of the larger another
    part is left out each time; or (`epoch_length` "larger") it is gone through again in another
    order. The last batch of an epoch may be smaller.

    Attributes:
      steps_per_epoch: steps that an epoch takes.
    """

    def __init__(self, prepared_x: PreparedPictures, prepared_y: PreparedPictures, config: Config):
        self._domains = (prepared_x, prepared_y)
        self._config = config
        longest = max if config.epoch_length == "larger" else min
        self._epoch_length = longest(len(prepared_x), len(prepared_y))
        self.steps_per_epoch = math.ceil(self._epoch_length / config.batch_size)

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
        threads = cores.reading_threads()
        pool, most = ThreadPoolExecutor(threads), 2 * threads
        ahead: deque[Future[tuple[np.ndarray, np.ndarray]]] = deque()
        try:
            for step in range(start, stop + most):
                if step < stop:
                    ahead.append(pool.submit(self.batch_at, step))
                if step >= start + most:
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


@functools.lru_cache(maxsize=32)
def _order(seed: int, epoch: int, domain: int, turn: int, count: int) -> np.ndarray:
    # The fourth number keeps these draws apart from the jitter's.
    return np.random.default_rng([seed, epoch, domain, 2, turn]).permutation(count)
