"""Preprocessed training pictures, cached in memory."""

import numpy as np

from tf_cyclegan.config import Config
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.data.preprocessing import for_training

# Per domain: 4,000 pictures of 72x72 pixels, so that any data set fits into a laptop's memory.
# Decoding one of 256 pixels anew takes 2 ms, and a step on a CPU a second.
_CACHE_BYTES = 2**26
# One very large picture, possible with preprocess=crop and none, would displace many others.
_MAX_CACHED_PICTURE_BYTES = 2**24


def prepare(pictures: Pictures, domain: str, config: Config) -> Pictures:
    """The training pictures of a domain as they are before the random crop.

    Args:
      pictures: the training pictures of one domain; none is read yet.
      domain: A or B.
      config: the settings; `preprocess` selects what is done.

    Returns:
      Pictures whose `read` returns read-only uint8 (height, width, channels of the domain), as
      `preprocessing.for_training`, and raises UserError where that does. It is thread-safe and
      caches up to 64 MiB.
    """
    cache: dict[int, np.ndarray] = {}
    free_bytes = _CACHE_BYTES

    def read(index: int) -> np.ndarray:
        nonlocal free_bytes
        if index in cache:
            return cache[index]
        picture = for_training(pictures.read(index), domain, config, pictures.names[index])
        if picture.nbytes <= min(free_bytes, _MAX_CACHED_PICTURE_BYTES):
            free_bytes -= picture.nbytes
            cache[index] = picture
        return picture

    return Pictures(pictures.names, read)
